"""The plainest `show` and `history`, without click.

Importing click takes longer than all the rest of these two commands. What is understood here is
answered just as the commands answer it; for anything else, other options, anything that is
missing, behind or wrong, `answer` returns None, and the commands do it or say why not.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError
from tetra_es.layout import OrgLayout
from tetra_es.names import check_environment
from tetra_es.refs import parse_ref
from tetra_es.settings import Settings
from tetra_es_cli.output.table import HISTORY, short_time, table_lines
from tetra_es_projections.queries.reader import reading
from tetra_es_projections.queries.refs import position_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tetra_es_projections.queries.reader import Reader


def answer(arguments: Sequence[str]) -> str | None:
    """Return what the command prints, None when it is not for us."""
    match arguments:
        case ["show", environment] if not environment.startswith("-"):
            return _asked(lambda reader: _show(reader, environment, None))
        case ["show", environment, "--at", ref] if not environment.startswith("-"):
            return _asked(lambda reader: _show(reader, environment, ref))
        case ["history"]:
            return _asked(lambda reader: _history(reader, -1))
        case ["history", "-n", number] if number.isascii() and number.isdecimal() and int(number):
            return _asked(lambda reader: _history(reader, int(number)))
        case _:
            return None


def _asked(question: Callable[[Reader], str | None]) -> str | None:
    try:
        settings = Settings.from_environ()
        layout = OrgLayout.of(settings.tetra_dir, settings.org_named(None))
        with reading(layout) as reader:
            return question(reader) if reader else None
    except (TetraEsError, sqlite3.Error, OSError, ValueError):
        return None


def _show(reader: Reader, environment: str, ref: str | None) -> str | None:
    name = check_environment(environment)
    position = None if ref is None else position_of(reader.views, parse_ref(ref), name)
    state = reader.views.state(name, position)
    return reader.log.state_text(state.position) if state else None


def _history(reader: Reader, limit: int) -> str | None:
    rows = [row._asdict() for row in reader.views.history(limit=limit)]
    for row in rows:
        row["time"] = short_time(row["time"])
    return "".join(f"{line}\n" for line in table_lines(rows, HISTORY)) if rows else None

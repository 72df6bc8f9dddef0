"""A text line by line, each with the event that gave its value."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import ConfigError
from tetra_es.layout import text_file
from tetra_es.lines import lines_of
from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.keys import format_key
from tetra_es_projections.queries.refs import position_of
from tetra_es_projections.queries.states import text_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.key_table import BlameRow


class AnnotatedLine(NamedTuple):
    """A line, and where its value comes from."""

    text: str
    """Without the line end."""
    key: str | None
    """The key that the line begins; None for a header, a comment, and a line that goes on."""
    origin: BlameRow | None
    """The newest event that changed the key or one below it."""


def annotated_lines(reader: Reader, file: str, ref: Ref | None = None) -> list[AnnotatedLine]:
    """Return the lines of an environment, of `manifest` or of `profile ENV`, now or at a REF.

    Raises as `text_at` does.
    """
    text = text_at(reader, file, ref)
    upto = None if ref is None else position_of(reader.views, ref, file)
    return list(
        _lines(ConfigDocument(text_file(file), text), reader.views.keys.blame(file, upto=upto))
    )


def _lines(document: ConfigDocument, rows: Sequence[BlameRow]) -> Iterator[AnnotatedLine]:
    exact = {row.key: row for row in rows}
    try:
        statements = document.statements
    except (
        ConfigError
    ):  # an edited file may be recorded only where it can be read, but for upgrades
        for line in lines_of(document.text):
            yield AnnotatedLine(line, None, None)
        return
    for statement in statements:
        key = format_key(statement.path) if statement.kind == "key" else None
        origin = None if key is None else exact.get(key) or _newest_below(rows, key)
        first, *more = statement.text.split("\n")
        if statement.text.endswith("\n"):
            more = more[:-1]
        yield AnnotatedLine(first, key, origin)
        for line in more:
            yield AnnotatedLine(line, None, origin)


def _newest_below(rows: Sequence[BlameRow], key: str) -> BlameRow | None:
    """Return the newest change of what is below a key, such as in an inline table."""
    below = (f"{key}.", f"{key}[")
    found = (row for row in rows if row.key.startswith(below))
    return max(found, key=lambda row: max(row.event or 0, *row.one_of, 0), default=None)

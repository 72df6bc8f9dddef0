"""Where the values of an environment, of the manifest or of a profile come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError
from tetra_es_projections.queries.environments import require_environment
from tetra_es_projections.queries.refs import moment_of, position_of
from tetra_es_projections.queries.states import text_at
from tetra_es_projections.queries.written import Texts

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.key_table import BlameRow


def blame_rows(
    reader: Reader, file: str, key: str | None = None, ref: Ref | None = None
) -> list[BlameRow]:
    """Return, for each key of an environment, of `manifest` or of `profile ENV`, its value and the
    event that gave it.

    With `ref`, as it was there; with `key`, only that key and those below it. Secrets are
    `secret NAME`, with their version for a value. Raises `UsageError` for an unknown environment,
    `TetraEsError` for an unknown key, and where the file has no state.
    """
    upto = _upto(reader, file, ref)
    texts = Texts(reader)
    rows = [
        row._replace(value=texts.remembering(row.event, row.key, row.value) or "")
        for row in reader.views.keys.blame(file, key, upto)
    ]
    for row in reader.views.keys.blame(f"secrets {file}", upto=upto):
        named = row._replace(key=f"secret {row.key}")
        if key is None or key in (row.key, named.key):
            rows.append(named)
    if key is not None and not rows:
        raise TetraEsError(
            f"{file} has no key {key}" + (" there" if ref else ""),
            hint=f"`tetra-es blame {file}` lists its keys",
        )
    return _with_purges(reader, rows)


def _upto(reader: Reader, file: str, ref: Ref | None) -> int | None:
    """Return the last position that counts; None for all of them."""
    if file != "manifest" and not file.startswith("profile "):
        require_environment(reader, file)
        return None if ref is None else moment_of(reader.views, ref, file)
    text_at(reader, file, ref)  # which says what is wrong with a file that has no state
    return None if ref is None else position_of(reader.views, ref, file)


def _with_purges(reader: Reader, rows: list[BlameRow]) -> list[BlameRow]:
    """Return the rows, each with the event that purged what its event changed."""
    if not reader.views.events.of_topics(("bodies.purged",), reader.log.last_position()):
        return rows
    from tetra_es_projections.bodies import purged_in

    found: dict[int, int | None] = {}
    for position in {row.event for row in rows}:
        record = reader.log.record(position)
        purge = purged_in(reader.log, record).get("changes") if record else None
        found[position] = purge.event if purge else None
    return [row._replace(purged=found[row.event]) for row in rows]

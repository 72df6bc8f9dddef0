"""Present keys of files, and the events that gave them their values, in the views."""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from tetra_es_projections.queries.tables.purged_table import ALL, NO_DOUBT

if TYPE_CHECKING:
    from tetra_es_projections.queries.tables.purged_table import Gaps


class BlameRow(NamedTuple):
    """Where the present value of a key comes from."""

    key: str
    value: str | None
    """None where it is not known: a purge took what the key was changed to by then."""
    revision: int | None
    event: int | None
    """The event that gave it; None, as what follows, where it is not known which one did."""
    actor: str | None
    time: str | None
    reason: str | None
    purged: int | None = None
    """The event that purged what was changed there, or since; None where all is known."""
    one_of: Sequence[int] = ()
    """The events one of which gave the value, where it is not known which."""


class Origin(NamedTuple):
    """Where a value that a key had comes from."""

    event: int | None
    """The event that gave it; None where it is not known, or no event did."""
    one_of: Sequence[int] = ()
    """The events one of which did, where it is not known which."""
    purged: int | None = None
    """The event that purged what these changed."""


class ChangeRow(NamedTuple):
    """One change of one key."""

    event: int
    key: str
    before: str | None
    after: str | None


class KeyEventRow(NamedTuple):
    """One line of the history by key: the event, and one key that it changed."""

    event: int
    environment: str | None
    revision: int | None
    type: str
    actor: str
    time: str
    reason: str
    hash: str
    summary: str
    key: str | None
    """None for an event that changed no key."""
    before: str | None
    """The value as a TOML literal, None where there was none."""
    after: str | None
    purged: int | None = None
    """The event that purged what it changed; of key, before and after there is what is left."""


_PRESENT = (
    "SELECT l.id, l.key, l.after, coalesce(e.revision, :first), l.position, e.actor, e.time, "
    "e.reason "
    "FROM latest l CROSS JOIN events e ON e.position = l.position "
    "WHERE l.file = :file AND l.after IS NOT NULL ORDER BY l.key"
)
_NEWEST_THEN = (
    "SELECT l.id, l.key, max("
    "coalesce((SELECT max(position) FROM changes WHERE item = l.id AND position <= :upto), 0), "
    "coalesce((SELECT max(last) FROM inferred WHERE item = l.id AND last <= :upto), 0)"
    ") AS position FROM latest l WHERE l.file = :file"
)
_PRESENT_THEN = (
    "SELECT n.id, n.key, coalesce(c.after, i.after), coalesce(e.revision, :first), n.position, "
    f"e.actor, e.time, e.reason FROM ({_NEWEST_THEN}) n "
    "CROSS JOIN events e ON e.position = n.position "
    "LEFT JOIN changes c ON c.item = n.id AND c.position = n.position "
    "LEFT JOIN inferred i ON i.item = n.id AND i.last = n.position "
    "WHERE coalesce(c.after, i.after) IS NOT NULL ORDER BY n.key"
)


class KeyTable:
    """Questions about the keys of files; files are named as in `changes`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def blame(self, file: str, key: str | None = None, upto: int | None = None) -> list[BlameRow]:
        """Return, for each key of a file, the event that gave it its value.

        Those that are present now, or were after the event at the position `upto`.
        """
        rows = self._connection.execute(
            _PRESENT if upto is None else _PRESENT_THEN,
            {
                "file": file,
                "upto": upto,
                # The first manifest is in the event that makes the organization.
                "first": 1 if file == "manifest" else None,
            },
        )
        below = (f"{key}.", f"{key}[")
        wanted = [row for row in rows if key is None or row[1] == key or row[1].startswith(below)]
        if not wanted or (gaps := self._gaps(file)) is None:
            return [BlameRow(*row[1:]) for row in wanted]
        return [_doubted(row, gaps, ALL if upto is None else upto) for row in wanted]

    def is_known(self, file: str, key: str | None = None, upto: int | None = None) -> bool:
        """Return whether it is known what a key was, or that it was not there, at a position.

        Without `key`, whether it is known which keys the file had.
        """
        gaps = self._gaps(file)
        if gaps is None or upto is None:
            return True
        row = (None, 0) if key is None else self._newest(file, key, upto)
        return gaps.doubt(*row, upto).known

    def _gaps(self, file: str) -> "Gaps | None":
        """Return the events of a file whose changes were purged, None where there are none."""
        query = "SELECT 1 FROM purged WHERE file = ? AND changes IS NOT NULL LIMIT 1"
        if self._connection.execute(query, (file,)).fetchone() is None:
            return None
        from tetra_es_projections.queries.tables.purged_table import Gaps  # few are purged

        return Gaps(self._connection, file)

    def _newest(self, file: str, key: str, upto: int) -> tuple[int | None, int]:
        """Return the id of a key, and its newest change up to a position that is known."""
        row = self._connection.execute(
            f"SELECT id, position FROM ({_NEWEST_THEN} AND l.key = :key)",
            {"file": file, "key": key, "upto": upto},
        ).fetchone()
        return row or (None, 0)

    def names(self, file: str | None = None) -> list[str]:
        """Return every key that was ever changed, in one file where it is given."""
        sql = "SELECT DISTINCT key FROM latest WHERE :file IS NULL OR file = :file ORDER BY key"
        return [row[0] for row in self._connection.execute(sql, {"file": file})]

    def origin_of(self, file: str, key: str, upto: int) -> Origin:
        """Return the newest event up to one that changed a key of a file."""
        item, position = self._newest(file, key, upto)
        doubt = NO_DOUBT
        if gaps := self._gaps(file):
            doubt = gaps.doubt(item, position, upto)
        if not doubt.events:
            return Origin(position or None)
        first = [position] if position and position not in doubt.events else []
        return Origin(None, [*first, *doubt.events], doubt.purge)


def _doubted(row: tuple[Any, ...], gaps: "Gaps", upto: int) -> BlameRow:
    """Return a row with what is not known of it."""
    item, *found = row
    said = BlameRow(*found)
    position = said.event or 0
    doubt = gaps.doubt(item, position, upto)
    if not doubt.events:
        return said._replace(purged=gaps.purge_of(position))
    value = said.value if doubt.known else None
    first = [] if position in doubt.events else [position]
    one_of = [*first, *doubt.events]
    return BlameRow(said.key, value, None, None, None, None, None, doubt.purge, one_of)

"""Present keys of files, and the events that gave them their values, in the views."""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

import sqlite3
from typing import NamedTuple


class BlameRow(NamedTuple):
    """Where the present value of a key comes from."""

    key: str
    value: str
    revision: int | None
    event: int
    actor: str
    time: str
    reason: str
    purged: int | None = None
    """The event that purged what changed there: the value may be older than that."""


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


_PRESENT = (
    "SELECT l.key, l.after, coalesce(e.revision, :first), l.position, e.actor, e.time, e.reason "
    "FROM latest l CROSS JOIN events e ON e.position = l.position "
    "WHERE l.file = :file AND l.after IS NOT NULL ORDER BY l.key"
)
_PRESENT_THEN = (
    "SELECT l.key, c.after, coalesce(e.revision, :first), c.position, e.actor, e.time, e.reason "
    "FROM latest l CROSS JOIN changes c ON c.item = l.id AND c.position = "
    "(SELECT max(position) FROM changes WHERE item = l.id AND position <= :upto) "
    "CROSS JOIN events e ON e.position = c.position "
    "WHERE l.file = :file AND c.after IS NOT NULL ORDER BY l.key"
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
        return [
            row
            for row in (BlameRow(*found) for found in rows)
            if key is None or row.key == key or row.key.startswith(below)
        ]

    def names(self, file: str | None = None) -> list[str]:
        """Return every key that was ever changed, in one file where it is given."""
        sql = "SELECT DISTINCT key FROM latest WHERE :file IS NULL OR file = :file ORDER BY key"
        return [row[0] for row in self._connection.execute(sql, {"file": file})]

    def newest_change_of(self, file: str, key: str, upto: int) -> int | None:
        """Return the position of the newest event up to one that changed a key of a file."""
        row = self._connection.execute(
            "SELECT c.position FROM latest l CROSS JOIN changes c ON c.item = l.id "
            "WHERE l.file = ? AND l.key = ? AND c.position <= ? ORDER BY c.position DESC LIMIT 1",
            (file, key, upto),
        ).fetchone()
        return row[0] if row else None

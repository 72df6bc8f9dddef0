"""What events changed by key, in the views, and what is left of it where a purge took it away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tetra_es.events.base import WithChanges
from tetra_es.events.config import EnvironmentState, ProfileEdited
from tetra_es.events.secrets import (
    SecretRemoved,
    SecretSet,
    SecretsEvent,
    SecretsRestored,
)
from tetra_es.toml.document import ConfigDocument

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping

    from tetra_es.events.base import Event
    from tetra_es.log.replica import Purge

_NEWEST: Final = (
    "INSERT INTO latest (file, key, position, after) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (file, key) DO UPDATE SET position = excluded.position, after = excluded.after"
)
_CHANGE: Final = "INSERT INTO changes SELECT ?, id, ?, ? FROM latest WHERE file = ? AND key = ?"
_INFERRED: Final = (
    "INSERT INTO inferred SELECT ?, ?, id, ?, ? FROM latest WHERE file = ? AND key = ?"
)
_CLOSE: Final = "UPDATE purged SET last = ? WHERE file = ? AND last IS NULL AND changes IS NOT NULL"


class Changes:
    """Takes in what events changed, one after the other.

    `changes` has what events themselves say. Where that was purged, nothing is said of the event
    but that it was; a key that has another value afterwards was changed by one of the events since
    its value was known before. Which one is certain where there is one only.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._open: dict[str, list[int]] = {}
        """File to the events whose changes are gone since all its values were known."""
        rows = connection.execute(
            "SELECT file, position FROM purged WHERE last IS NULL AND changes IS NOT NULL "
            "ORDER BY position"
        )
        for file, position in rows:
            self._open.setdefault(file, []).append(position)

    def take_in(self, position: int, event: Event, purged: Mapping[str, Purge]) -> list[str | None]:
        """Take in an event, of which some bodies may have been purged.

        Return the values that keys of a text had before and after it, as far as it says so.
        """
        if isinstance(event, SecretsEvent):
            self._record(position, f"secrets {event.environment}", self._versions(event))
            return []
        if not isinstance(event, WithChanges):
            return []
        file = _file_of(event)
        text_purge, changes_purge = purged.get("text"), purged.get("changes")
        if text_purge or changes_purge:
            purges = (each and each.event for each in (text_purge, changes_purge))
            row = (position, file, *purges, None)
            self._connection.execute("INSERT INTO purged VALUES (?, ?, ?, ?, ?)", row)
        if changes_purge:
            self._open.setdefault(file, []).append(position)
        else:
            if file in self._open:
                self._find(file, {str(key): before for key, before, _ in event.changes})
            self._record(position, file, event.changes)
        if file in self._open and not text_purge:
            self._close(file, event.text)
        return [value for _, *values in event.changes for value in values]

    def _record(self, position: int, file: str, changes: Iterable[Any]) -> None:
        """Write down what an event says that it changed."""
        changed = [(key, before, after) for key, before, after in changes]
        self._connection.executemany(
            _NEWEST, [(file, key, position, after) for key, _, after in changed]
        )
        self._connection.executemany(
            _CHANGE, [(position, before, after, file, key) for key, before, after in changed]
        )

    def _close(self, file: str, text: str) -> None:
        """Compare all keys of a file with its text after events whose changes are gone."""
        rows = self._connection.execute("SELECT key FROM latest WHERE file = ?", (file,))
        nothing: dict[str, str | None] = dict.fromkeys(row[0] for row in rows)
        self._find(file, {**nothing, **ConfigDocument(file, text).keys})
        self._connection.execute(_CLOSE, (self._open.pop(file)[-1], file))

    def _find(self, file: str, values: Mapping[str, str | None]) -> None:
        """Write down which keys have other values than were known before the events."""
        for key, value in values.items():
            row = self._connection.execute(
                "SELECT position, after FROM latest WHERE file = ? AND key = ?", (file, key)
            ).fetchone()
            position, before = row or (0, None)
            events = [each for each in self._open[file] if each > position]
            if events and before != value:
                first, last = events[0], events[-1]
                self._connection.execute(_NEWEST, (file, key, last, value))
                self._connection.execute(_INFERRED, (last, first, before, value, file, key))

    def _versions(self, event: SecretsEvent) -> Iterator[tuple[str, str | None, str | None]]:
        """Yield the secrets that an event changed: name, version before and after."""
        file = f"secrets {event.environment}"
        for key, after in _versions(event).items():
            row = self._connection.execute(
                "SELECT after FROM latest WHERE file = ? AND key = ?", (file, key)
            ).fetchone()
            before = row[0] if row else None
            if before != after:
                yield key, before, after


def _file_of(event: WithChanges) -> str:
    match event:
        case EnvironmentState():
            return event.environment
        case ProfileEdited():
            return f"profile {event.environment}"
        case _:
            return "manifest"


def _versions(event: SecretsEvent) -> dict[str, str | None]:
    """Return key to version, None for none, of the secrets that an event speaks of."""
    match event:
        case SecretSet():
            return {event.key: f"version {event.version}"}
        case SecretRemoved():
            return {event.key: None}
        case SecretsRestored():
            return {
                **dict.fromkeys(event.removed),
                **{str(key): f"version {version}" for key, version, _ in event.secrets},
            }
        case _:
            return {}

"""What purges took away of the history by key, in the views: which events may have changed a key.

An event whose changes were purged may have changed any key of its file, but for one that is known
to have had the same value before it and after it. See `views.changes`.
"""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

ALL = 2**62
"""A position after every event."""


class Doubt(NamedTuple):
    """What is not known of a key at a position."""

    events: list[int]
    """Those that may have changed it, after what is known, in order."""
    purge: int | None
    """The event that purged what they changed; the last one where there are several."""
    known: bool
    """Whether the value that the key has there is known."""


class KeyPart(NamedTuple):
    """One key, in an event whose changes were purged."""

    key: str
    before: str | None
    """None where there was none, or none is known."""
    after: str | None


NO_DOUBT = Doubt([], None, known=True)


class Gaps:
    """The events of one file whose changes were purged, by the runs that nothing is known within.

    All values are known before and after such a run, those of a few keys within it.
    """

    def __init__(self, connection: sqlite3.Connection, file: str) -> None:
        self._connection = connection
        self._purges: dict[int, int] = {}
        self._runs: dict[int | None, list[int]] = {}
        rows = connection.execute(
            "SELECT position, changes, last FROM purged WHERE file = ? AND changes IS NOT NULL "
            "ORDER BY position",
            (file,),
        )
        for position, purge, last in rows:
            self._purges[position] = purge
            self._runs.setdefault(last, []).append(position)

    def __bool__(self) -> bool:
        return bool(self._purges)

    def purge_of(self, position: int) -> int | None:
        """Return what purged the changes of an event, None where they are there."""
        return self._purges.get(position)

    def doubt(self, item: int | None, since: int, upto: int = ALL) -> Doubt:
        """Return what is not known of a key at the position `upto`.

        `since` is the newest change up to there that is known or inferred, 0 for none. The key may
        be one that is known of nowhere.
        """
        events, known = self.alike(item, since), True
        for last, run in self._runs.items():
            members = [each for each in run if each > since]
            if not members or members[0] > upto:
                continue
            following = None if members[-1] <= upto else self._next_change(item, since)
            if following is not None:
                members = [each for each in members if each < following]
            is_closed = last is not None or following is not None
            if len(members) > 1 or not is_closed:
                events += [each for each in members if each <= upto]
                known = known and is_closed and members[-1] <= upto
        return Doubt(events, self._purges[events[-1]] if events else None, known)

    def doubtful(self, item: int | None) -> set[int]:
        """Return the events that may have changed a key, and may not have."""
        found: set[int] = set()
        for last, run in self._runs.items():
            parts = [run[:1]]
            for before, after in pairwise(run):
                if self._is_changed_between(item, before, after):
                    parts.append([])
                parts[-1].append(after)
            found.update(*(part for part in parts if len(part) > 1 or last is None))
        return found

    def alike(self, item: int | None, last: int) -> list[int]:
        """Return the events one of which made the change that was inferred at the last of them."""
        if not self._purges:
            return []
        row = self._connection.execute(
            "SELECT first FROM inferred WHERE item = ? AND last = ?", (item, last)
        ).fetchone()
        if row is None or row[0] == last:
            return []
        return [each for each in self._purges if row[0] <= each <= last]

    def _next_change(self, item: int | None, position: int) -> int | None:
        row = self._connection.execute(
            "SELECT min(position) FROM changes WHERE item = ? AND position > ?", (item, position)
        ).fetchone()
        return row[0] if row else None

    def _is_changed_between(self, item: int | None, before: int, after: int) -> bool:
        following = self._next_change(item, before)
        return following is not None and following < after


class PurgedTable:
    """Questions about what purges took away."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def is_empty(self) -> bool:
        """Return whether nothing of a text, and nothing that an event changed, was purged."""
        return self._connection.execute("SELECT max(position) FROM purged").fetchone()[0] is None

    def gaps(self, file: str) -> Gaps:
        """Return the events of a file whose changes were purged."""
        return Gaps(self._connection, file)

    def kinds(self, position: int) -> list[str]:
        """Return which of `text` and `changes` of an event were purged."""
        return [kind for kind in ("text", "changes") if self._of(kind, position)]

    def of_text(self, position: int) -> int | None:
        """Return the event that purged the text of an event, None where that is there."""
        return self._of("text", position)

    def of_changes(self, position: int) -> int | None:
        """Return the event that purged what an event changed, None where that is there."""
        return self._of("changes", position)

    def _of(self, body: str, position: int) -> int | None:
        row = self._connection.execute(
            f"SELECT {body} FROM purged WHERE position = ?", (position,)
        ).fetchone()
        return row[0] if row else None

    def files(self) -> list[str]:
        """Return the files of which something that an event changed was purged."""
        rows = self._connection.execute(
            "SELECT DISTINCT file FROM purged WHERE changes IS NOT NULL ORDER BY file"
        )
        return [row[0] for row in rows]

    def events(self, file: str | None = None) -> list[tuple[int, int]]:
        """Return the events whose changes were purged, of one file or all, and what purged each."""
        rows = self._connection.execute(
            "SELECT position, changes FROM purged WHERE changes IS NOT NULL "
            "AND (:file IS NULL OR file = :file) ORDER BY position",
            {"file": file},
        )
        return rows.fetchall()

    def of_key(self, key: str, items: Sequence[int]) -> list[int]:
        """Return the events that changed a key or one below it, or may have, by what is left.

        `items` are the ids of these keys in all files.
        """
        found: set[int] = set()
        for file in self.files():
            found |= self._doubtful(file, key)
        for item in items:
            for first, last in self._inferred(item):
                found |= {first, last}
        return sorted(found)

    def parts(self, position: int, key: str, items: Sequence[int]) -> Iterator[KeyPart]:
        """Yield what is left of what an event changed of a key and those below it.

        A key whose change is of one of several events is told of the first of them with the value
        before, and of the last with the one after.
        """
        exact = False
        for item in items:
            for name, first, last, before, after in self._inferred_at(item, position):
                exact = exact or name == key
                yield KeyPart(
                    name,
                    before if first == position else None,
                    after if last == position else None,
                )
        if not exact and position in self._doubtful(self._file_of(position), key):
            yield KeyPart(key, None, None)

    def _file_of(self, position: int) -> str:
        row = self._connection.execute(
            "SELECT file FROM purged WHERE position = ?", (position,)
        ).fetchone()
        return row[0] if row else ""

    def _doubtful(self, file: str, key: str) -> set[int]:
        """Return the events of a file that may have changed a key, and may not have."""
        row = self._connection.execute(
            "SELECT id FROM latest WHERE file = ? AND key = ?", (file, key)
        ).fetchone()
        return self.gaps(file).doubtful(row[0] if row else None)

    def _inferred(self, item: int) -> list[tuple[int, int]]:
        return self._connection.execute(
            "SELECT first, last FROM inferred WHERE item = ?", (item,)
        ).fetchall()

    def _inferred_at(
        self, item: int, position: int
    ) -> list[tuple[str, int, int, str | None, str | None]]:
        return self._connection.execute(
            "SELECT l.key, i.first, i.last, i.before, i.after FROM inferred i "
            "CROSS JOIN latest l ON l.id = i.item "
            "WHERE i.item = :item AND (i.first = :at OR i.last = :at)",
            {"item": item, "at": position},
        ).fetchall()

"""Where a text occurs in keys, values, reasons and summaries, in the views.

SQLite's FTS5 is missing in some builds, finds words where people look for a part of an address or
of a number, and would cost every command that records. Instead the rows are read from the newest
on, without sorting, no further than was asked for, and only in blocks of events that may have the
text: see `views.trigrams`. For a text of less than three characters these are all blocks.
"""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

import heapq
import sqlite3
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from tetra_es.toml.keys import quote
from tetra_es.toml.written import recorded_as
from tetra_es_projections.queries.tables.event_table import EDITS
from tetra_es_projections.views.trigrams import TEXTS, VALUES, ranges

ALL: Final = 2**62
"""A position after every event."""

_CHANGES = (
    "SELECT c.position, l.file, l.key, c.before, c.after, c.item, {after} "
    "FROM changes c CROSS JOIN latest l ON l.id = c.item "
    "WHERE c.position BETWEEN :low AND :high AND ({after} OR {before}) "
    "AND l.file NOT GLOB 'secrets *'{files} ORDER BY c.position DESC"
)
_INFERRED = (
    "SELECT c.last, l.file, l.key, c.before, c.after, c.item, {after} "
    "FROM inferred c CROSS JOIN latest l ON l.id = c.item "
    "WHERE c.last <= :upto AND ({after} OR {before}){files} ORDER BY c.last DESC"
)
_KEYS = (
    "SELECT c.position, l.file, l.key, c.before, c.after, c.item, c.after IS NOT NULL "
    "FROM latest l CROSS JOIN changes c ON c.item = l.id AND c.position = "
    "(SELECT max(position) FROM changes WHERE item = l.id AND position <= :newest) "
    "WHERE {key} AND c.position <= :upto{files} AND NOT EXISTS "
    "(SELECT 1 FROM inferred WHERE item = l.id AND last > c.position AND last <= :newest)"
)
_KEYS_INFERRED = (
    "SELECT c.last, l.file, l.key, c.before, c.after, c.item, c.after IS NOT NULL "
    "FROM latest l CROSS JOIN inferred c ON c.item = l.id AND c.last = "
    "(SELECT max(last) FROM inferred WHERE item = l.id AND last <= :newest) "
    "WHERE {key} AND c.last <= :upto{files} AND NOT EXISTS "
    "(SELECT 1 FROM changes WHERE item = l.id AND position > c.last AND position <= :newest)"
)
_TEXTS = (
    "SELECT e.position, {reason} FROM events e "
    "WHERE e.position BETWEEN :low AND :high AND ({reason} OR {summary}) AND {of} "
    "ORDER BY e.position DESC"
)


class KeyHit(NamedTuple):
    """A change of a key whose name or value has the text."""

    position: int
    file: str
    key: str
    before: str | None
    after: str | None
    item: int
    stands: bool
    """Whether what the event left there is what was looked for: a value with it, or any at all."""


class SearchTable:
    """Questions about a text, in either case; `upto` is the newest position that counts.

    A value is found by a number or a time that it is recorded as, too, as 493 is by `0o755`.
    """

    def __init__(self, connection: sqlite3.Connection, text: str) -> None:
        self._connection = connection
        self._text = text
        # In TOML some characters stand behind a backslash.
        self._spelled = {"text": _pattern(text), "value": _pattern(quote(text)[1:-1])}
        self._recorded = recorded_as(text)
        self._plain = text.isascii() and "\0" not in text
        if not self._plain:  # LIKE knows the two cases of ASCII alone, and ends at a NUL
            connection.create_function("holds", 2, _holds, deterministic=True)
            self._spelled = {"text": text.casefold(), "value": quote(text)[1:-1].casefold()}

    def values(self, upto: int, files: tuple[str, ...] = ()) -> Iterator[KeyHit]:
        """Yield the changes to or from a value with the text, newest first."""
        of = {"after": self._of_value("c.after"), "before": self._of_value("c.before")}
        values: dict[str, Any] = {
            **self._spelled,
            **_named(files),
            "recorded": self._recorded,
        }
        changes, inferred = (sql.format(**of, files=_among(files)) for sql in (_CHANGES, _INFERRED))
        found = (
            self._ranged(changes, values, upto),
            self._connection.execute(inferred, {**values, "upto": upto}),
        )
        for row in heapq.merge(*found, key=lambda row: -row[0]):
            yield KeyHit._make((*row[:-1], bool(row[-1])))

    def _ranged(self, sql: str, values: dict[str, Any], upto: int) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of the blocks that may have the text, newest first."""
        spellings = [self._text, quote(self._text)[1:-1]]
        if self._recorded is not None:
            spellings.append(self._recorded)
        for low, high in ranges(self._connection, VALUES, spellings, upto):
            yield from self._connection.execute(sql, {**values, "low": low, "high": high})

    def keys(self, upto: int, newest: int, files: tuple[str, ...] = ()) -> list[KeyHit]:
        """Return the newest change of each key with the text, newest first.

        That up to the position `newest`, where it is not after `upto`.
        """
        values = {**self._spelled, **_named(files), "upto": upto, "newest": newest}
        rows = [
            KeyHit._make((*row[:-1], bool(row[-1])))
            for sql in (_KEYS, _KEYS_INFERRED)
            for row in self._connection.execute(
                sql.format(key=self._of("l.key"), files=_among(files)), values
            )
        ]
        return sorted(rows, key=lambda row: -row.position)

    def texts(self, upto: int, file: str | None = None) -> Iterator[tuple[int, bool]]:
        """Yield the events with the text, newest first, and whether it is in the reason."""
        condition, of = _of_file(file)
        sql = _TEXTS.format(
            reason=self._of("e.reason"), summary=self._of("e.summary"), of=condition
        )
        for low, high in ranges(self._connection, TEXTS, (self._text,), upto):
            values = {**self._spelled, "low": low, "high": high, "of": of}
            for position, in_reason in self._connection.execute(sql, values):
                yield position, bool(in_reason)

    def actors(self, upto: int, file: str | None = None) -> list[tuple[int, str]]:
        """Return the newest event of everybody whose name has the text, newest first."""
        # From one name to the next in the index: DISTINCT would read every event.
        names = self._connection.execute(
            "WITH RECURSIVE names(name) AS (SELECT min(actor) FROM events UNION ALL "
            "SELECT (SELECT min(actor) FROM events WHERE actor > name) FROM names "
            "WHERE name IS NOT NULL) SELECT name FROM names WHERE name IS NOT NULL"
        )
        condition, of = _of_file(file)
        found = []
        for name in [row[0] for row in names if _holds(row[0], self._text.casefold())]:
            row = self._connection.execute(
                "SELECT e.position FROM events e WHERE e.actor = :name AND e.position <= :upto "
                f"AND {condition} ORDER BY e.position DESC LIMIT 1",
                {"name": name, "upto": upto, "of": of},
            ).fetchone()
            found += [(row[0], name)] if row else []
        return sorted(found, reverse=True)

    def items_of(self, position: int) -> list[int]:
        """Return the ids of the keys that an event changed, or may have."""
        rows = self._connection.execute(
            "SELECT item FROM changes WHERE position = :at UNION "
            "SELECT item FROM inferred WHERE last = :at",
            {"at": position},
        )
        return [row[0] for row in rows]

    def newest_of(self, item: int, upto: int) -> int:
        """Return the position of the newest change of a key up to a position, 0 for none."""
        row = self._connection.execute(
            "SELECT max(coalesce((SELECT max(position) FROM changes WHERE item = :item "
            "AND position <= :upto), 0), coalesce((SELECT max(last) FROM inferred "
            "WHERE item = :item AND last <= :upto), 0))",
            {"item": item, "upto": upto},
        ).fetchone()
        return int(row[0])

    def _of(self, column: str, parameter: str = "text") -> str:
        """Return the condition that a column has the text."""
        if not self._plain:
            return f"holds({column}, :{parameter})"
        return f"coalesce({column} LIKE :{parameter} ESCAPE '!', 0)"

    def _of_value(self, column: str) -> str:
        if self._recorded is not None:
            return f"({self._of(column)} OR coalesce({column} = :recorded, 0))"
        if self._spelled["text"] == self._spelled["value"]:
            return self._of(column)
        return f"({self._of(column)} OR {self._of(column, 'value')})"


def _pattern(text: str) -> str:
    """Return what LIKE takes for a text anywhere."""
    for sign in "!%_":
        text = text.replace(sign, f"!{sign}")
    return f"%{text}%"


def _holds(value: str | None, text: str) -> bool:
    return value is not None and text in value.casefold()


def _of_file(file: str | None) -> tuple[str, str | None]:
    """Return the condition that an event concerns an environment, or has a file's text."""
    if file is None:
        return "TRUE", None
    kind, _, of = file.partition(" ")
    topics = EDITS.get(kind, ())
    if not topics:
        return "e.environment = :of", file
    listed = ", ".join(f"'{topic}'" for topic in topics)
    return f"e.topic IN ({listed}) AND e.environment IS :of", of or None


def _among(files: tuple[str, ...]) -> str:
    if not files:
        return ""
    return f" AND l.file IN ({', '.join(f':file{number}' for number, _ in enumerate(files))})"


def _named(files: tuple[str, ...]) -> dict[str, str]:
    return {f"file{number}": file for number, file in enumerate(files)}

"""Comparing the schema of an SQLite file with the one that we make, statement by statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

_VERSIONS = ("schema_version", "user_version", "application_id")


def plain(sql: str) -> str:
    """Return a statement of SQL as SQLite keeps it, but for the indentation of its lines."""
    lines = sql.replace("IF NOT EXISTS ", "", 1).strip().splitlines()
    return "\n".join(map(str.strip, lines))


def named(statements: Iterable[str]) -> dict[str, str | None]:
    """Return name to statement of what CREATE statements make."""
    return {words.split()[2]: words for words in map(plain, statements)}


def difference(
    expected: dict[str, str | None], found: Iterable[tuple[str, str, str | None]]
) -> str | None:
    """Return how a schema differs from the one expected, None where it does not.

    `found` has kind, name and statement of each of its parts, as `sqlite_schema` has them.
    """
    missing = dict(expected)
    problems: list[tuple[int, str]] = []
    for kind, name, sql in found:
        if name not in missing:
            problems.append((3, f"unexpected {kind} {name}"))
            continue
        wanted = missing.pop(name)
        if wanted != (None if sql is None else plain(str(sql))):
            other = wanted is None or kind != wanted.split()[1].lower()
            problems.append(
                (0, f"{name} is a {kind}") if other else (1, f"{kind} {name} was redefined")
            )
    problems += [(2, f"{name} is missing") for name in missing]
    return _printable(min(problems)[1]) if problems else None


def versions(connection: sqlite3.Connection) -> tuple[int, ...]:
    """Return what SQLite changes with a schema, and we with the meaning of one."""
    return tuple(connection.execute(f"PRAGMA {name}").fetchone()[0] for name in _VERSIONS)


def is_known(connection: sqlite3.Connection) -> bool:
    """Return whether a schema is the one that this connection was noted to have.

    One that is kept between two questions; others are not noted. SQLite goes by what it read of the
    schema before, too, until it changes that version.
    """
    known = getattr(connection, "known", None)
    return known is not None and known == versions(connection)


def note_known(connection: sqlite3.Connection) -> None:
    """Note that the schema of a connection is ours."""
    if hasattr(connection, "known"):
        connection.known = versions(connection)


def _printable(text: str) -> str:
    return text if text.isprintable() and len(text) <= 80 else ascii(text)[:80]

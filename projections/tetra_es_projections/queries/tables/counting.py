"""Which events count at a time, by the effective times in the views.

An answer as of a time knows all events up to the newest one that counts then. So an event counts
from its own effective time or from that of a later event, whichever is earlier: one that was dated
in the future, from the correction on. The states that an organization was imported with are apart:
they count from their own times, and nothing is known earlier because of them.
"""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

import sqlite3
from typing import Any, Final, NamedTuple

ERAS: Final = (
    "WITH RECURSIVE eras(era) AS (SELECT min(era) FROM events WHERE era IS NOT NULL UNION ALL "
    "SELECT (SELECT min(e.era) FROM events e WHERE e.era > eras.era) FROM eras "
    "WHERE eras.era IS NOT NULL) SELECT era FROM eras WHERE era IS NOT NULL"
)
"""Few: one for each time that a clock was corrected."""


class Period(NamedTuple):
    """What the events of a period have in common."""

    after: int | None = None
    """They come after this position, None for no bound."""
    upto: int | None = None
    """And up to this one."""
    where: tuple[str, ...] = ()
    """More conditions of the events `e`."""
    values: tuple[Any, ...] = ()
    """For these."""


def newest_at(connection: sqlite3.Connection, moment: str) -> int:
    """Return the position of the newest event that counts at a time, 0 where none does."""
    return max(_newest_of(connection, 0, moment), _newest(connection, moment))


def period(connection: sqlite3.Connection, since: str | None, until: str | None) -> Period:
    """Return which events begin to count from one time to another, both included."""
    if since is None and until is None:
        return Period()
    row = connection.execute("SELECT max(position) FROM events WHERE era = 0").fetchone()
    imported = row[0] or 0
    after = upto = None
    where: list[str] = []
    values: list[Any] = []
    if since is not None:
        after = _newest(connection, since, "<")
        if after < imported:
            where.append("(e.era IS NOT 0 OR e.effective >= ?)")
            values.append(since)
    if until is not None:
        upto = _newest(connection, until)
        if upto < imported:
            where.append("(e.position <= ? OR e.era = 0 AND e.effective <= ?)")
            values += [upto, until]
            upto = imported
    return Period(after, upto, tuple(where), tuple(values))


def counts_from(connection: sqlite3.Connection, position: int, upto: int = 1 << 62) -> str:
    """Return from when on an event counts: answers as of then or later know it.

    As the events up to a position say: a later one may correct a clock.
    """
    time, era = connection.execute(
        "SELECT effective, era FROM events WHERE position = ?", (position,)
    ).fetchone()
    times, end = [time], position
    if not era:  # within one, times rise; a void event, or an imported state, is in none
        row = connection.execute(
            "SELECT position, era, effective FROM events "
            "WHERE position > ? AND position <= ? AND +era > 0 ORDER BY position LIMIT 1",
            (position, upto),
        ).fetchone()
        end, era, valid = row or (upto + 1, upto + 1, None)
        (void,) = connection.execute(
            "SELECT min(effective) FROM events "
            "WHERE void IS NOT NULL AND position > ? AND position < ?",
            (position, end),
        ).fetchone()
        times += [valid, void]
    (corrected,) = connection.execute(
        f"SELECT min(effective) FROM events WHERE position IN ({ERAS} AND era > ? AND era <= ?)",
        (era, upto),
    ).fetchone()
    return str(min(one for one in (*times, corrected) if one))


def _newest(connection: sqlite3.Connection, moment: str, sign: str = "<=") -> int:
    """Return the newest event that counts at a time, or before it, but for imported states."""
    newest = 0
    for era in sorted((row[0] for row in connection.execute(ERAS)), reverse=True):
        if era and (newest := _newest_of(connection, era, moment, sign)):
            break
    row = connection.execute(
        "SELECT max(position) FROM events "
        f"WHERE void IS NOT NULL AND position > ? AND effective {sign} ?",
        (newest, moment),
    ).fetchone()
    return row[0] or newest


def _newest_of(connection: sqlite3.Connection, era: int, moment: str, sign: str = "<=") -> int:
    """Return the newest event of an era that counts at a time, 0 for none."""
    row = connection.execute(  # within one, effective times rise
        f"SELECT position FROM events WHERE era = ? AND effective {sign} ? "
        "ORDER BY effective DESC, position DESC LIMIT 1",
        (era, moment),
    ).fetchone()
    return row[0] if row else 0

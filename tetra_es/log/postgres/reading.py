"""Reading a database in sets: a page of events at a time, and many bodies with one question.

What one answer may bring is limited in bytes, so that memory stays flat whatever the sizes are.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from tetra_es.errors import IntegrityFailure
from tetra_es.log.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Ask = Callable[[str, tuple[Any, ...]], list[Any]]

AT_ONCE: Final = 500
"""Rows of an answer."""

BYTES: Final = 4 << 20
"""Of an answer; one row may be larger."""

HINT: Final = "somebody changed the database; keep it, and compare it with a replica"

_COLUMNS: Final = "position, stream, version, topic, state, previous, hash, signature"
_PAGE: Final = f"""
SELECT {_COLUMNS} FROM (
  SELECT *, sum(length(state)) OVER (ORDER BY position) AS upto FROM (
    SELECT {_COLUMNS} FROM tetra_es.events WHERE position > %s AND position <= %s
    ORDER BY position LIMIT %s
  ) AS page
) AS summed WHERE position = %s OR upto <= %s ORDER BY position
"""
_BODIES: Final = """
SELECT digest, content FROM (
  SELECT asked.digest, content, place,
    sum(coalesce(length(content), 0)) OVER (ORDER BY place) AS upto
  FROM unnest(%b) WITH ORDINALITY AS asked (digest, place)
  LEFT JOIN tetra_es.bodies b ON b.digest = asked.digest
) AS summed WHERE place = 1 OR upto <= %s ORDER BY place
"""


def page_of(ask: Ask, after: int, upto: int) -> list[Record]:
    """Return the next events with `after` < position <= `upto`, not necessarily all of them."""
    rows = ask(_PAGE, (after, upto, AT_ONCE, after + 1, BYTES))
    return [Record(*row) for row in rows]


def bodies_of(
    ask: Ask, digests: Iterable[bytes], place: str
) -> Iterator[tuple[bytes, bytes | None]]:
    """Yield each digest, in order, with its body; None where there is none or it was purged.

    `place` names the database. Raises `IntegrityFailure` for a body that was changed.
    """
    left = list(digests)
    while left:
        rows = ask(_BODIES, (left[:AT_ONCE], BYTES))
        for digest, content in rows:
            yield bytes(digest), _checked(digest, content, place)
        left = left[len(rows) :]


def _checked(digest: bytes, content: bytes | None, place: str) -> bytes | None:
    if content is not None and sha256(content).digest() != digest:
        raise IntegrityFailure(
            f"body {digest.hex()}: its content was changed in {place}", hint=HINT
        )
    return content

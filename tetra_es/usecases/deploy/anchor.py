"""The words by which a server knows what it has: source, position and hash of an event."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica

_SOURCE = re.compile(r"[^ ]+ #(\d+) ([0-9a-f]{64})")


def anchor(*records: Record | None) -> str:
    """Return position and hash of the newest of these events."""
    newest = max((each for each in records if each), key=lambda each: each.position)
    return f"#{newest.position} {newest.hash.hex()}"


def parse_anchor(source: str) -> tuple[int, str] | None:
    """Return position and hash of what a server says it has; None where it does not say."""
    match = _SOURCE.fullmatch(source)
    return (int(match[1]), match[2]) if match else None


def is_ours(log: Replica, source: str) -> bool:
    """Return whether a release whose server calls it so is made of our events."""
    found = parse_anchor(source)
    if found is None:
        return False
    record = log.record(found[0])
    return record is not None and record.hash.hex() == found[1]

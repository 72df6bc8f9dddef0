"""Age files as the store has them: there, purged by an event, or lost.

A tombstone in place of one that is lost would hide that, and replace the mirror's copy of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import IntegrityFailure
from tetra_es.events.secrets import SECRET_EVENTS, SecretPurged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.events.base import Event
    from tetra_es.store.log import EventLog


def sealed_in(log: EventLog, digest: str) -> bytes | None:
    """Return an age file, None where it was purged. Raises `IntegrityFailure` where it is lost."""
    data = log.sealed(bytes.fromhex(digest))
    if data is None and digest not in _purged(log):
        raise _lost(digest)
    return data


def check_nothing_lost(log: EventLog) -> None:
    """Raise `IntegrityFailure` where an age file that an event names is lost."""
    topics = [cls.TOPIC for cls in SECRET_EVENTS]
    there = {digest.hex() for digest, data in log.sealed_values() if data is not None}
    known = there | _purged(log)
    for record in log.of_topics(topics, log.last_position()):
        for digest in _digests(record.event):
            if digest not in known:
                raise _lost(digest)


def _purged(log: EventLog) -> set[str]:
    purges = log.of_topics([SecretPurged.TOPIC], log.last_position())
    return {digest for record in purges for digest in _digests(record.event)}


def _digests(event: Event) -> Iterator[str]:
    if (digest := getattr(event, "digest", None)) is not None:
        yield digest
    yield from getattr(event, "digests", ())
    for _, _, digest in getattr(event, "secrets", ()):
        yield str(digest)


def _lost(digest: str) -> IntegrityFailure:
    return IntegrityFailure(
        f"the ciphertext {digest} is not in the store, and no event purged it",
        hint="`tetra-es verify` names the secret; a clone of the mirror has the file",
    )

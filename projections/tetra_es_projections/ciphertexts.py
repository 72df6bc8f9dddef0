"""Age files as the store has them: there, purged by an event, or lost.

A tombstone in place of one that is lost would hide that, and replace the mirror's copy of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import IntegrityFailure
from tetra_es.events.secrets import SECRET_EVENTS, SecretPurged, SecretsEvent, age_files
from tetra_es.log.replica import events_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es.log.replica import Replica


def ciphertext_in(log: Replica, digest: str) -> bytes | None:
    """Return an age file, None where it was purged. Raises `IntegrityFailure` where it is lost."""
    data = log.body(bytes.fromhex(digest))
    if data is None and digest not in _purged(log):
        raise _lost(digest)
    return data


def check_nothing_lost(log: Replica) -> None:
    """Raise `IntegrityFailure` where an age file that an event names is lost."""
    topics = [cls.TOPIC for cls in SECRET_EVENTS]
    there = {digest.hex() for digest, data in log.bodies() if data is not None}
    known = there | _purged(log)
    for digest in _all_age_files(log, topics):
        if digest not in known:
            raise _lost(digest)


def _purged(log: Replica) -> set[str]:
    return set(_all_age_files(log, [SecretPurged.TOPIC]))


def _all_age_files(log: Replica, topics: Sequence[str]) -> Iterator[str]:
    """Yield the digests of the age files that events of these types speak of."""
    for event in events_in(log, log.of_topics(topics, log.last_position())):
        if isinstance(event, SecretsEvent):
            yield from age_files(event)


def _lost(digest: str) -> IntegrityFailure:
    return IntegrityFailure(
        f"the ciphertext {digest} is not in the store, and no event purged it",
        hint="`tetra-es verify` names the secret; a clone of the mirror has the file",
    )

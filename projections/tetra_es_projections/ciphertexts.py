"""Age files as the store has them: there, purged by an event, or lost.

A tombstone in place of one that is lost would hide that, and replace the mirror's copy of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import IntegrityFailure
from tetra_es.events.secrets import SECRET_EVENTS, SecretPurged, SecretsEvent, age_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es.store.log import EventLog


def ciphertext_in(log: EventLog, digest: str) -> bytes | None:
    """Return an age file, None where it was purged. Raises `IntegrityFailure` where it is lost."""
    data = log.ciphertext(bytes.fromhex(digest))
    if data is None and digest not in _purged(log):
        raise _lost(digest)
    return data


def check_nothing_lost(log: EventLog) -> None:
    """Raise `IntegrityFailure` where an age file that an event names is lost."""
    topics = [cls.TOPIC for cls in SECRET_EVENTS]
    there = {digest.hex() for digest, data in log.ciphertexts() if data is not None}
    known = there | _purged(log)
    for digest in _all_age_files(log, topics):
        if digest not in known:
            raise _lost(digest)


def _purged(log: EventLog) -> set[str]:
    return set(_all_age_files(log, [SecretPurged.TOPIC]))


def _all_age_files(log: EventLog, topics: Sequence[str]) -> Iterator[str]:
    """Yield the digests of the age files that events of these types speak of."""
    for record in log.of_topics(topics, log.last_position()):
        if isinstance(event := record.event, SecretsEvent):
            yield from age_files(event)


def _lost(digest: str) -> IntegrityFailure:
    return IntegrityFailure(
        f"the ciphertext {digest} is not in the store, and no event purged it",
        hint="`tetra-es verify` names the secret; a clone of the mirror has the file",
    )

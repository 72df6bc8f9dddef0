"""From events to records: numbered, linked to a head and signed, before any lock is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.crypto.ssh import sshsig
from tetra_es.events.base import state_of
from tetra_es.log import canonical, chain
from tetra_es.log.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.crypto.ssh.keys import SigningKey
    from tetra_es.events.base import Event
    from tetra_es.log.chain import Head


class Draft(NamedTuple):
    """An event that has no place in a log yet."""

    stream: str
    version: int
    topic: str
    state: bytes
    """Canonical JSON."""


def draft_of(event: Event) -> Draft:
    """Return an event as it is going to be stored."""
    state = canonical.encode(state_of(event))
    return Draft(event.originator_id, event.originator_version, event.TOPIC, state)


def link(
    after: Head, drafts: Sequence[Draft], key: SigningKey, *, once: bool = False
) -> list[Record]:
    """Return the drafts as records that follow `after`, signed with `key`.

    With `once`, only the last is signed, whose hash covers the others: a key that asks a person
    for each signature then asks once a batch.
    """
    records = []
    position, previous = after
    for number, draft in enumerate(drafts, 1):
        position += 1
        hash_ = chain.link(previous, position, *draft)
        silent = once and number < len(drafts)
        signature = b"" if silent else sshsig.sign(chain.signed_bytes(hash_), key)
        records.append(Record(position, *draft, previous, hash_, signature))
        previous = hash_
    return records

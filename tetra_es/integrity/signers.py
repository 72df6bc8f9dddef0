"""Who could sign, and when: the events that add and remove signers, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.events.config import OrganizationCreated, SignerAdded, SignerRemoved
from tetra_es.log.replica import valid_events

if TYPE_CHECKING:
    from tetra_es.crypto.ssh.keys import SigningKey
    from tetra_es.log.replica import Replica

TOPICS: Final = (OrganizationCreated.TOPIC, SignerAdded.TOPIC, SignerRemoved.TOPIC)
"""Of the events that say who may sign."""


class Signer(NamedTuple):
    """A signer, ready to sign."""

    name: str
    key: SigningKey


class Term(NamedTuple):
    """A key that was a signer's, and how long."""

    signer: str
    key: str
    """Public key line."""
    may: list[str] | None
    """What it may do alone; None for everything."""
    since: int
    """The event that added it; it may sign those after it."""
    until: int | None
    """The event that removed it, the last one that it could sign; None while it may sign."""


def terms(log: Replica, upto: int | None = None) -> list[Term]:
    """Return the keys that may sign, and those that might, in the order in which they were added.

    With `upto`, as of that event.
    """
    position = log.last_position() if upto is None else upto
    found: list[Term] = []
    open_: dict[str, int] = {}
    # Not by the views: people decide on it whom to trust.
    for record, event in valid_events(log, log.of_topics(TOPICS, position)):
        if isinstance(event, OrganizationCreated | SignerAdded | SignerRemoved):
            at = open_.pop(event.signer, None)
            if at is not None:
                found[at] = found[at]._replace(until=record.position)
        if isinstance(event, OrganizationCreated | SignerAdded):
            may = event.may if isinstance(event, SignerAdded) else None
            open_[event.signer] = len(found)
            found.append(Term(event.signer, event.key, may, record.position, None))
    return found


def signers_at(log: Replica, position: int) -> dict[str, str]:
    """Return the signers after an event: name to public key line."""
    return {term.signer: term.key for term in terms(log, position) if term.until is None}

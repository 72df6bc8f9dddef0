"""What somebody could ever read: the list of what to rotate when a person leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.crypto.age.recipients import parse_recipient
from tetra_es.errors import UsageError
from tetra_es.events.secrets import SECRETS_STREAM, RecipientAdded
from tetra_es.integrity.exposure import Exposed, exposed_to
from tetra_es.log.replica import events_in

if TYPE_CHECKING:
    from tetra_es.log.replica import Replica


def exposure(log: Replica, recipient: str) -> list[Exposed]:
    """Return every secret version that was ever encrypted for an age recipient.

    `recipient` is its text, with or without a comment, or a name that it had in some environment.
    Raises `UsageError` for one that none ever had: nothing found would say that all is well.

    What a removed recipient could read stays readable for it in every copy that it has; only a
    new value helps.
    """
    return exposed_to(log, _keys_of(log, recipient))


def _keys_of(log: Replica, recipient: str) -> set[str]:
    """Return the recipients that are meant by a name or by the text of one."""
    known = set()
    if recipient.startswith("age1") or " " in recipient.strip():
        known.add(parse_recipient(recipient).text)
    known |= keys_of_name(log, recipient)
    if not known:
        raise UsageError(
            "no environment ever had a recipient of that name",
            hint="give its name, or the age or SSH public key itself",
        )
    return known


def keys_of_name(log: Replica, name: str) -> set[str]:
    """Return the age recipients that had a name in some environment; none where none had it."""
    return {
        event.recipient
        for stream in log.streams(SECRETS_STREAM)
        for event in events_in(log, log.of_stream(stream))
        if isinstance(event, RecipientAdded) and event.name == name
    }

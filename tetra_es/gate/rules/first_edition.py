"""Rules 0, for events of the first edition: their form, and that they can be applied.

What their commands checked beyond that, such as values and the order of promotion, is not checked
again.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from tetra_es.errors import TetraEsError
from tetra_es.events.catalogue import EVENT_TYPES
from tetra_es.events.config import (
    EnvironmentState,
    ManifestEdited,
    OrganizationCreated,
    ProfileEdited,
    SignerAdded,
    SignerRemoved,
    source_revision_of,
)
from tetra_es.events.form.table import TOPICS
from tetra_es.events.secrets import (
    SecretPurged,
    SecretSet,
    SecretsEvent,
    SecretsReEncrypted,
    SecretsRestored,
    age_files,
)
from tetra_es.events.validate import problem_of
from tetra_es.gate.lineage import StateAt
from tetra_es.gate.state import Signer
from tetra_es.gate.verdicts import Broken, Reason
from tetra_es.layout import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.events.base import Event
    from tetra_es.gate.bodies import Bodies
    from tetra_es.gate.entry import Entry
    from tetra_es.gate.state import State


class FirstEdition:
    """The rules of the first edition."""

    def check(self, entry: Entry, state: State, bodies: Bodies, signer: Signer) -> None:
        """Raise `Broken` where an event has no lawful form or does not fit what is there."""
        from tetra_es.gate.rules.old_values import check_form, check_values  # few still have such

        event = _event_of(entry)
        if problem := problem_of(event):
            raise Broken(Reason.FORM, problem)
        check_form(event)
        if isinstance(event, OrganizationCreated) and state.organization:
            raise Broken(Reason.FOUNDED_AGAIN, "it founds the organization a second time")
        if isinstance(event, SignerRemoved) and event.signer not in state.signers:
            raise Broken(Reason.SIGNER_MISSING, f"there is no signer {event.signer}")
        check_values(event, state)
        if isinstance(event, SecretsEvent):
            _check_secrets(event, state)
            for digest in () if isinstance(event, SecretPurged) else age_files(event):
                bodies.check_there(bytes.fromhex(digest))

    def check_batch(self, entries: Sequence[Entry], state: State) -> Broken | None:
        """Return None: there were no batches."""
        return None

    def apply(self, entry: Entry, state: State) -> None:
        """Change the state as a valid event says."""
        event, position = entry.record.event, entry.position
        match event:
            case OrganizationCreated():
                state.set(name=event.name, founder=event.key)
                state.add_text(MANIFEST, _text_at(1, position, event.text))
                state.put(state.signers, event.signer, Signer(event.key))
            case ManifestEdited():
                state.add_text(MANIFEST, _text_at(event.revision, position, event.text))
            case ProfileEdited():
                at = _text_at(event.revision, position, event.text)
                state.add_text(event.environment, at)
            case SignerAdded():
                state.put(state.signers, event.signer, Signer(event.key))
            case SignerRemoved():
                state.take(state.signers, event.signer)
            case EnvironmentState():
                at = _text_at(event.revision, position, event.text)
                at = at._replace(source=source_revision_of(event))
                state.add_state(event.environment, at)
            case SecretsEvent():
                apply_secrets(event, position, state)

    def names(self, entry: Entry) -> Sequence[bytes]:
        """Return the digests of the age files that an event has."""
        event = _event_of(entry)
        if problem_of(event) or not isinstance(event, SecretsEvent):
            return ()
        if isinstance(event, SecretPurged):
            return ()
        return [bytes.fromhex(digest) for digest in age_files(event)]

    def needs(self, entry: Entry, state: State) -> set[bytes]:
        """Return the same: nothing is compared."""
        try:
            return set(self.names(entry))
        except Broken:
            return set()


def apply_secrets(event: SecretsEvent, position: int, state: State) -> None:
    """Take in an event of an environment's secrets, of any edition."""
    state.apply_secrets(event.environment, event)
    if isinstance(event, SecretPurged):
        state.purge(event.digests, position)
        return
    for key, digest in owned(event):
        if digest not in state.owners:
            state.put(state.owners, digest, (event.environment, key))


def owned(event: SecretsEvent) -> list[tuple[str, str]]:
    """Return key and digest of the age files that an event names."""
    match event:
        case SecretSet():
            return [(event.key, event.digest)]
        case SecretsReEncrypted() | SecretsRestored():
            return [(str(key), str(digest)) for key, _, digest in event.secrets]
        case _:
            return []


def _event_of(entry: Entry) -> Event:
    """Return the event in memory. Raises `Broken` where it has no lawful form."""
    if entry.topic not in EVENT_TYPES or entry.topic in LATER:
        raise Broken(Reason.TOPIC, f"there is no topic {entry.topic!a:.80}")
    if "class_version" in entry.state:
        raise Broken(Reason.FORM, "the first edition had no other versions of fields")
    try:
        return entry.record.event
    except TetraEsError as error:
        raise Broken(Reason.FORM, error.message) from error


def _check_secrets(event: SecretsEvent, state: State) -> None:
    try:
        problem = state.vault(event.environment).problem_of(event)
    except (ValueError, TypeError, KeyError) as error:
        problem = str(error) or type(error).__name__
    if problem:
        raise Broken(Reason.SECRETS, problem)


def _text_at(revision: int, position: int, text: str) -> StateAt:
    return StateAt(revision, position, sha256(text.encode()).digest())


LATER: Final = frozenset(
    (
        "organization.upgraded",
        "bodies.purged",
        *(topic.name for topic in TOPICS.values() if topic.later),
    )
)
"""Topics that the first edition had not."""

RULES: Final = FirstEdition()

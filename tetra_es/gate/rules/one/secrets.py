"""Rules for secrets and for what is destroyed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from tetra_es.events.catalogue import EVENT_TYPES
from tetra_es.events.secrets import RecipientAdded, SecretPurged, SecretsEvent, SecretsRestored
from tetra_es.gate.rules.first_edition import apply_secrets, owned
from tetra_es.gate.verdicts import Broken, Reason

if TYPE_CHECKING:
    from tetra_es.gate.bodies import Bodies
    from tetra_es.gate.entry import Entry
    from tetra_es.gate.state import State
    from tetra_es.model.secrets import Vault


def _secrets(entry: Entry, state: State, bodies: Bodies) -> None:
    event = _event(entry)
    vault = state.vault(event.environment)
    if problem := vault.problem_of(event):
        wrong = "encrypted for others" in problem
        raise Broken(Reason.RECIPIENTS if wrong else Reason.SECRETS, problem)
    keys = [key for key, _ in owned(event)]
    if len(set(keys)) != len(keys):
        raise Broken(Reason.SECRETS, "it names a secret twice")
    for key, digest in owned(event):
        owner = state.owners.get(digest, (event.environment, key))
        if owner != (event.environment, key):
            raise Broken(
                Reason.CIPHERTEXT,
                f"the age file of {key} is that of {owner[1]} in {owner[0]}",
            )
    if isinstance(event, RecipientAdded) and (
        event.name in vault.recipients or event.recipient in vault.recipients.values()
    ):
        raise Broken(Reason.RECIPIENTS, f"there is a recipient {event.name} or its key already")
    if isinstance(event, SecretsRestored):
        _check_restored(event, vault)
    if isinstance(event, SecretPurged):
        present = {digest for _, _, digest in vault.ciphertexts()}
        if vault.present.get(event.key) == event.version or present & set(event.digests):
            what = f"version {event.version} of {event.key} is the present one, or has its age file"
            raise Broken(Reason.PURGE, what)
        _check_named(entry, bodies)


def _check_restored(event: SecretsRestored, vault: Vault) -> None:
    gone = set(vault.present) - {str(key) for key, _, _ in event.secrets}
    if sorted(gone) != event.removed:
        raise Broken(Reason.SECRETS, "the keys that it says are gone are not those that are")
    for key, number, _ in event.secrets:
        version = vault.versions[str(key)][int(number)]
        if vault.present.get(str(key)) != number and (version.compromised or version.purged):
            raise Broken(Reason.COMPROMISED, f"version {number} of {key} is compromised or purged")


def _change(entry: Entry, state: State) -> None:
    apply_secrets(_event(entry), entry.position, state)


def _bodies_purged(entry: Entry, state: State, bodies: Bodies) -> None:
    present = {at.digest for at in (state.manifest, *state.profiles.values()) if at}
    present |= {at.digest for each in state.environments.values() if (at := each.newest)}
    present |= {
        bytes.fromhex(digest)
        for vault in state.vaults.values()
        for _, _, digest in vault.ciphertexts()
    }
    for digest in _digests(entry):
        if digest in present:
            raise Broken(Reason.PURGE, f"a present state has the body {digest.hex()}")
    _check_named(entry, bodies)


def _check_named(entry: Entry, bodies: Bodies) -> None:
    """Raise `Broken` unless a purge event lists all events that need the bodies, and right."""
    told = {each["position"]: each["verdict"] for each in entry.state["named_by"]}
    if len(told) != len(entry.state["named_by"]) or told != bodies.readers(_digests(entry)):
        raise Broken(Reason.PURGE, "what it says of the events that name these bodies is not so")


def _destroy(entry: Entry, state: State) -> None:
    state.purge(entry.state["digests"], entry.position)


def _digests(entry: Entry) -> list[bytes]:
    return [bytes.fromhex(digest) for digest in entry.state["digests"]]


def _event(entry: Entry) -> SecretsEvent:
    """Return the event in memory, of a state whose form is lawful. None of these has a text."""
    cls, state = EVENT_TYPES[entry.topic], entry.state
    event = cls(
        originator_id=entry.record.stream,
        originator_version=entry.record.version,
        **{name: state[name] for name in cls.FIELDS if not name.startswith("originator_")},
    )
    return cast("SecretsEvent", event)


_TOPICS = (
    "recipient.added",
    "recipient.removed",
    "secret.set",
    "secret.removed",
    "secrets.resealed",
    "secrets.restored",
    "secret.compromised",
    "secret.purged",
)
CHECKS: Final = {**dict.fromkeys(_TOPICS, _secrets), "bodies.purged": _bodies_purged}
CHANGES: Final = {**dict.fromkeys(_TOPICS, _change), "bodies.purged": _destroy}

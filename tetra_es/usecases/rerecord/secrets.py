"""Secrets: the same age file where the recipients are the same, else encrypted for today's."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, cast

from tetra_es.crypto.age.backend import decrypt, encrypt
from tetra_es.events.secrets import (
    RecipientAdded,
    RecipientRemoved,
    SecretCompromised,
    SecretPurged,
    SecretRemoved,
    SecretSet,
    SecretsReEncrypted,
    SecretsRestored,
)
from tetra_es.model.secrets import SecretVersion
from tetra_es.usecases.rerecord.fields import mapped
from tetra_es.usecases.rerecord.left import Left
from tetra_es.usecases.rerecord.places import Lost
from tetra_es.usecases.secrets.ciphertexts import digest_of
from tetra_es.usecases.secrets.recipients import (
    Decrypting,
    add_recipient,
    re_encrypt,
    remove_recipients,
)
from tetra_es.usecases.secrets.restore import restore_secrets

if TYPE_CHECKING:
    from tetra_es.model.secrets import Vault
    from tetra_es.usecases.rerecord.deciding import Deciding
    from tetra_es.usecases.rerecord.tail import Past


def _set(how: Deciding, past: Past) -> None:
    """Record a value again, unless somebody else set another one meanwhile."""
    event, work = cast("SecretSet", past.event), how.work
    vault = work.vault(event.environment)
    _check_unchanged(how, vault, event.key, past.present)
    data = how.tail.body(event.digest)
    if data is None:
        raise Left(f"the value of {event.key} was purged")
    if vault.readers != sorted(event.recipients):
        vault.check_readable()
        name = f"{event.key} of {event.environment}"
        value = decrypt(data, how.identities(), name=name, environment=event.environment)
        data = encrypt(value, vault.readers)
    origin, restores = _came_from(how, event)
    vault.set(event.key, digest_of(data), work.context(), origin=origin, restores=restores)
    work.add_body(data)


def _came_from(how: Deciding, event: SecretSet) -> tuple[SecretVersion | None, int | None]:
    """Return what a value is a copy of, and the version that it brought back, as far as there."""
    with suppress(Lost):
        fields = mapped(event.TOPIC, vars(event), how.tail.places)
        origin = fields.get("origin")
        return SecretVersion(**origin) if origin else None, fields.get("restores")
    return None, None


def _removed(how: Deciding, past: Past) -> None:
    event = cast("SecretRemoved", past.event)
    vault = how.work.vault(event.environment)
    if event.key in vault.present:
        _check_unchanged(how, vault, event.key, past.present)
        vault.remove(event.key, how.work.context())


def _check_unchanged(how: Deciding, vault: Vault, key: str, before: int) -> None:
    """Raise `Left` where a secret has another version than the one that was there before."""
    expected = how.tail.places.version(vault.environment, key, before) if before else 0
    present = vault.present.get(key, 0)
    if present != expected:
        now = f"is at version {present}" if present else "was removed"
        raise Left(f"{key} of {vault.environment} {now} there: somebody else changed it")


def _recipient_added(how: Deciding, past: Past) -> None:
    event = cast("RecipientAdded", past.event)
    vault = how.work.vault(event.environment)
    if vault.recipients.get(event.name) != event.recipient:
        add_recipient(how.work, event.environment, event.name, event.recipient, _with(how))


def _recipient_removed(how: Deciding, past: Past) -> None:
    event, work = cast("RecipientRemoved", past.event), how.work
    vault = work.vault(event.environment)
    if event.name not in vault.recipients:
        return
    if vault.recipients[event.name] != event.recipient:
        raise Left(f"the recipient {event.name} has another key there")
    remove_recipients(work, event.environment, (event.name,), _with(how), work.context())


def _re_encrypted(how: Deciding, past: Past) -> None:
    """Encrypt all again, unless a change of the recipients in its batch has done that."""
    event, work = cast("SecretsReEncrypted", past.event), how.work
    changes = (RecipientAdded, RecipientRemoved)
    if any(
        isinstance(each.event, changes) and each.event.environment == event.environment
        for each in how.batch.events
    ):
        return
    re_encrypt(work, work.vault(event.environment), _with(how), work.context())


def _restored(how: Deciding, past: Past) -> None:
    """Have the secrets of an earlier moment again."""
    event, work = cast("SecretsRestored", past.event), how.work
    position = mapped(event.TOPIC, vars(event), how.tail.places)["to_position"]
    vault = work.vault(event.environment)
    for data in restore_secrets(work.log, vault, position, how.identities, work.context()):
        work.add_body(data)


def _compromised(how: Deciding, past: Past) -> None:
    event = cast("SecretCompromised", past.event)
    number = mapped(event.TOPIC, vars(event), how.tail.places)["version"]
    vault = how.work.vault(event.environment)
    if not vault.version_of(event.key, number).compromised:
        vault.mark_compromised(event.key, number, how.work.context())


def _purged(how: Deciding, past: Past) -> None:
    """Destroy a version there, too."""
    event, work = cast("SecretPurged", past.event), how.work
    number = mapped(event.TOPIC, vars(event), how.tail.places)["version"]
    vault = work.vault(event.environment)
    version = vault.version_of(event.key, number)
    if version.purged:
        return
    digests = [bytes.fromhex(each) for each in version.digests]
    vault.purge(event.key, number, work.context(), work.readers(digests))
    for digest in digests:
        work.destroy_body(digest)


def _with(how: Deciding) -> Decrypting:
    return Decrypting(how.identities, lambda *_: None)


HANDLERS: Final = {
    "secret.set": _set,
    "secret.removed": _removed,
    "recipient.added": _recipient_added,
    "recipient.removed": _recipient_removed,
    "secrets.resealed": _re_encrypted,
    "secrets.restored": _restored,
    "secret.compromised": _compromised,
    "secret.purged": _purged,
}

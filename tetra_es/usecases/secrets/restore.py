"""The part of a rollback that is about secrets: those of an earlier position come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.crypto.age.backend import decrypt, encrypt
from tetra_es.usecases.secrets.ciphertexts import ciphertext_of, digest_of, vault_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tetra_es.crypto.age.identity import Identity
    from tetra_es.events.metadata import Context
    from tetra_es.log.replica import Replica
    from tetra_es.model.secrets import Vault

    Item = tuple[str, int, str]
    """Key, version, digest."""


def restore_secrets(
    log: Replica,
    vault: Vault,
    position: int,
    identities: Callable[[], Sequence[Identity]],
    context: Context,
) -> list[bytes]:
    """Decide that the secrets of `position` come back; return the age files made for that.

    Values encrypted for today's recipients are used as they are; for the others, which are
    encrypted again, `identities` is asked. A version that is compromised or purged stays away, and
    the present value of its key, if there is one, stays.
    """
    then = vault_at(log, vault.id, position)
    secrets: list[Item] = []
    kept_out: list[Item] = []
    made: list[bytes] = []
    for key, number, digest in then.ciphertexts():
        version = vault.version_of(key, number)
        if version.compromised or version.purged:
            kept_out.append((key, number, digest))
            secrets += [item for item in vault.ciphertexts() if item[0] == key]
        elif list(version.recipients) == vault.readers:
            secrets.append((key, number, version.digests[-1]))
        else:
            vault.check_readable()
            data = ciphertext_of(log, key, version.digests[-1])
            name = f"{key} version {number}"
            value = decrypt(data, identities(), name=name, environment=vault.environment)
            made.append(encrypt(value, vault.readers))
            secrets.append((key, number, digest_of(made[-1])))
    vault.restore_to(position, secrets, kept_out, context)
    return made

"""Age files in the store: found by their digest, checked, decrypted."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from tetra_es.crypto.age.backend import decrypt
from tetra_es.errors import IntegrityFailure
from tetra_es.log.replica import events_in
from tetra_es.model.secrets import Vault

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from tetra_es.crypto.age.identity import Identity
    from tetra_es.log.replica import Replica


def digest_of(data: bytes) -> str:
    """Return the digest of an age file as events have it."""
    return sha256(data).hexdigest()


def ciphertext_of(log: Replica, key: str, digest: str) -> bytes:
    """Return the age file with this digest. Raises `IntegrityFailure` where it is not that."""
    try:
        data = log.body(bytes.fromhex(digest))
    except IntegrityFailure as error:
        raise IntegrityFailure(
            f"the ciphertext of {key} was changed in the store", hint="run `tetra-es verify`"
        ) from error
    if data is None:
        raise IntegrityFailure(
            f"the ciphertext of {key} is not in the store",
            hint="it was purged or lost: `tetra-es verify` tells which",
        )
    if digest_of(data) != digest:
        raise IntegrityFailure(
            f"the ciphertext of {key} was changed in the store", hint="run `tetra-es verify`"
        )
    return data


def decrypted(
    log: Replica,
    vault: Vault,
    identities: Sequence[Identity],
    keys: Collection[str] | None = None,
) -> Iterator[tuple[str, bytes]]:
    """Yield key and value of the present secrets, of `keys` alone where given.

    Every age file is checked against the digest in its signed event before it is decrypted: age
    itself neither authenticates who encrypted a file nor binds it to a name.
    """
    for key, data in ciphertexts(log, vault, keys):
        yield key, opened(vault, key, data, identities)


def ciphertexts(
    log: Replica, vault: Vault, keys: Collection[str] | None = None
) -> Iterator[tuple[str, bytes]]:
    """Yield key and checked age file of the present secrets, of `keys` alone where given."""
    for key, _, digest in vault.ciphertexts():
        if keys is None or key in keys:
            yield key, ciphertext_of(log, key, digest)


def opened(vault: Vault, key: str, data: bytes, identities: Sequence[Identity]) -> bytes:
    """Return the value in the age file of a secret."""
    name = f"{key} of {vault.environment}"
    return decrypt(data, identities, name=name, environment=vault.environment)


def vault_at(log: Replica, stream: str, position: int) -> Vault:
    """Return the secrets of an environment as they were after the event at `position`."""
    records = (record for record in log.of_stream(stream) if record.position <= position)
    return Vault(stream).fold(events_in(log, records))

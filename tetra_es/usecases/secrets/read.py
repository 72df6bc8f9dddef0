"""Read the present secrets of an environment; nothing is recorded and nothing kept."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from tetra_es.crypto.age.backend import NotForYou, decrypt
from tetra_es.disk.regular_files import REBUILD, read
from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es.gate.pins.sharing import is_shared
from tetra_es.integrity.store import checked_vault
from tetra_es.layout import secret_file
from tetra_es.log.replica import events_in
from tetra_es.model.secrets import Vault
from tetra_es.usecases.secrets.ciphertexts import ciphertext_of, decrypted, digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from tetra_es.crypto.age.identity import Identity
    from tetra_es.layout import OrgLayout
    from tetra_es.log.replica import Replica


def read_secrets(
    log: Replica,
    layout: OrgLayout,
    environment: str,
    identities: Callable[[], Sequence[Identity]],
    keys: Sequence[str] | None = None,
) -> dict[str, bytes]:
    """Return key to value of the present secrets, of `keys` alone where given.

    `identities` is asked only where there are any. A file in the organization's folder that is
    not what its event says stops everything, though values come from the store: somebody wants
    another value to be used. Raises `UsageError` where one of `keys` is not there.
    """
    vault = checked_vault(log, environment)
    try:
        return values_of(log, layout, vault, identities, keys)
    except NotForYou as error:
        state = log.state_folder()
        if state is not None and is_shared(state):
            error.hint = f"`tetra-es pull`, if a signer has added you since; else {error.hint}"
        raise


def values_of(
    log: Replica,
    layout: OrgLayout,
    vault: Vault,
    identities: Callable[[], Sequence[Identity]],
    keys: Sequence[str] | None = None,
) -> dict[str, bytes]:
    """Return what `read_secrets` does, of secrets that are loaded already."""
    for key in keys or ():
        vault.check_present(key)
    if not vault.present:
        return {}
    _check_files(log, layout, vault, keys)
    return dict(decrypted(log, vault, identities(), keys))


def value_of_version(
    log: Replica,
    vault: Vault,
    key: str,
    number: int,
    identities: Callable[[], Sequence[Identity]],
) -> bytes:
    """Return the value of any version of a key, present or not.

    Raises `UsageError` where there is no such version, `TetraEsError` where it was purged,
    `NotForYou` where no identity can open any of its age files.
    """
    version = vault.version_of(key, number)
    if version.purged:
        raise TetraEsError(
            f"version {number} of {key} was purged",
            hint=f"`tetra-es history {vault.environment} --key {key}` tells when and why",
        )
    name = f"version {number} of {key} of {vault.environment}"
    newest, *older = reversed(version.digests)  # each for the recipients of its time
    for digest in older:
        with suppress(NotForYou):
            return decrypt(
                ciphertext_of(log, key, newest),
                identities(),
                name=name,
                environment=vault.environment,
            )
        newest = digest
    data = ciphertext_of(log, key, newest)
    return decrypt(data, identities(), name=name, environment=vault.environment)


def read_version(
    log: Replica,
    environment: str,
    key: str,
    number: int,
    identities: Callable[[], Sequence[Identity]],
) -> bytes:
    """Return the value that a version of a secret has. Raises as `value_of_version` does."""
    return value_of_version(log, checked_vault(log, environment), key, number, identities)


def versions_of(log: Replica, environment: str) -> Mapping[str, int]:
    """Return key to present version of an environment's secrets, from checked events alone."""
    return checked_vault(log, environment).present


def _check_files(
    log: Replica, layout: OrgLayout, vault: Vault, keys: Collection[str] | None
) -> None:
    for key, _, digest in vault.ciphertexts():
        if keys is not None and key not in keys:
            continue
        path = secret_file(vault.environment, key)
        data = read(layout.file(path), then=REBUILD)
        if data is None:
            continue  # `verify` says so; there is nothing that could be used by mistake
        found = digest_of(data)
        # Another command may have recorded a newer one since the vault was loaded.
        if found != digest and found not in _digests_now(log, vault, key):
            raise IntegrityFailure(
                f"{path} is not what the signed event says",
                hint="find out who changed it; `tetra-es rebuild --force` puts it back",
            )


def _digests_now(log: Replica, vault: Vault, key: str) -> list[str]:
    newest = Vault(vault.id).fold(events_in(log, log.of_stream(vault.id)))
    return [digest for name, _, digest in newest.ciphertexts() if name == key]

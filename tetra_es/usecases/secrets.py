"""Set, read and remove secrets. Values come in and go out as bytes and are kept nowhere."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from tetra_es.crypto.age.backend import decrypt, encrypt
from tetra_es.errors import IntegrityFailure, Refused, UsageError
from tetra_es.model.secrets import Vault
from tetra_es.names import check_secret_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tetra_es.crypto.age.identities import Identity
    from tetra_es.store.log import EventLog
    from tetra_es.usecases.session import Session
    from tetra_es.usecases.unit_of_work import Recorded


def digest_of(data: bytes) -> str:
    """Return the digest of an age file as events have it."""
    return sha256(data).hexdigest()


def set_secrets(
    session: Session,
    environment: str,
    values: Mapping[str, bytes],
    *,
    removed: Sequence[str] = (),
    seen: Mapping[str, int] | None = None,
) -> list[Recorded]:
    """Record new values, and the removal of others, in one transaction.

    Needs the recipients alone: who sets a value need not be able to read one. `seen` gives the
    present versions that the writer started from; `Refused` when one has changed since.
    """
    for key in values:
        check_secret_name(key)

    def command() -> list[Recorded]:
        organization = session.organization()
        organization.environment_named(environment)
        vault = session.vault(environment)
        _check_seen(vault, seen, [*values, *removed])
        vault.check_readable()
        context = session.context(organization)
        sealed = {key: encrypt(value, vault.readers) for key, value in values.items()}
        for key, data in sealed.items():
            vault.set(key, digest_of(data), context)
        for key in removed:
            vault.remove(key, context)
        return session.save(vault, sealed=list(sealed.values()))

    return session.run(command)


def remove_secret(session: Session, environment: str, key: str) -> list[Recorded]:
    """Record that the environment no longer has a secret."""

    def command() -> list[Recorded]:
        organization = session.organization()
        organization.environment_named(environment)
        vault = session.vault(environment)
        vault.remove(key, session.context(organization))
        return session.save(vault)

    return session.run(command)


def sealed_data(log: EventLog, key: str, digest: str) -> bytes:
    """Return the age file with this digest. Raises `IntegrityFailure` where it is not that."""
    data = log.sealed(bytes.fromhex(digest))
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


def read_secrets(
    log: EventLog,
    vault: Vault,
    identities: Sequence[Identity],
    keys: Sequence[str] | None = None,
    *,
    folder: Path | None = None,
) -> dict[str, bytes]:
    """Return key to value of the present secrets, of `keys` alone where given; see `opened`.

    `folder` is where their files are: one that is not what its event says stops everything,
    though values come from the store. Somebody wants another value to be used.
    """
    for key in keys or ():
        vault.check_present(key)
    if folder is not None:
        _check_files(log, vault, folder, keys)
    return dict(opened(log, vault, identities, keys))


def _check_files(log: EventLog, vault: Vault, folder: Path, keys: Sequence[str] | None) -> None:
    for key, _, digest in vault.sealed():
        if keys is not None and key not in keys:
            continue
        path = folder / f"{key}.age"
        try:
            found = digest_of(path.read_bytes())
        except FileNotFoundError:
            continue  # `verify` says so; there is nothing that could be used by mistake
        # Another command may have recorded a newer one since the vault was loaded.
        if found != digest and found not in _digests_now(log, vault, key):
            raise IntegrityFailure(
                f"secrets/{vault.environment}/{key}.age is not what the signed event says",
                hint="find out who changed it; `tetra-es rebuild` puts the recorded one back",
            )


def _digests_now(log: EventLog, vault: Vault, key: str) -> list[str]:
    newest = Vault(vault.id).fold(record.event for record in log.of_stream(vault.id))
    return [digest for name, _, digest in newest.sealed() if name == key]


def opened(
    log: EventLog,
    vault: Vault,
    identities: Sequence[Identity],
    keys: Sequence[str] | None = None,
) -> Iterator[tuple[str, bytes]]:
    """Yield key and value of the present secrets, of `keys` alone where given.

    Every age file is checked against the digest in its signed event before it is decrypted: age
    itself neither authenticates who encrypted a file nor binds it to a name.
    """
    for key, _, digest in vault.sealed():
        if keys is None or key in keys:
            data = sealed_data(log, key, digest)
            yield key, decrypt(data, identities, name=f"{key} of {vault.environment}")


def mark_compromised(session: Session, environment: str, key: str, number: int) -> list[Recorded]:
    """Record that others know a version: a rollback never brings it back."""

    def command() -> list[Recorded]:
        vault = session.vault(environment)
        vault.mark_compromised(key, number, session.context(session.organization()))
        return session.save(vault)

    return session.run(command)


def purge_secret(session: Session, environment: str, key: str, number: int) -> list[Recorded]:
    """Destroy the age files of a version and record that; there is no way back."""
    if not session.reason:
        raise UsageError("purging needs a reason", hint="say why with -m")

    def command() -> list[Recorded]:
        vault = session.vault(environment)
        digests = list(vault.version_of(key, number).digests)
        vault.purge(key, number, session.context(session.organization()))
        return session.save(vault, purged=[bytes.fromhex(digest) for digest in digests])

    return session.run(command)


def _check_seen(vault: Vault, seen: Mapping[str, int] | None, keys: Sequence[str]) -> None:
    if seen is None:
        return
    for key in keys:
        if vault.present.get(key, 0) != seen.get(key, 0):
            raise Refused(
                f"{key} is at version {vault.present.get(key, 0)} now, not {seen.get(key, 0)}: "
                "somebody else changed it meanwhile",
                hint="look at the new value, then make your change again",
            )

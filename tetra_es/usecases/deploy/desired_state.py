"""What of an environment goes to a server: its TOML at some state, and the secrets with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tetra_es.crypto.age.backend import decrypt
from tetra_es.errors import Refused, TetraEsError
from tetra_es.events.config import EnvironmentState
from tetra_es.layout import environment_file
from tetra_es.log.replica import check_not_purged, valid_events
from tetra_es.toml.document import ConfigDocument
from tetra_es.usecases.deploy.anchor import anchor
from tetra_es.usecases.for_servers import refuse_source
from tetra_es.usecases.secrets.ciphertexts import ciphertext_of, vault_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tetra_es.crypto.age.identity import Identity
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica
    from tetra_es.model.secrets import Vault
    from tetra_es.refs import Ref
    from tetra_es.usecases.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class DesiredState:
    """A state of an environment, ready to be rendered."""

    environment: str
    revision: int
    position: int
    """Of the event whose TOML it is."""
    anchor: str
    """Position and hash, `#41 HASH`, of the newest event that it consists of, secrets included:
    servers know by it which history they have, and how far it went."""
    document: ConfigDocument
    secrets: tuple[tuple[str, int, str], ...]
    """Key, version and digest of each secret, by key."""
    values: Mapping[str, bytes] = field(repr=False)
    """Key to value."""

    @property
    def recorded_secrets(self) -> list[list[str | int]]:
        """The secrets as events have them."""
        return [list(each) for each in self.secrets]


def desired_state(
    work: UnitOfWork,
    environment: str,
    ref: Ref | None,
    identities: Callable[[], Sequence[Identity]],
) -> DesiredState:
    """Return the state that a REF names, by default the present one, with the secrets of then.

    Raises `Refused` where one of them is compromised or purged, `TetraEsError` where there is no
    state yet. `identities` is asked when there are any.
    """
    position = None if ref is None else work.refs.position_of(ref, environment)
    secrets_at = None if ref is None else work.refs.moment_of(ref, environment)
    check_deployable(work, environment)
    record, event = _state(work, environment, position)
    vault = work.vault(environment)
    # A compromised value that is present was not rotated yet; refusing it would stop everything.
    secrets = tuple(
        vault.ciphertexts() if secrets_at is None else _earlier(work.log, vault, secrets_at)
    )
    return _ready(work, record, event, secrets, secrets_at, identities)


def state_of(
    work: UnitOfWork,
    environment: str,
    position: int,
    secrets: Sequence[tuple[str, int]],
    at: int,
    identities: Callable[[], Sequence[Identity]],
) -> DesiredState:
    """Return the state of a position with versions of secrets as they were deployed at another.

    `secrets`: key and version of each; `at`: where they were deployed. Raises `Refused` where one
    of them is compromised or purged.
    """
    record, event = _state(work, environment, position)
    vault = work.vault(environment)
    found = tuple(_of_today(vault, key, number) for key, number in secrets)
    return _ready(work, record, event, found, at, identities)


def _ready(
    work: UnitOfWork,
    record: Record,
    event: EnvironmentState,
    secrets: tuple[tuple[str, int, str], ...],
    secrets_at: int | None,
    identities: Callable[[], Sequence[Identity]],
) -> DesiredState:
    environment = event.environment
    vault = work.vault(environment)
    known = identities() if secrets else []
    return DesiredState(
        environment=environment,
        revision=event.revision,
        position=record.position,
        anchor=anchor(record, _newest(work.log, vault.id, secrets_at)),
        document=ConfigDocument(environment_file(environment), event.text),
        secrets=secrets,
        values={
            key: decrypt(
                ciphertext_of(work.log, key, digest),
                known,
                name=f"{key} of {environment}",
                environment=environment,
            )
            for key, _, digest in secrets
        },
    )


def check_deployable(work: UnitOfWork, environment: str) -> None:
    """Raise `TetraEsError` for an environment that no server can have."""
    work.organization().environment_named(environment)
    refuse_source(environment)
    if not work.environment(environment).revision:
        raise TetraEsError(
            f"{environment} has no state yet",
            hint=f"`tetra-es promote {environment}` generates it",
        )


def _newest(log: Replica, stream: str, upto: int | None) -> Record | None:
    for record in log.of_stream(stream, descending=True):
        if (upto is None or record.position <= upto) and log.void(record.position) is None:
            return record
    return None


def _state(
    work: UnitOfWork, environment: str, position: int | None
) -> tuple[Record, EnvironmentState]:
    stream = work.environment(environment).id
    for record, event in valid_events(work.log, work.log.of_stream(stream, descending=True)):
        if isinstance(event, EnvironmentState) and (
            position is None or record.position <= position
        ):
            check_not_purged(work.log, record.position, event)
            return record, event
    raise TetraEsError(
        f"{environment} had no state yet at #{position}",
        hint=f"`tetra-es history {environment}` lists its states",
    )


def _earlier(log: Replica, vault: Vault, position: int) -> Iterator[tuple[str, int, str]]:
    """Yield the secrets of a position, each as it is encrypted today."""
    for key, number, _ in vault_at(log, vault.id, position).ciphertexts():
        yield _of_today(vault, key, number)


def _of_today(vault: Vault, key: str, number: int) -> tuple[str, int, str]:
    """Return a version of a secret as it is encrypted now."""
    version = vault.version_of(key, number)
    if version.compromised or version.purged:
        what = "purged" if version.purged else "compromised"
        raise Refused(
            f"version {number} of {key} is {what}: it is not deployed again",
            hint="deploy a later state, or roll back, which leaves it out",
        )
    return key, number, version.digests[-1]

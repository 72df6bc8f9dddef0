"""What of an environment goes to a server: its TOML at some state, and the secrets with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tetra_es.crypto.age.backend import decrypt
from tetra_es.errors import Refused, TetraEsError
from tetra_es.events.config import EnvironmentState
from tetra_es.layout import environment_file
from tetra_es.toml.document import ConfigDocument
from tetra_es.usecases.secrets.ciphertexts import ciphertext_of, vault_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tetra_es.crypto.age.identity import Identity
    from tetra_es.events.secrets import Sealed
    from tetra_es.model.secrets import Vault
    from tetra_es.store.log import EventLog
    from tetra_es.store.record import Record
    from tetra_es.usecases.session import Session


@dataclass(frozen=True)
class Deployable:
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
    def sealed(self) -> list[Sealed]:
        """The secrets as events have them."""
        return [list(each) for each in self.secrets]


def deployable(
    session: Session,
    environment: str,
    position: int | None,
    secrets_at: int | None,
    identities: Callable[[], Sequence[Identity]],
) -> Deployable:
    """Return the state of the event at `position`, by default the present one.

    The secrets are those at `secrets_at`, by default the present ones. Raises `Refused` where one
    of them is compromised or purged, `TetraEsError` where there is no state yet. `identities` is
    asked when there are any.
    """
    session.organization().environment_named(environment)
    present = session.environment(environment)
    if present.is_source:
        raise Refused(
            f"{environment} is the source of truth: it runs where you work, not on a server",
            hint="promote it, and deploy what that generates, such as dev",
        )
    if not present.revision:
        raise TetraEsError(
            f"{environment} has no state yet",
            hint=f"`tetra-es promote {environment}` generates it",
        )
    record, event = _state(session, environment, position)
    vault = session.vault(environment)
    # What is compromised and still present was not rotated yet; refusing it would stop everything.
    secrets = tuple(vault.sealed() if secrets_at is None else _earlier(session, vault, secrets_at))
    known = identities() if secrets else []
    return Deployable(
        environment=environment,
        revision=event.revision,
        position=record.position,
        anchor=anchor(record, _newest(session.log, vault.id, secrets_at)),
        document=ConfigDocument(environment_file(environment), event.text),
        secrets=secrets,
        values={
            key: _value(session.log, environment, key, digest, known) for key, _, digest in secrets
        },
    )


def anchor(*records: Record | None) -> str:
    """Return position and hash of the newest of these events."""
    newest = max((each for each in records if each), key=lambda each: each.position)
    return f"#{newest.position} {newest.hash.hex()}"


def _newest(log: EventLog, stream: str, upto: int | None) -> Record | None:
    for record in log.of_stream(stream, descending=True):
        if upto is None or record.position <= upto:
            return record
    return None


def _state(
    session: Session, environment: str, position: int | None
) -> tuple[Record, EnvironmentState]:
    stream = session.environment(environment).id
    for record in session.log.of_stream(stream, descending=True):
        if isinstance(record.event, EnvironmentState) and (
            position is None or record.position <= position
        ):
            return record, record.event
    raise TetraEsError(
        f"{environment} had no state yet at #{position}",
        hint=f"`tetra-es history {environment}` lists its states",
    )


def _earlier(session: Session, vault: Vault, position: int) -> Iterator[tuple[str, int, str]]:
    """Yield the secrets of a position, each as it is encrypted today."""
    for key, number, _ in vault_at(session.log, vault.id, position).sealed():
        version = vault.version_of(key, number)
        if version.compromised or version.purged:
            what = "purged" if version.purged else "compromised"
            raise Refused(
                f"{key} of version {number} is {what}: it is not deployed again",
                hint="deploy a later state, or roll back, which leaves it out",
            )
        yield key, number, version.digests[-1]


def _value(
    log: EventLog, environment: str, key: str, digest: str, identities: Sequence[Identity]
) -> bytes:
    return decrypt(ciphertext_of(log, key, digest), identities, name=f"{key} of {environment}")

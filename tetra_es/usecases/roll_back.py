"""Give an environment an earlier state again, as a new event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.errors import Refused, TetraEsError
from tetra_es.events.config import EnvironmentState
from tetra_es.events.secrets import SecretsEvent
from tetra_es.usecases.restore_secrets import restore_secrets
from tetra_es.usecases.secrets import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tetra_es.crypto.age.identities import Identity
    from tetra_es.model.environment import Environment
    from tetra_es.store.record import Record
    from tetra_es.usecases.unit_of_work import Recorded, Session


@dataclass(frozen=True)
class Rollback:
    """What a rollback did."""

    environment: str
    from_revision: int
    to_revision: int
    to_position: int
    recorded: list[Recorded]
    """The environment's event, where its TOML changed, and that of its secrets, where they did."""
    resealed: list[str]
    """Keys whose values were encrypted anew, since the recipients have changed."""
    secrets: list[tuple[str, int | None, int | None]]
    """Key, version before and version now of each secret that is another one, or gone, now."""


def roll_back(
    session: Session,
    name: str,
    position: int | None,
    *,
    secrets_at: int | None = None,
    identities: Callable[[], Sequence[Identity]] | None = None,
) -> Rollback:
    """Give the environment the state of the event at `position`, TOML and secrets.

    An event of the environment's secrets stands for the state that it came to.
    Without a position, the state before the last change; see `Environment.revision_before`.
    The secrets are those at the position `secrets_at`, by default those of the last moment at
    which the target was the present state: what was set while it was running belongs to it.
    Without `identities`, which is asked only when something is to be encrypted anew, the secrets
    stay as they are. Raises `Refused` when there is no such state, it is another environment's,
    or the present one.
    """

    def command() -> Rollback:
        organization = session.organization()
        organization.environment_named(name)
        environment = session.environment(name)
        vault = session.vault(name)
        context = session.context(organization)
        target = (
            _before_last_change(session, environment)
            if position is None
            else _at(session, environment, position)
        )
        event = target.event
        if not isinstance(event, EnvironmentState):
            raise TypeError(event)
        before = environment.revision
        sealed: list[bytes] = []
        had = dict(vault.present)
        if identities is not None and event.environment == name and vault.version:
            moment = secrets_at or _last_moment(session, target)
            sealed = restore_secrets(session.log, vault, moment, identities, context)
        if event.digest != environment.digest or not vault.pending:
            environment.roll_back(event, target.position, context)
        saved = session.save(environment, vault, sealed=sealed)
        made = {digest_of(data) for data in sealed}
        resealed = [key for key, _, digest in vault.sealed() if digest in made]
        secrets = [
            (key, had.get(key), vault.present.get(key))
            for key in sorted({*had, *vault.present})
            if had.get(key) != vault.present.get(key)
        ]
        return Rollback(name, before, event.revision, target.position, saved, resealed, secrets)

    return session.run(command)


def _last_moment(session: Session, target: Record) -> int:
    """Return the last position at which the state of `target` was the present one."""
    for record in session.log.of_stream(target.stream, from_version=target.version + 1):
        if isinstance(record.event, EnvironmentState):
            return record.position - 1
    return session.log.last_position()


def _at(session: Session, environment: Environment, position: int) -> Record:
    record = session.log.record(position)
    if record is None:
        raise TetraEsError(
            f"there is no event #{position}",
            hint=f"the newest is #{session.log.last_position()}; "
            f"`tetra-es history {environment.name}` lists the states of {environment.name}",
        )
    if isinstance(record.event, EnvironmentState):
        return record
    state = _state_at(session, environment, position)
    event = record.event
    if state and isinstance(event, SecretsEvent) and event.environment == environment.name:
        return state  # the TOML that went with those secrets
    raise Refused(
        f"#{position} is no state of {environment.name} but {record.topic}",
        hint=f"{environment.name} had no state yet at #{position}"
        if state is None
        else f"at #{position} the state of {environment.name} was #{state.position}",
    )


def _state_at(session: Session, environment: Environment, position: int) -> Record | None:
    for record in session.log.of_stream(environment.id, descending=True):
        if record.position < position and isinstance(record.event, EnvironmentState):
            return record
    return None


def _before_last_change(session: Session, environment: Environment) -> Record:
    """Return the newest older state that differs from the present one."""
    wanted = environment.revision_before(environment.revision)
    for record in session.log.of_stream(environment.id, descending=True):
        event = record.event
        if not isinstance(event, EnvironmentState) or event.revision != wanted:
            continue
        if event.digest != environment.digest:
            return record
        wanted = environment.revision_before(wanted)
    raise Refused(
        f"{environment.name} has no earlier state to go back to",
        hint=f"`tetra-es history {environment.name}` lists its states; --to names one",
    )

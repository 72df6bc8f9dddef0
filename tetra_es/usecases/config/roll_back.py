"""Give an environment an earlier state again, as a new event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import ConfigError, Refused, TetraEsError
from tetra_es.events.config import EnvironmentState
from tetra_es.events.secrets import SecretsEvent, SecretsRestored
from tetra_es.layout import environment_file, is_edited
from tetra_es.log.replica import check_not_purged, valid_events
from tetra_es.refs import PositionRef, RevisionRef
from tetra_es.usecases.config.last_change import before_last_change, state_at
from tetra_es.usecases.secrets.ciphertexts import digest_of
from tetra_es.usecases.secrets.restore import restore_secrets
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Sequence

    from tetra_es.crypto.age.identity import Identity
    from tetra_es.log.record import Record
    from tetra_es.model.environment import Environment
    from tetra_es.model.secrets import Vault
    from tetra_es.refs import Ref
    from tetra_es.toml.document import ConfigDocument
    from tetra_es.usecases.config.last_change import Moment
    from tetra_es.usecases.unit_of_work import UnitOfWork

    State = tuple[Record, EnvironmentState]


class KeptOut(NamedTuple):
    """A version of a secret that did not come back, being compromised or purged."""

    key: str
    version: int
    present: bool
    """Whether the environment has it all the same, since it was never replaced."""


@dataclass(frozen=True)
class Rollback:
    """What a rollback did."""

    environment: str
    from_revision: int
    to_revision: int
    to_position: int
    re_encrypted: list[str]
    """Keys whose values were encrypted again, since the recipients have changed."""
    secrets: list[tuple[str, int | None, int | None]]
    """Key, version before and version now of each secret that is another one, or gone, now."""
    kept_out: list[KeptOut]
    undone: Moment | None
    """The last change, where it was of secrets alone and nothing else went back."""


@dataclass(frozen=True)
class RollBack(UseCase[Rollback]):
    """Give an environment the state that `ref` names, TOML and secrets.

    An event of the environment's secrets stands for the state that it came to. Without a REF, the
    state before the last change, of the TOML or of the secrets, and of the TOML alone where secrets
    stay. An environment that has only secrets yet can go back, too. The secrets are those of the
    last moment at which the target was the present state: what was set while it was running
    belongs to it. Without `identities`, which is asked only when something is to be encrypted
    again, the secrets stay as they are. Raises `Refused` when there is no such state, it is
    another environment's, the present one, or none that a server takes where it is to be deployed.
    """

    environment: str
    ref: Ref | None = None
    identities: Callable[[], Sequence[Identity]] | None = None
    force: bool = False
    deploys: bool = False
    """Whether what comes of it goes to servers at once, so that it has to be fit for them."""

    def depends_on(self) -> Container[str]:
        """Return the source of truth where that is what goes back, to record what it has now."""
        path = environment_file(self.environment)
        return (path,) if is_edited(path) and not self.force else ()

    def writes(self) -> Collection[str]:
        """Return the source of truth where that is what goes back."""
        path = environment_file(self.environment)
        return (path,) if is_edited(path) else ()

    def replaces(self) -> str | None:
        """Return the generated file."""
        path = environment_file(self.environment)
        return path if self.force or not is_edited(path) else None

    def decide(self, work: UnitOfWork) -> Rollback:
        """Decide what comes back."""
        name = self.environment
        work.organization().environment_named(name)
        environment, vault = work.environment(name), work.vault(name)
        context = work.context()
        ref, undone = self._ref(work, environment, vault)
        before, had = environment.revision, dict(vault.present)
        target = None if self._secrets_alone(environment, vault) else self._target(work, ref)
        ciphertexts: list[bytes] = []
        if self.identities is not None and vault.version:
            ciphertexts = self._restore(work, vault, ref, target)
        if target is None:
            revision, position = 0, work.refs.position_of(ref, name)
            if not vault.pending:
                raise Refused(f"{name} has the secrets of #{position} already")
        else:
            record, event = target
            revision, position = event.revision, record.position
            if event.digest != environment.digest or not vault.pending:
                environment.roll_back(event, record.position, context)
                if self.deploys:
                    check_for_servers(environment.document, f"{name}@{revision}", name)
        for data in ciphertexts:
            work.add_body(data)
        made = {digest_of(data) for data in ciphertexts}
        return Rollback(
            name,
            before,
            revision,
            position,
            [key for key, _, digest in vault.ciphertexts() if digest in made],
            _version_changes(had, vault.present),
            _kept_out(vault),
            undone if target is None or not environment.pending else None,
        )

    def _secrets_alone(self, environment: Environment, vault: Vault) -> bool:
        has_secrets = self.identities is not None and bool(vault.versions)
        return not environment.revision and has_secrets

    def _ref(
        self, work: UnitOfWork, environment: Environment, vault: Vault
    ) -> tuple[Ref, Moment | None]:
        """Return what to go back to, and the change of secrets that this undoes, if it is one."""
        if self.ref is not None:
            return self.ref, None
        if self.identities is None or not vault.versions:
            _, state = _before_last_change(work, environment)
            return RevisionRef(environment.name, state.revision), None
        found = before_last_change(work, environment, vault)
        if found is None or (
            environment.revision and state_at(work, environment, found[0]) is None
        ):
            raise _no_earlier(environment)
        position, change = found
        return PositionRef(position), change if change and change.of_secrets else None

    def _restore(
        self, work: UnitOfWork, vault: Vault, ref: Ref, target: State | None
    ) -> list[bytes]:
        """Decide on the secrets that come back; return the age files made for that."""
        if self.identities is None or (target and target[1].environment != self.environment):
            return []
        moment = work.refs.moment_of(ref, self.environment)
        return restore_secrets(work.log, vault, moment, self.identities, work.context())

    def _target(self, work: UnitOfWork, ref: Ref) -> State:
        position = work.refs.position_of(ref, self.environment)
        record, state = state_named(work, work.environment(self.environment), position)
        check_not_purged(work.log, record.position, state)
        return record, state


def check_for_servers(document: ConfigDocument, what: str, environment: str) -> None:
    """Raise `Refused` for a text that no server takes, and for the source of truth."""
    from tetra_es.usecases.for_servers import server_settings  # few go there at once

    try:
        server_settings(environment, document)
    except ConfigError as error:
        raise Refused(
            f"{what} cannot be deployed: {error.message}",
            hint=f"nothing was recorded; without --deploy, {environment} goes back and its servers "
            "do not",
        ) from error


def _version_changes(
    before: dict[str, int], after: dict[str, int]
) -> list[tuple[str, int | None, int | None]]:
    return [
        (key, before.get(key), after.get(key))
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    ]


def _kept_out(vault: Vault) -> list[KeptOut]:
    return [
        KeptOut(str(key), int(number or 0), vault.present.get(str(key)) == number)
        for event in vault.pending
        if isinstance(event, SecretsRestored)
        for key, number, _ in event.kept_out
    ]


def state_named(work: UnitOfWork, environment: Environment, position: int) -> State:
    """Return the state of an environment that a position stands for. Raises `Refused`."""
    record = work.log.record(position)
    if record is None:
        raise TetraEsError(
            f"there is no event #{position}",
            hint=f"the newest is #{work.log.last_position()}; "
            f"`tetra-es history {environment.name}` lists the states of {environment.name}",
        )
    if reason := work.log.void(position):
        raise Refused(
            f"#{position} is void ({reason}): it changed nothing",
            hint=f"`tetra-es history {environment.name}` lists the states of {environment.name}",
        )
    event = work.log.event(record)
    if isinstance(event, EnvironmentState):
        return record, event
    state = state_at(work, environment, position - 1)
    if state and isinstance(event, SecretsEvent) and event.environment == environment.name:
        return state  # the TOML that went with those secrets
    raise Refused(
        f"#{position} is not a state of {environment.name} "
        f"(it is {'an' if record.topic[0] in 'aeiou' else 'a'} {record.topic} event)",
        hint=f"{environment.name} had no state yet at #{position}"
        if state is None
        else f"at #{position} the state of {environment.name} was #{state[0].position}",
    )


def _before_last_change(work: UnitOfWork, environment: Environment) -> State:
    """Return the newest older state that differs from the present one."""
    wanted = environment.revision_before(environment.revision)
    records = work.log.of_stream(environment.id, descending=True)
    for record, event in valid_events(work.log, records):
        if not isinstance(event, EnvironmentState) or event.revision != wanted:
            continue
        if event.digest != environment.digest:
            return record, event
        wanted = environment.revision_before(wanted)
    raise _no_earlier(environment)


def _no_earlier(environment: Environment) -> Refused:
    return Refused(
        f"{environment.name} has no earlier state to go back to",
        hint=f"`tetra-es history {environment.name}` lists its states; --to names one",
    )

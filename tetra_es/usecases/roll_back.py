"""Give an environment an earlier state again, as a new event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.domain.events import EnvironmentState
from tetra_es.errors import Refused, TetraEsError

if TYPE_CHECKING:
    from tetra_es.domain.environment import Environment
    from tetra_es.store.record import Record
    from tetra_es.usecases.session import Recorded, Session


@dataclass(frozen=True)
class Rollback:
    """What a rollback did."""

    environment: str
    from_revision: int
    to_revision: int
    to_position: int
    recorded: Recorded


def roll_back(session: Session, name: str, position: int | None) -> Rollback:
    """Give the environment the state of the event at `position`.

    Without a position, the state before the last change; see `Environment.revision_before`.
    Raises `Refused` when there is no such state, it is another environment's, or the present one.
    """

    def command() -> Rollback:
        organization = session.organization()
        organization.environment_named(name)
        environment = session.environment(name)
        target = (
            _before_last_change(session, environment)
            if position is None
            else _at(session, environment, position)
        )
        event = target.event
        if not isinstance(event, EnvironmentState):
            raise TypeError(event)
        before = environment.revision
        environment.roll_back(event, target.position, session.context(organization))
        saved = session.save(environment)
        return Rollback(name, before, event.revision, target.position, saved[0])

    return session.run(command)


def _at(session: Session, environment: Environment, position: int) -> Record:
    record = session.log.record(position)
    if record is None:
        raise TetraEsError(
            f"there is no event #{position}",
            hint=f"the newest is #{session.log.last_position()}; "
            f"`tetra-es history {environment.name}` lists the states of {environment.name}",
        )
    if not isinstance(record.event, EnvironmentState):
        raise Refused(
            f"#{position} is no state of {environment.name} but {record.topic}",
            hint=_nearest(session, environment, position),
        )
    return record


def _nearest(session: Session, environment: Environment, position: int) -> str:
    for record in session.log.of_stream(environment.id, descending=True):
        if record.position < position and isinstance(record.event, EnvironmentState):
            revision = f"{environment.name}@{record.event.revision}"
            return (
                f"at #{position} the state of {environment.name} was {revision}, #{record.position}"
            )
    return f"{environment.name} had no state yet at #{position}"


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

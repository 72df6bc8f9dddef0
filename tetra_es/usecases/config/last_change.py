"""The moment before the last change of an environment, of its TOML or of its secrets.

A rollback does not count as one: it goes back to an earlier moment, and the next one undoes what
was changed before that moment. So a second rollback goes on to the moment before, and so on.
"""

from __future__ import annotations

from heapq import merge
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.events.config import EnvironmentRolledBack, EnvironmentState
from tetra_es.events.secrets import SecretRemoved, SecretSet, SecretsRestored
from tetra_es.events.told import batch_in
from tetra_es.model.secrets import secrets_stream
from tetra_es.refs import RevisionRef
from tetra_es.usecases.secrets.ciphertexts import vault_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.log.record import Record
    from tetra_es.model.environment import Environment
    from tetra_es.model.secrets import Vault
    from tetra_es.usecases.unit_of_work import UnitOfWork

_SECRETS = (SecretSet.TOPIC, SecretRemoved.TOPIC, SecretsRestored.TOPIC)


class Moment(NamedTuple):
    """A batch that changed an environment."""

    first: int
    """Position of its first event."""
    last: int
    of_secrets: bool
    """Whether it changed secrets alone, at least at its end."""


def before_last_change(
    work: UnitOfWork, environment: Environment, vault: Vault
) -> tuple[int, Moment | None] | None:
    """Return the position whose state the environment had before the last change, and that change.

    The change is None where it is not recorded yet. None where there is nothing to go back to.
    """
    changes = _changes(work, environment.name)
    now = _moment(work, changes, environment.name, work.log.last_position())
    if environment.pending:
        return (now.last, None) if now else None
    change = now
    while now is not None:
        now = _moment(work, changes, environment.name, now.first - 1)
        if now is not None and _differs(work, environment, vault, now.last):
            return now.last, change
    return None


def _changes(work: UnitOfWork, name: str) -> Iterator[Record]:
    """Yield what changed an environment, or took a change back, the newest first."""
    streams = (f"env:{name}", secrets_stream(name))
    records = (work.log.of_stream(stream, descending=True) for stream in streams)
    for record in merge(*records, key=lambda record: record.position, reverse=True):
        counts = record.topic in _SECRETS or not record.stream.startswith("secrets:")
        if counts and not work.log.void(record.position):
            yield record


def _moment(work: UnitOfWork, changes: Iterator[Record], name: str, position: int) -> Moment | None:
    """Return the change that made what the environment had at a position."""
    for record in changes:
        if record.position > position:
            continue
        event = work.log.event(record)
        if isinstance(event, SecretsRestored):
            position = event.to_position
        elif isinstance(event, EnvironmentRolledBack) and event.paths is None:
            position = work.refs.moment_of(RevisionRef(name, event.to_revision), name)
        else:
            number, _ = batch_in(event.metadata)
            of_secrets = not isinstance(event, EnvironmentState)
            return Moment(record.position - number + 1, record.position, of_secrets)
    return None


def _differs(work: UnitOfWork, environment: Environment, vault: Vault, position: int) -> bool:
    """Return whether the environment had something else after an event than it has now."""
    if vault_at(work.log, vault.id, position).present != vault.present:
        return True
    state = state_at(work, environment, position)
    return state is not None and state[1].digest != environment.digest


def state_at(
    work: UnitOfWork, environment: Environment, position: int
) -> tuple[Record, EnvironmentState] | None:
    """Return the TOML that an environment had after the event at a position, None for none."""
    for record in work.log.of_stream(environment.id, descending=True):
        if record.position <= position and not work.log.void(record.position):
            event = work.log.event(record)
            if isinstance(event, EnvironmentState):
                return record, event
    return None

"""Deciding the events of a tail again, batch by batch, on what the new line has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.errors import IntegrityFailure, Refused, TetraEsError
from tetra_es.events.base import OfEnvironment, OfRevision
from tetra_es.events.secrets import SecretSet
from tetra_es.log.replica import valid_events
from tetra_es.usecases.rerecord import configuration, hosts, people, secrets
from tetra_es.usecases.rerecord.fields import file_of
from tetra_es.usecases.rerecord.left import Left
from tetra_es.usecases.rerecord.places import Lost
from tetra_es.usecases.unit_of_work import Again

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tetra_es.events.base import Event
    from tetra_es.usecases.recorded import Recorded
    from tetra_es.usecases.rerecord.deciding import Deciding
    from tetra_es.usecases.rerecord.tail import Past, PastBatch, Tail
    from tetra_es.usecases.unit_of_work import UnitOfWork

    Decided = list[tuple[Past, list[Event]]]
    Run = Callable[[Callable[[UnitOfWork], Decided]], "Ran"]
    Handler = Callable[[Deciding, Past], None]

HANDLERS: Final[Mapping[str, Handler]] = {
    **configuration.HANDLERS,
    **people.HANDLERS,
    **secrets.HANDLERS,
    **hosts.HANDLERS,
}
"""Topic to what decides an event of it again; the others are not."""


NOT_AGAIN: Final[Mapping[str, str]] = {
    "environment.created": "the source of truth is there already",
    "environment.imported": "what was imported keeps its time: import it again",
    "log.moved": "where the log goes on is said there: share it again",
}
"""Topic to why an event of it is not recorded again."""

_APPROVALS: Final = "approvals and the like are of another state: give them again"


class Outcome(NamedTuple):
    """What became of a batch."""

    batch: PastBatch
    recorded: tuple[int, ...] = ()
    """Positions of its events now; none where all that it did is there already."""
    left: str = ""
    """Why it was not recorded again; empty where it was."""
    earlier: bool = False
    """Whether it was recorded again before this command."""


def decide(how: Deciding, batch: PastBatch, work: UnitOfWork) -> Decided:
    """Decide a batch; return what each of its events came to.

    Raises `Left`, `Lost` or `TetraEsError` where one of them cannot be decided again.
    """
    how.work, how.batch = work, batch
    done = []
    try:
        for past in batch.events:
            handler = HANDLERS.get(past.record.topic)
            if handler is None:
                raise Left(NOT_AGAIN.get(past.record.topic, _APPROVALS))
            before = {id(event) for event in work.pending}
            work.again = Again(past.event.metadata.get("reason", ""), _origin(past))
            try:
                handler(how, past)
            except IntegrityFailure:
                raise
            except TetraEsError as error:
                raise Left(f"{error.message}") from error
            made = [event for event in work.pending if id(event) not in before]
            _note(how, past, made)
            done.append((past, made))
    finally:
        work.again = None
    return done


def rerecord(
    tail: Tail,
    how: Deciding,
    run: Run,
    known: Mapping[str, tuple[int, Event]],
) -> list[Outcome]:
    """Decide the batches of a tail again, and record each as one; return what became of them.

    `run` has something decided and recorded. `known` are events that were recorded again before,
    by the hash of what they were. Other signers' events are left to them.
    """
    found = []
    for batch in tail.read():
        again = [(past, known.get(past.record.hash.hex())) for past in batch.events]
        if any(event for _, event in again):
            for past, event in again:
                if event is not None:
                    tail.places.moved(past.record.position, event[0])
                    _note(how, past, [event[1]])
            positions = tuple(event[0] for _, event in again if event is not None)
            found.append(Outcome(batch, positions, earlier=True))
            continue
        if not batch.is_own:
            found.append(Outcome(batch, left=f"{batch.actor} recorded it, and does that again"))
            continue
        found.append(_recorded_again(batch, how, run))
    return found


class Ran(NamedTuple):
    """What was decided and recorded."""

    done: Decided
    recorded: list[Recorded]


def _recorded_again(
    batch: PastBatch,
    how: Deciding,
    run: Run,
) -> Outcome:
    try:
        ran = run(lambda work: decide(how, batch, work))
    except (Left, Lost) as error:
        return Outcome(batch, left=str(error))
    except Refused as error:  # by the gate
        return Outcome(batch, left=error.message)
    positions = {id(one.event): one.position for one in ran.recorded}
    for past, made in ran.done:
        for event in made[:1]:
            if position := positions.get(id(event)):
                how.tail.places.moved(past.record.position, position)
    return Outcome(batch, tuple(one.position for one in ran.recorded if one.position))


def again_before(work: UnitOfWork, fork: int) -> dict[str, tuple[int, Event]]:
    """Return the events after a fork that were recorded again, by the hash of what they were."""
    return {
        event.metadata["rerecorded_from"]["hash"]: (record.position, event)
        for record, event in valid_events(work.log, work.log.records(fork))
        if "rerecorded_from" in event.metadata
    }


def _origin(past: Past) -> dict[str, object]:
    record = past.record
    return {
        "position": record.position,
        "hash": record.hash.hex(),
        "timestamp": past.event.timestamp,
    }


def _note(how: Deciding, past: Past, made: Sequence[Event]) -> None:
    """Note where on the new line is what an event of the old one made."""
    places, old = how.tail.places, past.event
    for new in made:
        if isinstance(old, OfRevision) and isinstance(new, OfRevision):
            of = old.environment if isinstance(old, OfEnvironment) else ""
            if type(old) is type(new) and not old.TOPIC.startswith("deployment."):
                places.revised(file_of(old.TOPIC, of), old.revision, new.revision)
        if isinstance(old, SecretSet) and isinstance(new, SecretSet):
            pair = (old.version, old.digest), (new.version, new.digest)
            places.set_again(old.environment, old.key, *pair)

"""Destroy a value that got into TOML: every body that holds it, in store and mirror, for good."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import Refused, UsageError
from tetra_es.events.deployments import DeploymentStarted
from tetra_es.events.form.check import FIRST_EDITION
from tetra_es.log.naming import rules_and_state
from tetra_es.log.purged import named_bodies
from tetra_es.log.replica import events_in
from tetra_es.usecases.purging.holders import check_not_present
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es.log.purged import NamedBodies
    from tetra_es.usecases.purging.needle import Needle
    from tetra_es.usecases.unit_of_work import UnitOfWork

_SHOWN = 5


class Found(NamedTuple):
    """Where a value is in the history."""

    digests: frozenset[bytes]
    """Of the bodies that hold it: they can be destroyed."""
    bodies: tuple[NamedBodies, ...]
    """The events that name them, and as what."""
    old: tuple[int, ...]
    """Events of the first edition that hold it themselves: they cannot be."""
    said: tuple[int, ...]
    """Later events that say it, as in a reason: nor can these."""
    hosts: tuple[str, ...]
    """Hosts that a text of it was deployed to."""

    @property
    def is_composed(self) -> bool:
        """Whether only generated texts have it: a placeholder or an addition made it whole."""
        edited = any(named.is_edited for named in self.bodies)
        return bool(self.bodies) and not self.old and not edited


@dataclass(frozen=True)
class PurgeValue(UseCase[Found]):
    """Destroy the bodies that hold a value, and record why.

    Raises `UsageError` without a reason, and `Refused` where a present text has the value, where it
    is in nothing that can be destroyed, and where other bodies hold it than were `agreed` to.
    """

    needle: Needle = field(repr=False)
    agreed: Found | None = None

    def decide(self, work: UnitOfWork) -> Found:
        """Decide it."""
        found = find(work, self.needle)
        # Others may have purged some of it meanwhile.
        if self.agreed is not None and not found.digests <= self.agreed.digests:
            raise Refused(
                "somebody recorded the value again meanwhile", hint="look at what it is in now"
            )
        if not found.digests:
            return found
        digests = sorted(found.digests)
        work.organization().purge_bodies(
            [digest.hex() for digest in digests], work.context(), work.readers(digests)
        )
        for digest in digests:
            work.destroy_body(digest)
        return found


def find(work: UnitOfWork, needle: Needle) -> Found:
    """Return where a value is. Raises as `PurgeValue` does."""
    check_reason(work.intent.reason)
    check_allowed(work)
    if needle.is_in(work.intent.reason):
        raise UsageError(
            "the reason has the value itself, and stays for ever", hint="say it without, with -m"
        )
    check_not_present(work, needle)
    digests = frozenset(
        digest
        for digest, body in work.log.bodies()
        if body is not None and needle.is_in_bytes(body)
    )
    bodies = tuple(named_bodies(work.log.records(), digests)) if digests else ()
    telling = dict(_telling(work, needle))
    old = tuple(position for position, is_old in telling.items() if is_old)
    said = tuple(position for position, is_old in telling.items() if not is_old)
    if telling and not digests:
        raise Refused(
            f"only events themselves have the value, which nothing can destroy: "
            f"{listed((*old, *said))}",
            hint="treat it as known: replace it wherever it is used",
        )
    return Found(digests, bodies, old, said, _hosts(work, bodies))


def listed(positions: tuple[int, ...]) -> str:
    """Return positions as people read them, not more than a few."""
    shown = ", ".join(f"#{position}" for position in positions[:_SHOWN])
    more = len(positions) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def check_reason(reason: str) -> None:
    """Raise `UsageError` where no reason is given."""
    if not reason.strip():
        raise UsageError("purging needs a reason", hint="say why with -m")


def check_allowed(work: UnitOfWork) -> None:
    """Raise `Refused` where we may not purge: the gate says so after people were asked."""
    actor = work.context().actor
    if actor in work.organization().limits:
        raise Refused(f"{actor} may not purge: only signers without limits may")


def _hosts(work: UnitOfWork, bodies: Sequence[NamedBodies]) -> tuple[str, ...]:
    """Return the hosts that one of the texts was deployed to, whatever runs there now."""
    texts = {named.name for named in bodies if "text" in named.kinds}
    records = work.log.of_topics((DeploymentStarted.TOPIC,), work.log.last_position())
    return tuple(
        sorted(
            {
                event.host
                for event in events_in(work.log, records)
                if isinstance(event, DeploymentStarted)
                and f"{event.environment}@{event.revision}" in texts
            }
        )
    )


def _telling(work: UnitOfWork, needle: Needle) -> Iterator[tuple[int, bool]]:
    """Yield the events that have the value in themselves, and whether they are old ones."""
    for record in work.log.records():
        if needle.is_in_bytes(record.state):
            yield record.position, rules_and_state(record)[0] == FIRST_EDITION

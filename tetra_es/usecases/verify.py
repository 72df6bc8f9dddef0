"""Prove store, signatures, files, views and mirror against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import RESTORE_HINT, IntegrityFailure
from tetra_es.events.secrets import BodiesPurged, SecretPurged
from tetra_es.integrity.store import verify_store
from tetra_es.log.purged import named_bodies
from tetra_es.log.replica import valid_events

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from tetra_es.log.replica import Replica
    from tetra_es.usecases.ports import ComparedProjections, Report

REBUILD_HINT = (
    "the store itself is sound: `tetra-es rebuild --force` builds the rest again; it keeps "
    "files changed by hand as copies"
)


class Purge(NamedTuple):
    """Who destroyed what, when and why: the one thing that is not there.

    It was the age files of a version of a secret, or else `bodies`.
    """

    event: int
    """Position."""
    environment: str | None
    key: str | None
    version: int | None
    actor: str
    time: str
    reason: str
    bodies: Sequence[str] = ()
    """What each event had of it, such as `dev@3 (#12): text, changes`."""


class Verification(NamedTuple):
    """What was verified, and the findings."""

    findings: Sequence[str]
    """A sentence each, the first bad event first; none where everything agrees."""
    hint: str = ""
    """What to do about the findings."""
    events: int = 0
    last: int = 0
    """Position of the newest event."""
    head: str = ""
    """Hash of the last event that was checked, hexadecimal."""
    purges: Sequence[Purge] = ()
    void: Sequence[tuple[int, str]] = ()
    """Position and reason of the events that changed nothing."""
    found: Sequence[str] = ()
    """The branches of the mirror that keep what people committed in it."""


def verify(
    opened: AbstractContextManager[ComparedProjections], report: Report | None = None
) -> Verification:
    """Verify an organization, which `opened` opens. Writes nothing.

    A store that is refused on opening is a finding like others.
    """
    try:
        with opened as projections:
            return _verified(projections, report)
    except IntegrityFailure as error:
        return Verification([error.message], error.hint or RESTORE_HINT)


def _verified(projections: ComparedProjections, report: Report | None) -> Verification:
    log = projections.log
    last = log.last_position()
    step = (lambda done: report("verify", done, last)) if report else None
    proof = verify_store(log, step)
    # Against a store that is not what it was, the rest could only mislead.
    findings = proof.findings or projections.differences(report)
    lost = proof.findings or projections.lost_events()
    return Verification(
        findings,
        RESTORE_HINT if lost else REBUILD_HINT,
        proof.events,
        last,
        proof.head.hex(),
        [] if findings else list(_purges(log)),
        proof.void,
        projections.kept_for_people(),
    )


def _purges(log: Replica) -> Iterator[Purge]:
    purges = log.of_topics((SecretPurged.TOPIC, BodiesPurged.TOPIC), log.last_position())
    for record, event in valid_events(log, purges):
        why = (event.metadata["actor"], event.timestamp, event.metadata["reason"])
        if isinstance(event, SecretPurged):
            yield Purge(record.position, event.environment, event.key, event.version, *why)
        elif isinstance(event, BodiesPurged):
            digests = set(map(bytes.fromhex, event.digests))
            named = named_bodies(log.records(upto=record.position), digests)
            yield Purge(record.position, None, None, None, *why, list(map(str, named)))

"""Prove store, signatures, files, views and mirror against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from tetra_es.errors import RESTORE_HINT, IntegrityFailure, TetraEsError
from tetra_es.events.secrets import BodiesPurged, SecretPurged
from tetra_es.integrity.checkpoint import Checkpoint
from tetra_es.integrity.extension import compare_checkpoint, compare_copy, compare_place
from tetra_es.integrity.store import verify_store
from tetra_es.layout import OrgLayout
from tetra_es.log.chain import Head
from tetra_es.log.purged import named_bodies
from tetra_es.log.replica import valid_events
from tetra_es.refs import PositionRef
from tetra_es.store.older import with_purged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from tetra_es.integrity.extension import Extension
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica
    from tetra_es.refs import Ref
    from tetra_es.store.older import OlderCopy
    from tetra_es.usecases.ports import ComparedProjections, OtherCopy, Report

REBUILD_HINT = (
    "the store itself is sound: `tetra-es rebuild --force` builds the rest again; it keeps "
    "files changed by hand as copies"
)

_ANOTHER = "keep both copies, and compare with another one"


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
    destroyed: int = 0
    """How many bodies that were: texts, lists of changes, age files."""


class Scope(NamedTuple):
    """How much is verified, and which copy the history is compared with."""

    since: Ref | None = None
    """The first event that is verified; the ones before were admitted on this account."""
    derived: bool = True
    """Whether files, views and mirror are compared with the events."""
    against: OtherCopy | tuple[int, bytes] | Checkpoint | None = None
    """Another copy of the history, position and hash of an event that it had, or a checkpoint."""
    place: str = ""
    """Where that copy is, as it may be printed."""


class Compared(NamedTuple):
    """How the history stands to another copy of it."""

    place: str
    relation: Literal["same", "extends", "behind", "fork", "unsound"]
    """Of the history here: it has the same events, more of them, fewer, others; or the copy is not
    sound."""
    events: int
    """Position of the last event that both have, as far as that is known."""
    more: int
    """Events that are here and not there; there and not here where the history is behind."""


class Verification(NamedTuple):
    """What was verified, and the findings."""

    findings: Sequence[str]
    """A sentence each, the first bad event first; none where everything agrees."""
    hint: str = ""
    """What to do about the findings."""
    events: int = 0
    """How many were verified."""
    last: int = 0
    """Position of the newest event."""
    head: str = ""
    """Hash of the last event that was checked, hexadecimal."""
    purges: Sequence[Purge] = ()
    void: Sequence[tuple[int, str]] = ()
    """Position and reason of the events that changed nothing."""
    found: Sequence[str] = ()
    """The branches of the mirror that keep what people committed in it."""
    since: int = 1
    """The first event that was verified; the ones before are as they were admitted here."""
    derived: bool = True
    """Whether files, views and mirror were compared."""
    behind: int | None = None
    """The newest event that all of these have, None where that is the newest one."""
    against: Compared | None = None
    copies: Sequence[OlderCopy] = ()
    """Older copies of the store beside it that still have what was purged."""


def verify(
    opened: AbstractContextManager[ComparedProjections],
    report: Report | None = None,
    scope: Scope | None = None,
) -> Verification:
    """Verify an organization, which `opened` opens. Writes nothing.

    A store that is refused on opening is a finding like others. Raises `Refused` where what is
    before the first event was never admitted here, and what finding that event raises.
    """
    try:
        with opened as projections:
            return _Verifying(projections, report, scope or Scope()).verification()
    except IntegrityFailure as error:
        return Verification([error.message], error.hint or RESTORE_HINT)


class _Verifying:
    """One verification: the store first, since the rest is compared with it."""

    def __init__(
        self, projections: ComparedProjections, report: Report | None, scope: Scope
    ) -> None:
        self._projections, self._report, self._scope = projections, report, scope
        self._log = projections.log
        self._findings: list[str] = []
        self._hint = ""

    def verification(self) -> Verification:
        scope, projections = self._scope, self._projections
        since = self._first_event()
        last = self._log.last_position()
        report = self._report
        step = (lambda done: report("verify", done, last)) if report else None
        proof = verify_store(self._log, step, since=since)
        self._find(proof.findings, proof.hint or RESTORE_HINT)
        compared = behind = None
        # Against a store that is not what it was, the rest could only mislead.
        if not proof.findings:
            compared = self._against()
            if scope.derived:
                found = projections.differences(report)
                behind = found.behind
                self._find(
                    found.findings, RESTORE_HINT if projections.lost_events() else REBUILD_HINT
                )
        return Verification(
            self._findings,
            self._hint,
            proof.events,
            last,
            proof.head.hex(),
            [] if self._findings else list(_purges(self._log)),
            proof.void,
            projections.kept_for_people() if scope.derived else (),
            since,
            scope.derived,
            behind,
            compared,
            [] if proof.findings else self._copies(),
        )

    def _copies(self) -> list[OlderCopy]:
        digests = {
            bytes.fromhex(digest)
            for _, event in valid_events(self._log, _purge_records(self._log))
            if isinstance(event, SecretPurged | BodiesPurged)
            for digest in event.digests
        }
        return list(with_purged(OrgLayout(self._log.path.parent.parent), digests))

    def _find(self, findings: Sequence[str], hint: str) -> None:
        new = [finding for finding in findings if finding not in self._findings]
        if new and not self._findings:
            self._hint = hint
        self._findings += new

    def _first_event(self) -> int:
        ref = self._scope.since
        if ref is None:
            return 1
        if isinstance(ref, PositionRef) and not ref.maybe_hash:
            first, last = ref.position, self._log.last_position()
            if not 1 <= first <= last:
                raise TetraEsError(
                    f"there is no event #{first}", hint=f"the events are #1 to #{last}"
                )
            return first
        return self._projections.refs.position_of(ref)

    def _against(self) -> Compared | None:
        other, place = self._scope.against, self._scope.place
        if other is None:
            return None
        wrong = ""
        try:
            if isinstance(other, Checkpoint):
                found, wrong = compare_checkpoint(self._log, other)
            elif isinstance(other, tuple):
                found = compare_place(self._log, Head(*other))
            else:
                found = compare_copy(self._log, other)
        except IntegrityFailure as error:
            self._find([f"the copy is not sound: {error.message}"], _ANOTHER)
            return Compared(place, "unsound", 0, 0)
        if wrong:
            self._find([wrong], _ANOTHER)
        else:
            self._find(*_said(found, self._log.last_position()))
        relation: Literal["same", "extends", "behind", "fork", "unsound"] = "same"
        if found.fork:
            relation = "fork"
        elif found.refused:
            relation = "unsound"
        elif found.more:
            relation = "extends" if found.more > 0 else "behind"
        shared = min(found.head.position, self._log.last_position())
        return Compared(place, relation, shared, abs(found.more))


def _said(found: Extension, last: int) -> tuple[list[str], str]:
    """Return what is wrong with how the history stands to a copy, and what to do about it.

    The copy is not named: errors do not repeat long arguments.
    """
    if found.fork and found.here:
        what = (
            f"event #{found.fork.position} is another one in the copy: the histories fork there "
            f"(here {found.here}, there {found.fork})"
        )
        return [what], "keep both copies: one of them was changed"
    if found.refused:
        return [f"the copy is not sound: {found.refused}"], _ANOTHER
    if found.more < 0:
        events = "1 event" if found.more == -1 else f"{-found.more} events"
        what = f"the history here ends at #{last}; the copy goes on to #{found.head.position}"
        return [f"{what}, {events} more"], RESTORE_HINT
    return [], ""


def _purge_records(log: Replica) -> list[Record]:
    return log.of_topics((SecretPurged.TOPIC, BodiesPurged.TOPIC), log.last_position())


def _purges(log: Replica) -> Iterator[Purge]:
    for record, event in valid_events(log, _purge_records(log)):
        why = (event.metadata["actor"], event.timestamp, event.metadata["reason"])
        if isinstance(event, SecretPurged):
            what = (event.environment, event.key, event.version)
            yield Purge(record.position, *what, *why, destroyed=len(event.digests))
        elif isinstance(event, BodiesPurged):
            digests = set(map(bytes.fromhex, event.digests))
            named = named_bodies(log.records(upto=record.position), digests)
            bodies = list(map(str, named))
            yield Purge(record.position, None, None, None, *why, bodies, len(digests))

"""Throw everything derived away and build it again from the events."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import RESTORE_HINT, IntegrityFailure
from tetra_es.gate.pins.standing import Behind
from tetra_es.gate.replica import AdmittedReplica
from tetra_es.layout import is_edited

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.errors import TetraEsError
    from tetra_es.usecases.ports import RebuiltProjections, Report


class Rebuilding(NamedTuple):
    """What came of rebuilding."""

    events: int
    """How many everything was built from."""
    kept: Sequence[str]
    """Where generated files are now that were changed by hand."""
    unknown: Sequence[str]
    """Where files are now that no event made, and that were where only generated ones belong."""
    unrecorded: Sequence[str]
    """Edited files with changes that are not recorded, which they keep."""
    unreadable: Sequence[TetraEsError]
    """Why files cannot be read: something else is in their place, which stays."""


def rebuild(
    projections: RebuiltProjections, *, force: bool, report: Report | None = None
) -> Rebuilding:
    """Build everything again.

    Raises `Refused` where a generated file was changed by hand, unless `force` backs it up,
    `IntegrityFailure` where the store has lost events that the rest still has, `Behind` where it
    ends before an event that was admitted on this account.
    """
    _check_complete(projections)
    kept = projections.rebuild(force=force, report=report)
    unknown = projections.set_unknown_aside()
    changed = projections.files.changed()
    unrecorded = [one.path for one in changed if is_edited(one.path) and not one.problem]
    unreadable = [one.problem for one in changed if one.problem]
    return Rebuilding(projections.log.last_position(), kept, unknown, unrecorded, unreadable)


class Comparison(NamedTuple):
    """What a rebuild would find."""

    findings: Sequence[str]
    """How what is derived differs from the events, a sentence each."""
    behind: int | None
    """The newest event that all of it has, None where that is the newest one."""
    cut: str | None
    """That the events end before one that was admitted on this account, None where they do not."""


def compare(projections: RebuiltProjections, report: Report | None = None) -> Comparison:
    """Compare everything derived with the events; write nothing."""
    cut = None
    if isinstance(projections.log, AdmittedReplica):
        try:
            projections.log.opened.check_complete()
        except Behind as error:
            cut = error.message
    found = projections.differences(report)
    return Comparison(found.findings, found.behind, cut)


def _check_complete(projections: RebuiltProjections) -> None:
    if not isinstance(projections.log, AdmittedReplica):
        return
    try:
        projections.log.opened.check_complete()
    except Behind:
        if lost := projections.lost_events():  # then what is missing can be taken from there
            raise IntegrityFailure(lost, hint=RESTORE_HINT) from None
        raise

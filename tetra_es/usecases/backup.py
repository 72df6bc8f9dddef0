"""A copy of all that was recorded, in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import Refused, TetraEsError, Unfounded
from tetra_es.gate.pins.places import StateFolder
from tetra_es.gate.pins.standing import Behind, Standing, organization_of, standing
from tetra_es.log.sqlite.backup import copy
from tetra_es.log.sqlite.reader import SqliteLog
from tetra_es.store.copies import open_stored

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.layout import OrgLayout
    from tetra_es.log.chain import Head
    from tetra_es.store.copies import Stored
    from tetra_es.usecases.ports import Report


class BackedUp(NamedTuple):
    """What a backup has."""

    file: Path
    head: Head
    """Its newest event."""
    warning: TetraEsError | None = None
    """How what was copied differs from what was admitted on this account."""


def back_up(
    layout: OrgLayout,
    file: Path,
    report: Report | None = None,
    *,
    state_dir: Path | None = None,
) -> BackedUp:
    """Copy the store to `file`, which must not exist, while others may be recording.

    Edits that are not recorded are not in it. Files, views and mirror are made of the events.
    With the state folder, it is compared with what was admitted: what differs is copied as well,
    since it may be all there is. Raises `Unfounded` where there are no events, `Refused`,
    `TetraEsError`.
    """
    target = file.absolute()
    if target.is_relative_to(layout.root.absolute()):
        raise Refused(
            f"{file} is in the folder of the organization",
            hint="a backup belongs elsewhere, best on another machine",
        )
    with open_stored(layout.store) as log:  # which is refused where it is not a store
        if not log.head().position:
            raise Unfounded(f"{layout.store} has no events")
        warning = _compared(log, state_dir) if state_dir else None
    copy(layout.store, target, (lambda *how_far: report("backup", *how_far)) if report else None)
    with open_stored(target) as log:
        return BackedUp(file, log.head(), warning)


def _compared(log: Stored, state_dir: Path) -> TetraEsError | None:
    """Return how a store differs from what was admitted, None where it does not."""
    if not isinstance(log, SqliteLog):
        return None  # nothing of the first edition is pinned
    try:
        pins = StateFolder(state_dir).pins(organization_of(log))
        if standing(log, pins) is Standing.BEHIND:
            return Behind(pins.head, log.head())
    except TetraEsError as error:
        return error
    return None

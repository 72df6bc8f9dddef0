"""A copy of all that was recorded, in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import Refused, Unfounded
from tetra_es.log.sqlite.backup import copy
from tetra_es.store.copies import open_stored

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.layout import OrgLayout
    from tetra_es.log.chain import Head
    from tetra_es.usecases.ports import Report


class BackedUp(NamedTuple):
    """What a backup has."""

    file: Path
    head: Head
    """Its newest event."""


def back_up(layout: OrgLayout, file: Path, report: Report | None = None) -> BackedUp:
    """Copy the store to `file`, which must not exist, while others may be recording.

    Edits that are not recorded are not in it. Files, views and mirror are made of the events.
    Raises `Unfounded` where there are no events, `Refused`, `TetraEsError`.
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
    copy(layout.store, target, (lambda *how_far: report("backup", *how_far)) if report else None)
    with open_stored(target) as log:
        return BackedUp(file, log.head())

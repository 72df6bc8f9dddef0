"""Where an organization is shared, for who only looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import TetraEsError
from tetra_es.gate.pins.places import StateFolder, place_of_folder
from tetra_es.gate.pins.sharing import sharing_of

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.admission import Admission
    from tetra_es.gate.pins.sharing import Sharing
    from tetra_es.layout import OrgLayout
    from tetra_es.log.replica import Replica


class SharingStatus(NamedTuple):
    """Where an organization is shared, as of the last time that it was asked there."""

    address: str
    """Without a password; empty where it cannot be read."""
    asked: str | None
    """When it answered last; None for never."""
    position: int
    """The newest event that it is known to have."""
    behind: int
    """How many of those are not here."""
    moved: str | None = None
    """Where the log goes on, where nobody has accepted that here; None where it stayed."""
    problem: str = ""
    """Why it cannot be read."""
    remedy: str = ""
    """What to do about that."""


def shared_at(layout: OrgLayout, admission: Admission) -> Sharing | None:
    """Return where the organization in a folder is shared, None for nowhere; asks nobody.

    Raises `TetraEsError` where that cannot be read.
    """
    folder = pins_of(layout, admission)
    return None if folder is None else sharing_of(folder)


def sharing_status(
    layout: OrgLayout, admission: Admission, here: int, log: Replica
) -> SharingStatus | None:
    """Return how an organization stands to where it is shared, given the newest event here.

    None where it is shared nowhere. Asks nobody.
    """
    from tetra_es.usecases.moves import open_move  # where it is shared alone

    try:
        found = shared_at(layout, admission)
    except TetraEsError as error:
        remedy = error.hint or ""
        return SharingStatus("", None, 0, 0, problem=error.message, remedy=remedy)
    if found is None:
        return None
    there = max(found.position, here)  # what is here was there first
    move = open_move(log, found)
    moved = move and move.address
    return SharingStatus(found.without_password, found.asked or None, there, there - here, moved)


def unsent(layout: OrgLayout, admission: Admission) -> int:
    """Return how many things that happened on servers wait in the state folder to be recorded."""
    folder = pins_of(layout, admission)
    return 0 if folder is None else sum(1 for _ in (folder / "waiting").glob("*.json"))


def pins_of(layout: OrgLayout, admission: Admission) -> Path | None:
    """Return the folder with what this account admitted of an organization, None for nothing."""
    account = StateFolder(admission.folder())
    organization = account.organization_at(place_of_folder(layout.root))
    return None if organization is None else account.pins(organization).folder

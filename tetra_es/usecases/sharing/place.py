"""Where an organization is shared, for who only looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.gate.pins.places import StateFolder, place_of_folder
from tetra_es.gate.pins.sharing import sharing_of

if TYPE_CHECKING:
    from tetra_es.admission import Admission
    from tetra_es.gate.pins.sharing import Sharing
    from tetra_es.layout import OrgLayout


def shared_at(layout: OrgLayout, admission: Admission) -> Sharing | None:
    """Return where the organization in a folder is shared, None for nowhere; asks nobody.

    Raises `TetraEsError` where that cannot be read.
    """
    account = StateFolder(admission.folder())
    organization = account.organization_at(place_of_folder(layout.root))
    return None if organization is None else sharing_of(account.pins(organization).folder)

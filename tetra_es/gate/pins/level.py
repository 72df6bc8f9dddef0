"""Whether all that is here was admitted: then nothing has to be judged to read it.

Small, since quick answers start with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.gate.pins.pins import Window
from tetra_es.gate.pins.places import StateFolder, place_of_folder

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.log.chain import Head


def pinned_at(state_dir: Path, folder: Path, head: Head) -> Window | None:
    """Return the pins of the organization at a folder if they end with `head`, else None.

    Its first event is then the one that was admitted there, as every hash goes back to it.
    """
    places = StateFolder(state_dir)
    organization = places.organization_at(place_of_folder(folder))
    if organization is None:
        return None
    pins = places.pins(organization)
    return Window(pins) if pins.head == head else None

"""A clone of the shared log's line beside the store, on which the tail is decided again."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from secrets import token_hex
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.admission import Admission
from tetra_es.disk.folders import make_folder
from tetra_es.gate.pins.places import StateFolder, place_of_folder
from tetra_es.layout import OrgLayout
from tetra_es.log.shared import Stray
from tetra_es.usecases.sharing.clone import clone
from tetra_es.usecases.sharing.engines import copy_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tetra_es.log.chain import Head
    from tetra_es.usecases.ports import DerivedElsewhere, Listener

STAGED: Final = "rerecording-"
"""Beginning of the folder's name, beside the store."""


class Staged(NamedTuple):
    """Everything of a clone, with a state folder of its own."""

    layout: OrgLayout
    admission: Admission
    derived: DerivedElsewhere

    @property
    def pins(self) -> Path:
        """The folder with what was admitted for the clone."""
        account = StateFolder(self.admission.folder())
        organization = account.organization_at(place_of_folder(self.layout.root))
        return account.pins(organization or "").folder


@contextmanager
def staged(
    layout: OrgLayout, address: str, first: Head, derived: DerivedElsewhere, listener: Listener
) -> Iterator[Staged]:
    """Make a clone of what is shared at an address, beside the store; it is gone afterwards.

    `first` is the organization's first event. Where something there was never an event, the clone
    has what comes before. Raises as `clone` does.
    """
    remove_unfinished(layout)
    folder = layout.store.parent / f"{STAGED}{token_hex(8)}"
    make_folder(folder)
    try:
        admission = Admission(folder / "state", expect=(first.position, first.hash))
        elsewhere = derived.on(admission)
        there = OrgLayout.of(folder, layout.root.name)
        with copy_at(address, elsewhere) as (where, copy):
            try:
                clone(there, copy, where, elsewhere, listener, admission, listener.progress)
            except Stray:  # after what is right, which was taken over
                if not there.store.exists():
                    raise
        yield Staged(there, admission, elsewhere)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_unfinished(layout: OrgLayout) -> None:
    """Remove what a killed command left. Somebody else's is locked, as we are."""
    for folder in layout.store.parent.glob(f"{STAGED}*"):
        shutil.rmtree(folder, ignore_errors=True)

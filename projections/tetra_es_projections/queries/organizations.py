"""Which organizations there are in a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import TetraEsError
from tetra_es.layout import OrgLayout
from tetra_es.store.log import EventLog

if TYPE_CHECKING:
    from pathlib import Path


class OrganizationRow(NamedTuple):
    """One organization."""

    org: str
    events: int | None
    """None where its store cannot be read."""
    folder: str


def organization_rows(folder: Path) -> list[OrganizationRow]:
    """Return the organizations in a folder by name.

    An unusable store does not keep the others from being listed.
    """
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    return [_row(OrgLayout(folder / name)) for name in names]


def _row(layout: OrgLayout) -> OrganizationRow:
    events: int | None = None
    try:
        with EventLog(layout.store) as log:
            events = log.last_position()
    except TetraEsError:
        pass
    return OrganizationRow(layout.root.name, events, str(layout.root))

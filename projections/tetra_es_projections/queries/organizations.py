"""Which organizations there are in a folder."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import TetraEsError
from tetra_es.layout import OrgLayout
from tetra_es.log.sqlite.opening import FirstEdition
from tetra_es.log.sqlite.reader import SqliteLog

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
    with suppress(TetraEsError):
        events = _events(layout.store)
    return OrganizationRow(layout.root.name, events, str(layout.root))


def _events(store: Path) -> int:
    """Return how many events a store has, admitted or not."""
    try:
        with SqliteLog(store) as log:
            return log.head().position
    except FirstEdition:
        from tetra_es.store.log import EventLog

        with EventLog(store) as old:
            return old.last_position()

"""Whether the store can be read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tetra_es.errors import TetraEsError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from tetra_es.layout import OrgLayout
    from tetra_es.log.replica import Replica


class StoreHealth(NamedTuple):
    """What a quick look at the store found."""

    events: int
    damage: str | None
    """What SQLite says is wrong with the file, None for nothing."""


class _Opened(Protocol):
    @property
    def log(self) -> Replica:
        """The events."""


def store_health(layout: OrgLayout, opened: AbstractContextManager[_Opened]) -> StoreHealth:
    """Look at the store, which `opened` opens together with what is derived from it.

    Raises `TetraEsError` where that fails.
    """
    place = layout.store.absolute().as_uri() + "?mode=ro"
    try:
        with opened as projections:
            events = projections.log.last_position()
        with closing(sqlite3.connect(place, uri=True)) as database:
            found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise TetraEsError(str(error)) from error
    return StoreHealth(events, None if found == "ok" else found)

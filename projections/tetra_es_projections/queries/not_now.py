"""Why a process that answers many questions cannot answer now, and what helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.disk.lock import is_held
from tetra_es.errors import IntegrityFailure, TetraEsError, Unavailable
from tetra_es.gate.as_of import pins_of
from tetra_es.gate.pins.pins import compare_or_trust
from tetra_es.gate.pins.standing import Behind
from tetra_es.log.sqlite.reader import SqliteLog

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.gate.pins.pins import Pins
    from tetra_es.layout import OrgLayout
    from tetra_es.log.chain import Head

_AGAIN = "try again when that is done"
_CATCH_UP = "`tetra-es status` brings them up to date"


def building() -> Unavailable:
    """Return the error for views that a command is building."""
    return Unavailable("the views are being built again", hint=_AGAIN)


def missing(layout: OrgLayout, what: str, hint: str) -> Unavailable:
    """Return the error for views that have nothing, unless a command is building them."""
    return building() if is_held(layout.lock) else Unavailable(what, hint=hint)


def purging(layout: OrgLayout, purge: int) -> Unavailable:
    """Return the error for views that may still have what an event purged."""
    if is_held(layout.lock):
        return Unavailable(f"what #{purge} purged is being removed", hint=_AGAIN)
    return Unavailable(f"the views are from before the purge #{purge}", hint=_CATCH_UP)


def gone_back(layout: OrgLayout, state: Path, before: Head, position: int) -> Unavailable | None:
    """Return the error for views at a position that is before one that was answered from.

    None where a person said that events without that one are the right ones.
    """
    pins = pins_of(state, layout.root)
    pinned = pins.head  # before the store is looked at, in which events are first
    if pins.hash_at(before.position) != before.hash:
        return None
    if error := _other_events(layout, pins, pinned):
        return error
    if is_held(layout.lock):
        return building()
    told = f"the views go to #{position}, and went to #{before.position} before"
    return Unavailable(told, hint=_CATCH_UP)


def without_event(layout: OrgLayout, state: Path) -> Unavailable | None:
    """Return the error for a store that lacks events which were admitted, None where it has all."""
    pins = pins_of(state, layout.root)
    return _other_events(layout, pins, pins.head)


def _other_events(layout: OrgLayout, pins: Pins, pinned: Head) -> Unavailable | None:
    """Return the error for a store that is an older copy, or of another history."""
    try:
        with SqliteLog(layout.store) as log:
            here = log.head()
    except IntegrityFailure:
        raise
    except TetraEsError as error:  # none there, or one of another edition
        return Unavailable(error.message, hint=error.hint)
    if here.position >= pinned.position:
        return None
    if pins.hash_at(here.position) != here.hash:
        told = "the events here are not those that were admitted on this account"
        return Unavailable(told, hint=compare_or_trust(None))
    behind = Behind(pinned, here)
    return Unavailable(behind.message, hint=behind.hint)

"""Why a process that answers many questions cannot answer now, and what helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.disk.lock import is_held
from tetra_es.errors import IntegrityFailure, TetraEsError, Unavailable
from tetra_es.gate.as_of import pins_of
from tetra_es.gate.pins.pins import compare_or_trust
from tetra_es.gate.pins.standing import Behind
from tetra_es.log.chain import START
from tetra_es.log.sqlite.reader import SqliteLog
from tetra_es.store.log import BATCH

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.gate.pins.pins import Pins
    from tetra_es.layout import OrgLayout
    from tetra_es.log.chain import Head

_AGAIN = "try again when that is done"
_CATCH_UP = "`tetra-es status` brings them up to date"
_UPDATED = f"{_CATCH_UP}; start again what ran before an update"


def building() -> Unavailable:
    """Return the error for views that a command is building."""
    return Unavailable("the views are being built again", hint=_AGAIN)


def missing(layout: OrgLayout, what: str, hint: str) -> Unavailable:
    """Return the error for views that have nothing: none are there, or none of the events are."""
    if is_held(layout.lock):
        return building()
    try:
        SqliteLog(layout.store).close()
    except TetraEsError as error:  # all of the folder may be gone
        return Unavailable(error.message, hint=error.hint)
    return Unavailable(what, hint=hint)


def foreign(problem: str) -> Unavailable:
    """Return the error for views that are not those of this tetra-es, as after an update of it."""
    return Unavailable(f"the views are not those of this tetra-es: {problem}", hint=_UPDATED)


def purging(layout: OrgLayout, purge: int) -> Unavailable:
    """Return the error for views that may still have what an event purged."""
    if is_held(layout.lock):
        return Unavailable(f"what #{purge} purged is being removed", hint=_AGAIN)
    return Unavailable(f"the views are from before the purge #{purge}", hint=_CATCH_UP)


def too_old(layout: OrgLayout, state: Path, before: Head, position: int) -> Unavailable | None:
    """Return the error for views at a position that is not to be answered from; None for none.

    It is before the last one that was answered from, and nobody said that events without that are
    the right ones; or nothing was answered yet, and a command is taking in one batch of events
    after the other.
    """
    pins = pins_of(state, layout.root)
    pinned = pins.head  # before the store is looked at, in which events are first
    if before == START or pins.hash_at(before.position) != before.hash:
        is_far = pinned.position - position >= BATCH
        return building() if is_far and is_held(layout.lock) else None
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

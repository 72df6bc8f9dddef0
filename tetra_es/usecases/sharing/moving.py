"""A shared log that goes on at another address: an event says so, and each person accepts it.

The event names the address; a received log never chooses where somebody's events are sent.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from tetra_es.errors import IntegrityFailure, Refused, TetraEsError
from tetra_es.gate.pins import sharing
from tetra_es.gate.pins.pins import Forked
from tetra_es.log.chain import START, Head
from tetra_es.log.shared import Stray
from tetra_es.usecases.moves import (
    is_same_place,
    leads_away,
    newest_move,
    open_move,
)
from tetra_es.usecases.sharing.engines import shared_log
from tetra_es.usecases.sharing.share import Shared, lone_signer, newest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tetra_es.gate.pins.sharing import Sharing
    from tetra_es.log.shared import SharedLog
    from tetra_es.usecases.ports import Projections
    from tetra_es.usecases.sharing.share import Roles
    from tetra_es.usecases.unit_of_work import UnitOfWork

_EMPTY: Final = "move this one to an empty repository"


def move_or_follow(
    work: UnitOfWork,
    projections: Projections,
    address: str,
    receive: Callable[[], None],
    roles: Roles | None = None,
) -> Shared | None:
    """Have the log go on at another address, or go there after somebody moved it.

    None where the organization is not shared, or is shared at that address. `receive` takes over
    what is where it is shared now. Raises `Refused` where another history is there, `TetraEsError`.
    """
    known = sharing.sharing_of(work.pins)
    log = shared_log(work.log, projections, address)
    try:
        if known is None or _is_the_same(log, known):
            log.close()
            return None
        _check_or_change(work, log, known)
        if not _was_moved(work, known, log, receive):
            _move_to(work, log, known, roles)
            projections.catch_up()
            _check_there(log)
        return _go_on(work, projections, log, known)
    except BaseException:
        log.close()
        raise


def _was_moved(
    work: UnitOfWork, known: Sharing, log: SharedLog, receive: Callable[[], None]
) -> bool:
    """Return whether an event says that the log goes on elsewhere; take over what is there first.

    Where the old log does not answer any more, the new one is asked.
    """
    if open_move(work.log, known):
        return True
    try:
        receive()
    except (Refused, IntegrityFailure):
        if not open_move(work.log, known):
            raise
    except TetraEsError:
        if log.fetch() == START:
            raise
        work.join(log, leads_away(known))
        work.receive()
        if not open_move(work.log, known):
            raise
    return open_move(work.log, known) is not None


def _move_to(work: UnitOfWork, log: SharedLog, known: Sharing, roles: Roles | None) -> None:
    """Bring all events there, then record on the old log that it goes on there."""
    actor = work.context().actor
    if actor in work.organization().limits:
        raise Refused(f"{actor} may not move the log: only signers without limits may")
    _check_there(log)
    log.settle()  # so that it is known to take them
    for role in roles.names if roles else ():
        log.grant(role, purge=bool(roles and roles.purge))
    there = sharing.Sharing(log.address).without_password
    work.run(lambda now: now.organization().move_log(there, known.without_password, now.context()))


def _go_on(work: UnitOfWork, projections: Projections, log: SharedLog, known: Sharing) -> Shared:
    """Share it at the address from now on, as an event says."""
    move = newest_move(work.log)
    there = sharing.Sharing(log.address, moved=move.position if move else 0)
    if log.fetch() == START and move and move.address != there.without_password:
        raise Refused(
            f"there is nothing at {log.shown}: the log goes on at {move.address}",
            hint=f"`tetra-es share {shlex.quote(move.address)}`",
        )
    projections.catch_up()
    log.settle()
    sharing.write(work.pins, there._replace(mark=log.mark))
    projections.note_shared()
    old = shared_log(work.log, projections, known.address)
    shown = old.shown
    old.close()
    work.join(log, leads_away(there))
    return Shared(
        log.shown,
        there.without_password,
        newest(work),
        was_empty=False,
        was_shared=False,
        alone=lone_signer(work),
        before=shown,
    )


def _is_the_same(log: SharedLog, known: Sharing) -> bool:
    """Return whether it is shared at an address already, however that is written.

    Raises `Refused` where that is written for the same place, and nothing is there: others would
    take it for the one that they know.
    """
    if log.address == known.address:
        return True
    if not is_same_place(log.address, known.address):
        return False
    if _check_there(log) == START:
        raise Refused(
            f"{log.shown} is empty, and looks like where it is shared already",
            hint="check the address; to move it, use one that differs in more than the scheme",
        )
    return True


def _check_or_change(work: UnitOfWork, log: SharedLog, known: Sharing) -> None:
    """Look at what is at the new address.

    The address is noted, for the command that puts it right, where the log moved there and
    something else is on top of it; and where ours forks from it, and the old one is lost or forks,
    too: then `pull --rerecord` goes on there. Raises `Stray`, `Forked`, and as `_check_there`.
    """
    try:
        _check_there(log)
    except Stray as error:
        move = open_move(work.log, known)
        if move is None:
            raise Refused(error.message, hint=_EMPTY) from error
        sharing.write(work.pins, sharing.Sharing(log.address, moved=move.position))
        raise
    except Forked:
        if work.shared is None or _is_sound(work.shared):
            raise
        sharing.write(work.pins, sharing.Sharing(log.address))
        raise


def _is_sound(log: SharedLog) -> bool:
    try:
        log.fetch()
    except TetraEsError:
        return False
    return True


def _check_there(log: SharedLog) -> Head:
    """Return the newest event at the new address.

    Raises `Refused` where another history, or something else, is there; `Stray` where something
    else is on top of ours.
    """
    try:
        return log.fetch()
    except Forked as error:
        if error.position > 1:
            raise
        what = f"{log.shown} has the history of another organization"
        raise Refused(what, hint=_EMPTY) from error
    except Stray as error:
        if log.fetch_sound() != START:
            raise
        raise Refused(error.message, hint=_EMPTY) from error

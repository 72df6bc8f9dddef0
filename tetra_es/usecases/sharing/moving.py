"""A shared log that goes on at another address: an event says so, and each person accepts it.

The event names the address; a received log never chooses where somebody's events are sent.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import IntegrityFailure, Refused, TetraEsError
from tetra_es.gate.pins import sharing
from tetra_es.gate.pins.pins import Forked
from tetra_es.log.chain import START
from tetra_es.usecases.sharing.engines import shared_log
from tetra_es.usecases.sharing.share import Shared, lone_signer, newest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tetra_es.gate.pins.sharing import Sharing
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica
    from tetra_es.log.shared import SharedLog
    from tetra_es.usecases.ports import Projections
    from tetra_es.usecases.sharing.share import Roles
    from tetra_es.usecases.unit_of_work import UnitOfWork

TOPIC = "log.moved"


class Move(NamedTuple):
    """Where the log goes on."""

    position: int
    """Of the event that says so."""
    address: str
    actor: str


def newest_move(log: Replica) -> Move | None:
    """Return where the log went last, None where it stayed."""
    for record in reversed(log.of_topics((TOPIC,), log.last_position())):
        if log.void(record.position) is None:
            return _move(record)
    return None


def leads_away(found: Sharing) -> Callable[[Record], bool]:
    """Return whether a record says that the log goes on elsewhere, and nobody accepted that yet."""

    def leads(record: Record) -> bool:
        return record.topic == TOPIC and _is_open(_move(record), found)

    return leads


def open_move(log: Replica, found: Sharing | None) -> Move | None:
    """Return where the log went, where this account has not accepted that; else None."""
    move = None if found is None else newest_move(log)
    return move if move and found and _is_open(move, found) else None


def check_not_moved(work: UnitOfWork) -> None:
    """Raise `Refused` where the log goes on elsewhere: nothing more is recorded here."""
    move = open_move(work.log, sharing.sharing_of(work.pins))
    if move is not None:
        raise Refused(
            f"the log goes on at {move.address}: {move.actor} moved it with #{move.position}",
            hint=f"`tetra-es share {move.address}` goes there with it, if you know that address",
        )


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
    if known is None or known.address == log.address:
        log.close()
        return None
    try:
        _check_there(log)
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
            hint=f"`tetra-es share {move.address}`",
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


def _check_there(log: SharedLog) -> None:
    """Raise `Refused` where another history is at the new address."""
    try:
        log.fetch()
    except Forked as error:
        if error.position > 1:
            raise
        raise Refused(
            f"{log.shown} has the history of another organization",
            hint="move this one to an empty repository",
        ) from error


def _is_open(move: Move, found: Sharing) -> bool:
    return move.position > found.moved and move.address != found.without_password


def _move(record: Record) -> Move:
    state = json.loads(record.state)
    return Move(record.position, str(state.get("address", "")), str(state["metadata"]["actor"]))

"""Sharing an organization: from then on, its events are appended where everybody appends them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.errors import Refused
from tetra_es.gate.pins import sharing
from tetra_es.gate.pins.pins import Forked
from tetra_es.log.chain import START, Head
from tetra_es.log.shared import Stray, take_theirs
from tetra_es.usecases.moves import leads_away, passed
from tetra_es.usecases.sharing.engines import shared_log

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.gate.pins.standing import Behind
    from tetra_es.log.shared import SharedLog
    from tetra_es.usecases.ports import Projections
    from tetra_es.usecases.unit_of_work import UnitOfWork

_EMPTY: Final = "share this one by an empty repository"


class Shared(NamedTuple):
    """What is shared now."""

    shown: str
    """Where, for people."""
    address: str
    """Where, for a colleague to paste."""
    head: Head
    """The newest event that is here then."""
    was_empty: bool
    """Whether nothing was there before."""
    was_shared: bool
    """Whether this machine shared it there before."""
    alone: str = ""
    """The signer without limits, where it is one alone: their key must not be lost."""
    lets: tuple[str, ...] = ()
    """What people may do to what is there, beside appending."""
    before: str = ""
    """Where it was, for people, if the log went on from there."""


class Roles(NamedTuple):
    """Roles of a database that may record there."""

    names: tuple[str, ...] = ()
    purge: bool = False
    """Whether they may destroy purged bodies, too."""


def share(
    work: UnitOfWork, projections: Projections, address: str, roles: Roles | None = None
) -> Shared:
    """Put an organization's events where everybody appends them, and remember where that is.

    Where they are there already, this machine joins. Raises `Refused` where another history is
    there, `TetraEsError` with the rule there that refuses it.
    """
    known = sharing.sharing_of(work.pins)
    log = shared_log(work.log, projections, address, known.mark if known else "")
    was_shared = projections.was_shared
    try:
        there = _fetched(log, work.log.path.parent.parent, is_known=known is not None)
        _check_reaches(there, work.missing)
        moved = passed(log, work.log, there)
        if there == START:
            log.settle()
        for role in roles.names if roles else ():
            log.grant(role, purge=bool(roles and roles.purge))
    except Stray:  # it is ours, and `share repair` puts it right
        log.close()
        if known is None:
            sharing.write(work.pins, sharing.Sharing(log.address))
        raise
    except BaseException:
        log.close()
        if not was_shared:
            projections.unshare()
        raise
    now = sharing.Sharing(log.address, mark=log.mark, moved=moved)
    if known is not None:
        now = known._replace(address=log.address, mark=log.mark, moved=max(moved, known.moved))
    sharing.write(work.pins, now)
    projections.note_shared()
    work.join(log, leads_away(now))
    return Shared(
        log.shown,
        now.without_password,
        newest(work),
        there == START,
        known is not None,
        lone_signer(work),
    )


def _check_reaches(there: Head, missing: Behind | None) -> None:
    """Raise that newer events were admitted than are here, where they are not there either."""
    if missing and there.position < missing.pinned.position:
        raise missing


def lone_signer(work: UnitOfWork) -> str:
    """Return the signer without limits, where it is one alone; empty otherwise."""
    organization = work.organization()
    unlimited = organization.signers.keys() - organization.limits.keys()
    return next(iter(unlimited)) if len(unlimited) == 1 else ""


def newest(work: UnitOfWork) -> Head:
    """Return the newest event that is here."""
    record = work.log.record(work.log.last_position())
    return START if record is None else record.head


def unshare(work: UnitOfWork, projections: Projections) -> str | None:
    """Have an organization's events here alone; return where it was shared, None for nowhere."""
    known = sharing.sharing_of(work.pins)
    if known is None and not projections.was_shared:
        return None
    projections.unshare()
    sharing.forget(work.pins)
    return shared_log(work.log, projections, known.address).shown if known else ""


def _fetched(log: SharedLog, folder: Path, *, is_known: bool) -> Head:
    try:
        return log.fetch()
    except Forked as error:
        if error.position > 1:
            if not is_known:
                error.hint = take_theirs(folder, sharing.Sharing(log.address).without_password)
            raise
        raise Refused(
            f"{log.shown} has the history of another organization", hint=_EMPTY
        ) from error
    except Stray as error:
        if is_known or log.fetch_sound() != START:
            raise
        raise Refused(error.message, hint=_EMPTY) from error

"""Where the organization's events are, when it is opened for recording."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from tetra_es.errors import Refused, TetraEsError
from tetra_es.gate.pins import sharing

if TYPE_CHECKING:
    from tetra_es.usecases.ports import Projections
    from tetra_es.usecases.unit_of_work import UnitOfWork


def join(work: UnitOfWork, projections: Projections, *, sharing_now: bool = False) -> None:
    """Have a command record where the organization is shared; nothing where it is not.

    Raises `Refused` or `Behind` where newer events were admitted than are here, and nothing says
    where they are: unless that is said now.
    """
    found = sharing.sharing_of(work.pins)
    if found is not None:
        from tetra_es.usecases.moves import leads_away
        from tetra_es.usecases.sharing.engines import shared_log  # where it is shared alone

        log = shared_log(work.log, projections, found.address, found.mark)
        work.join(log, leads_away(found))
    elif not sharing_now and (missing := work.missing):
        check_known(work, projections)
        raise missing


def check_known(work: UnitOfWork, projections: Projections) -> None:
    """Raise `Refused` where it was shared, and this account does not know where.

    What is recorded beside the others would fork the history.
    """
    if not work.is_shared and projections.was_shared:
        raise Refused(
            "this organization was shared, and this account does not know where",
            hint="`tetra-es share URL` says it again; `tetra-es unshare` has it alone here",
        )


def note_asked(work: UnitOfWork, projections: Projections) -> None:
    """Note that the shared log answered, and how far it goes; in the folder, that it is shared.

    The folder may be a second one of this account, or one that was restored.
    """
    with suppress(TetraEsError):
        projections.note_shared()
    found, shared = sharing.sharing_of(work.pins), work.shared
    if found is not None and shared is not None:
        last = work.log.last_position()
        now = found._replace(asked=work.intent.clock(), position=last, mark=shared.mark)
        with suppress(TetraEsError):  # only `status` tells it
            sharing.write(work.pins, now)

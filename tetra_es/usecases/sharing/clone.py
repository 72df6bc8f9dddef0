"""Joining: a replica of an organization that others share, made through the gate."""

from __future__ import annotations

import os
import shlex
from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.errors import IntegrityFailure, Refused, TetraEsError
from tetra_es.gate.opening import check_asked
from tetra_es.gate.pins import private, sharing
from tetra_es.gate.pins.places import StateFolder
from tetra_es.gate.pins.standing import Standing, organization_of
from tetra_es.log.chain import Head
from tetra_es.refs import format_time
from tetra_es.usecases.moves import is_same_place, newest_move
from tetra_es.usecases.restoring.restore import restore
from tetra_es.usecases.restoring.staging import HINT
from tetra_es.usecases.sharing.engines import shared_log

if TYPE_CHECKING:
    from tetra_es.admission import Admission
    from tetra_es.layout import OrgLayout
    from tetra_es.usecases.ports import DerivedOfCopy, HistoryCopy, Listener, Report
    from tetra_es.usecases.restoring.restore import Restored


_REPAIR: Final = "somebody who has the events runs `tetra-es share repair`; clone again after that"


class Cloned(NamedTuple):
    """A replica that was made."""

    restored: Restored
    shown: str
    """Where it is shared, for people."""
    signers: dict[str, str]
    """Name to public key line of who may record."""


def clone(
    layout: OrgLayout,
    copy: HistoryCopy,
    address: str,
    derived: DerivedOfCopy,
    listener: Listener,
    admission: Admission,
    report: Report | None = None,
) -> Cloned:
    """Make the folder of an organization from what is at an address, and record there from then on.

    All of it is admitted first. Raises `Refused` where the folder is there, where nobody can look
    at the founder of a history that is new here and no event is expected, `Unexpected` where it is
    another history than expected, and as `restore` does.
    """
    if os.path.lexists(layout.root) and not _is_left_over(layout):
        raise Refused(
            f"{layout.root} is there already",
            hint=f"`tetra-es --dir {shlex.quote(str(layout.root.parent.parent))} "
            f"--org {layout.root.name} pull` brings what is new; another --dir makes another clone",
        )
    expect = Head(*admission.expect) if admission.expect else None
    pins = StateFolder(admission.folder()).pins(organization_of(copy))
    check_asked(Standing.LEVEL if pins.exists else Standing.NEW, ask=admission.ask, expect=expect)
    known = sharing.sharing_of(pins.folder)
    if known is not None and not is_same_place(known.address, address):
        raise Refused(
            "this account has this organization already, and shares it elsewhere",
            hint="unshare it first, in the folder where it is",
        )
    # First where it is shared: a folder without that would record for itself.
    private.make_folder(pins.folder)
    sharing.write(pins.folder, known or sharing.Sharing(address))
    try:
        restored = restore(
            layout, copy, admission.folder(), derived, listener, expect=expect, report=report
        )
    except BaseException as error:
        if known is None and not os.path.lexists(layout.store):
            sharing.forget(pins.folder)
        if isinstance(error, IntegrityFailure) and error.hint == HINT:
            error.hint = _REPAIR
        raise
    with (
        derived.of_store(layout) as projections,
        closing(shared_log(projections.log, projections, address)) as log,
    ):
        log.fetch()
        with suppress(TetraEsError):  # who may not push there leaves that to others
            log.settle()
        projections.note_shared()
        time, last = format_time(datetime.now(UTC)), restored.head.position
        found = sharing.Sharing(address, time, last, log.mark)
        move = newest_move(projections.log)
        if move and (move.position < last or is_same_place(move.address, found.address)):
            found = found._replace(moved=move.position)
        sharing.write(pins.folder, found)
        return Cloned(restored, log.shown, projections.signers())


def _is_left_over(layout: OrgLayout) -> bool:
    """Return whether a folder is empty, or is what a clone left that was killed early."""
    store = layout.store.parent
    if layout.root.is_symlink() or store.is_symlink():
        return False
    try:
        return all(
            path == store
            and all(
                each == layout.lock or each.name.startswith("restoring-") for each in path.iterdir()
            )
            for path in layout.root.iterdir()
        )
    except OSError:
        return False

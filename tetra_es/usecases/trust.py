"""Say on purpose which history is the right one, and take refused events out of it."""

from __future__ import annotations

import os
import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.disk.lock import exclusive
from tetra_es.disk.syncing import sync_folder
from tetra_es.errors import Refused, TetraEsError
from tetra_es.gate.pins.places import StateFolder, place_of_folder
from tetra_es.gate.replica import AdmittedReplica
from tetra_es.gate.trust import carry_out, plan_move
from tetra_es.log.chain import Head
from tetra_es.log.sqlite import wal
from tetra_es.log.sqlite.reader import SqliteLog
from tetra_es.log.upgrade import copy_store
from tetra_es.refs import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tetra_es.admission import Admission
    from tetra_es.gate.trust import Move
    from tetra_es.layout import OrgLayout
    from tetra_es.log.record import Record

_PARTIAL: Final = "events.db.repairing"


class Trusted(NamedTuple):
    """What became of the pins, or would."""

    before: str
    """`POSITION:HASH` that they ended with; `0` and zeros where there were none."""
    lost: range
    """Positions whose events were admitted here and are no longer believed."""
    replaces: str | None
    """Hash of event 1 of another history that was known at this place, None for none."""


def trust(
    layout: OrgLayout, admission: Admission, head: tuple[int, bytes], *, why: str, dry_run: bool
) -> Trusted:
    """Have the history that is here, and ends with `head` or goes on from it, be the right one.

    Raises `Refused` without a reason, `UsageError` where there is no such event, `IntegrityFailure`
    where one of the events up to it is refused.
    """
    folder, place = StateFolder(admission.folder()), place_of_folder(layout.root)
    with SqliteLog(layout.store) as log:
        move = plan_move(log, folder, place, Head(*head))
    if not dry_run:
        carry_out(move, folder, place, why=why, time=format_time(datetime.now(UTC)))
    return _trusted(move)


class Repaired(NamedTuple):
    """What was taken out of the store."""

    first: int
    """Position of the event that is refused."""
    why: str
    last: int
    """Position of the newest event that was there."""
    found: Path
    """The file that has all of them."""


def repair(layout: OrgLayout, admission: Admission) -> Repaired | None:
    """Take the event that is refused, and all after it, out of the store; None where none is.

    The store as it was is kept as a file beside it. Raises `IntegrityFailure` where the event was
    admitted on this account: then a copy that has it as it was is what helps.
    """
    with exclusive(layout.lock):
        wal.empty(layout.store)
        with AdmittedReplica(layout.store, admission) as replica:
            stopped = replica.opened.stopped
            if stopped is None:
                return None
            last = replica.log.head().position
            new = layout.store.with_name(_PARTIAL)
            _remove(new)
            copy_store(_Admitted(replica), new)
        if wal.is_filled(layout.store):
            _remove(new)
            raise TetraEsError(f"{layout.store} is being read", hint="try again later")
        found = layout.store.with_name(f"found-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db")
        _take_name(layout.store, found, new)
    return Repaired(stopped.record.position, stopped.what, last, found)


class _Admitted:
    """The admitted part of a store; see `log.upgrade.OldStore`."""

    def __init__(self, replica: AdmittedReplica) -> None:
        self._replica = replica
        self.bodies = replica.bodies
        self.body = replica.body

    def records(self) -> Iterator[Record]:
        """Yield the admitted events."""
        return self._replica.records()


def _take_name(store: Path, found: Path, new: Path) -> None:
    try:
        os.link(store, found)
        sync_folder(store.parent)
        new.replace(store)
        sync_folder(store.parent)
    except FileExistsError:
        raise Refused(f"{found} is in the way", hint=f"`mv {shlex.quote(str(found))} ~`") from None
    except OSError as error:
        raise TetraEsError(
            f"cannot rename {store}: {error.strerror}", hint="check the permissions of its folder"
        ) from error


def _remove(new: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        new.with_name(new.name + suffix).unlink(missing_ok=True)


def _trusted(move: Move) -> Trusted:
    return Trusted(str(move.before), move.lost, move.replaces)

"""Bring an organization of the first edition to rules 1: into a new store, by the same events.

Killed at any instant, it goes on when it is run again: the old store stays where it is until the
new one is whole, and stays beside it then.
"""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.disk.lock import exclusive
from tetra_es.disk.syncing import sync_folder
from tetra_es.errors import IntegrityFailure, Refused, TetraEsError
from tetra_es.gate.replica import AdmittedReplica
from tetra_es.integrity.admitted import verify_admitted
from tetra_es.integrity.store import verify_store
from tetra_es.log.sqlite import wal
from tetra_es.log.sqlite.opening import FirstEdition
from tetra_es.log.sqlite.reader import SqliteLog
from tetra_es.log.upgrade import copy_store
from tetra_es.store.history import RULES, History
from tetra_es.store.log import EventLog
from tetra_es.usecases.clock import is_ahead
from tetra_es.usecases.recorded import recorded_all_the_same
from tetra_es.usecases.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.admission import Admission
    from tetra_es.crypto.ssh.keys import SigningKey
    from tetra_es.crypto.ssh.own_key import OwnKey
    from tetra_es.layout import OrgLayout
    from tetra_es.log.counting import Reached
    from tetra_es.usecases.ports import DerivedAgain, Listener
    from tetra_es.usecases.recorded import Recorded
    from tetra_es.usecases.unit_of_work import Intent

OLD: Final = "events.db.first-edition"
"""Name of the old store, beside the new one."""

_NEW: Final = "events.db.upgrading"


class Upgraded(NamedTuple):
    """What an upgrade did."""

    recorded: list[Recorded]
    """The event that says so; none where it was recorded before."""
    events: int
    """How many there were before."""
    old: Path
    """Where the old store is now."""


def upgrade(
    layout: OrgLayout,
    own_key: OwnKey,
    derived: DerivedAgain,
    listener: Listener,
    intent: Intent,
    admission: Admission,
) -> Upgraded:
    """Admit the old store into a new file, verify that, swap their names and record it.

    Raises `Refused` for who is not a signer without limits, `IntegrityFailure`, with the old store
    in its place, where that is not sound.
    """
    key = own_key.load()
    old = layout.store.with_name(OLD)
    with exclusive(layout.lock):
        if _is_old(layout.store):
            _swap(layout.store, old, key, listener, admission)
        with (
            History(layout.store, key, admission, upgrading=True) as history,
            derived(layout, history.replica) as projections,
        ):
            events = history.replica.last_position()
            work = UnitOfWork(history, projections.refs, _correcting(history.reached, intent))
            _, recorded = work.run(_record)
            with recorded_all_the_same(recorded) if recorded else nullcontext():
                if recorded and history.replica.opened.gate.state.void:
                    # The first edition took such events for what they say.
                    projections.rebuild(force=True, report=listener.progress)
                projections.catch_up(listener.progress)
    return Upgraded(recorded, events, old)


def _correcting(reached: Reached, intent: Intent) -> Intent:
    """Return an intent to say that times are in the future, where they are.

    The first edition did not look at them.
    """
    if not is_ahead(reached, intent.clock()):
        return intent
    told = f"#{reached.by} is dated {reached.time}: times count from now on"
    return replace(intent, reason=intent.reason or told, clock_was_wrong=True)


def _record(work: UnitOfWork) -> None:
    if work.floor < RULES:
        work.organization().upgrade(RULES, work.context())


def _is_old(store: Path) -> bool:
    try:
        SqliteLog(store).close()
    except FirstEdition:
        return True
    return False


def _swap(
    store: Path, old: Path, key: SigningKey, listener: Listener, admission: Admission
) -> None:
    if wal.is_filled(store) and not wal.empty(store):
        raise TetraEsError(f"{store} is being read", hint="try again when that has finished")
    new = store.with_name(_NEW)
    _remove(new)
    with EventLog(store) as log:
        log.require_events()
        last = log.last_position()
        proof = verify_store(log, lambda done: listener.progress("verify", done, last))
        if not proof.is_void:  # else the one who records the upgrade has to be a signer
            _check_signer(log, key)
        if proof.findings and not proof.is_void:
            raise IntegrityFailure(
                f"the old store is not sound: {proof.findings[0]}",
                hint="`tetra-es verify` looks at all of it; nothing was changed",
            )
        copy_store(log, new)
    try:
        with AdmittedReplica(new, admission, recording=True) as replica:
            findings = verify_admitted(replica).findings
        if findings:
            raise IntegrityFailure(f"the new store is not sound: {findings[0]}")
    except BaseException:
        _remove(new)
        raise
    _take_name(store, old, new)


def _check_signer(log: EventLog, key: SigningKey) -> None:
    from tetra_es.events.config import ORG_STREAM
    from tetra_es.log.replica import events_in
    from tetra_es.model.organization import Organization

    organization = Organization().fold(events_in(log, log.of_stream(ORG_STREAM)))
    if organization.signer_with(key.public_line) is None:
        raise Refused(
            f"your key is not a signer of {organization.name}",
            hint="a signer runs `tetra-es upgrade`",
        )


def _take_name(store: Path, old: Path, new: Path) -> None:
    """Give the old store its new name and the new one the old store's; one is always there."""
    try:
        if old.exists() and not old.samefile(store):
            raise Refused(f"{old} is in the way", hint="move it elsewhere")
        if not old.exists():
            os.link(store, old)
        sync_folder(store.parent)
        for suffix in ("-wal", "-shm"):
            store.with_name(store.name + suffix).unlink(missing_ok=True)
        new.replace(store)
        sync_folder(store.parent)
    except OSError as error:
        raise TetraEsError(
            f"cannot rename {store}: {error.strerror}", hint="check the permissions of its folder"
        ) from error


def _remove(new: Path) -> None:
    """Remove a store that was being made, whether it had its name already or not."""
    left = [new.with_name(new.name + suffix) for suffix in ("", "-wal", "-shm")]
    for path in (*left, *new.parent.glob(f".{new.name}.*.partial*")):
        path.unlink(missing_ok=True)

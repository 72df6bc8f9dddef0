"""`pull --rerecord`: the shared log's line, and on top of it what this machine had recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.disk.lock import exclusive
from tetra_es.errors import IntegrityFailure, Refused
from tetra_es.events.config import SignerRemoved
from tetra_es.gate.pins.pins import Forked
from tetra_es.gate.pins.places import StateFolder, place_of_folder
from tetra_es.gate.pins.sharing import sharing_of
from tetra_es.log.replica import valid_events
from tetra_es.log.sqlite import wal
from tetra_es.log.sqlite.reader import SqliteLog
from tetra_es.usecases.forks.staging import staged
from tetra_es.usecases.forks.switch import Kept, forks, switch
from tetra_es.usecases.rerecord.tail import Tail, fork_of
from tetra_es.usecases.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from tetra_es.admission import Admission
    from tetra_es.crypto.age.identity import Identity
    from tetra_es.crypto.ssh.own_key import OwnKey
    from tetra_es.gate.pins.pins import Pins
    from tetra_es.layout import OrgLayout
    from tetra_es.log.chain import Head
    from tetra_es.log.replica import Replica
    from tetra_es.log.shared import Repaired
    from tetra_es.usecases.forks.staging import Staged
    from tetra_es.usecases.ports import DerivedElsewhere, Listener
    from tetra_es.usecases.rerecord.again import Outcome
    from tetra_es.usecases.unit_of_work import Intent
    from tetra_es.usecases.workspace import Workspace


_WHY: Final = "taken over what is shared, after a fork"
"""Why the pins were moved, where nobody says it."""


class Rerecorded(NamedTuple):
    """What is here now, or would be."""

    fork: int
    """The last event that both lines have."""
    theirs: int
    """The newest event of the shared log's line, before what was recorded again."""
    last: int
    """The newest event now."""
    outcomes: Sequence[Outcome]
    """What became of this machine's events after the fork."""
    voided: Sequence[int]
    """Which of them were void, and changed nothing."""
    kept: Kept | None
    """Where the old line is kept; None in a dry run, and where it was kept before."""


class Opening(NamedTuple):
    """What an organization is opened with; see `open_workspace`."""

    layout: OrgLayout
    own_key: OwnKey
    derived: DerivedElsewhere
    listener: Listener
    intent: Intent
    admission: Admission


def rerecord_fork(
    opening: Opening, identities: Callable[[], Sequence[Identity]]
) -> Rerecorded | None:
    """Take over the shared log's line, and record again what only this machine has.

    None where there is no fork. Nothing changes here before all is recorded there, or listed as
    what cannot be: killed before, it begins again, and finds what it recorded. A dry run decides
    all of it in a copy that is thrown away. Raises `Refused` where it is not shared.
    """
    layout, own = opening.layout, _public(opening.own_key)
    with exclusive(layout.lock):
        wal.empty(layout.store)
        with SqliteLog(layout.store) as old:
            first = next(iter(old.records(0, 1))).head
            pins = _pins(opening, first, old)
            sharing = sharing_of(pins.folder)
            if sharing is None:
                raise Refused(
                    "this organization is not shared: there is no other line",
                    hint="`tetra-es share URL` shares it by a git repository",
                )
            with staged(layout, sharing.address, first, opening.derived, opening.listener) as new:
                with SqliteLog(new.layout.store) as log:
                    fork, theirs = fork_of(old, log), log.head().position
                    is_fork = fork < min(old.head().position, theirs)
                    _check_pins(pins, old, log)
                if not is_fork:
                    return None
                tail = Tail(old, fork, own)
                outcomes, last = _record(opening, new, tail, identities)
                kept = None
                if not opening.intent.dry_run:
                    why = opening.intent.reason or _WHY
                    kept = switch(layout, pins, new, old, tail, why)
        if kept is not None:
            with opening.derived.of_store(layout) as projections:
                projections.catch_up(opening.listener.progress)
    return Rerecorded(fork, theirs, last, outcomes, tail.voided, kept)


def repair_shared(
    workspace: AbstractContextManager[Workspace],
    opening: Callable[[], AbstractContextManager[Opening]],
    *,
    newer: bool = False,
) -> Repaired | None:
    """Put the shared log right; where what is there forks from what is here, from a clone of it.

    Nothing changes here then. Raises as `Workspace.repair_shared`, `Forked` where that is all that
    is wrong.
    """
    try:
        with workspace as here:
            return here.repair_shared(newer=newer)
    except Forked:
        with opening() as elsewhere:
            done = _repair_other_line(elsewhere, newer=newer)
        if done is None:
            raise
        return done


def _repair_other_line(opening: Opening, *, newer: bool) -> Repaired | None:
    layout = opening.layout
    with exclusive(layout.lock), SqliteLog(layout.store) as old:
        first = next(iter(old.records(0, 1))).head
        sharing = sharing_of(_pins(opening, first, old).folder)
        if sharing is None:
            return None
        with (
            staged(layout, sharing.address, first, opening.derived, opening.listener) as new,
            _opened(opening, new, opening.intent) as workspace,
        ):
            return workspace.repair_shared(newer=newer)


def rerecord_rest(
    workspace: Workspace,
    own_key: OwnKey,
    identities: Callable[[], Sequence[Identity]],
) -> Rerecorded | None:
    """Record again what could not be the last time; None where nothing is left, or never was."""
    kept = forks(workspace.layout)
    if not kept:
        return None
    own = _public(own_key)
    with SqliteLog(kept[-1]) as old, SqliteLog(workspace.layout.store) as log:
        theirs, fork = log.head().position, fork_of(old, log)
        tail = Tail(old, fork, own)
        outcomes = workspace.rerecord(tail, identities)
        found = [each for each in outcomes if not each.earlier]
        return Rerecorded(fork, theirs, log.head().position, found, (), None) if found else None


def _record(
    opening: Opening, new: Staged, tail: Tail, identities: Callable[[], Sequence[Identity]]
) -> tuple[Sequence[Outcome], int]:
    """Decide a tail again on a clone, and record it where everybody does; not in a dry run."""
    intent = replace(opening.intent, dry_run=False)

    if opening.intent.dry_run:
        with _opened(opening, new, intent) as workspace:
            workspace.unshare()
    with _opened(opening, new, intent) as workspace:
        workspace.look(lambda work: _check_line(work.log, tail, opening.intent.reason))
        outcomes = workspace.rerecord(tail, identities)
        return outcomes, workspace.look(lambda work: work.log.last_position())


def _opened(opening: Opening, new: Staged, intent: Intent) -> AbstractContextManager[Workspace]:
    """Open a clone; who records nothing again needs no key."""
    return open_workspace(
        new.layout,
        opening.own_key,
        new.derived,
        opening.listener,
        intent,
        new.admission,
        signing=False,
    )


def _public(own_key: OwnKey) -> str:
    """Return a key's public line, nothing where there is none: who only reads needs none."""
    return own_key.public() if own_key.exists() else ""


def _pins(opening: Opening, first: Head, old: SqliteLog) -> Pins:
    """Return what this account admitted. Raises `AnotherHistory` where that was another one."""
    account = StateFolder(opening.admission.folder())
    organization = first.hash.hex()
    account.check_place(place_of_folder(opening.layout.root), organization, old.head())
    return account.pins(organization)


def _check_pins(pins: Pins, old: SqliteLog, new: SqliteLog) -> None:
    """Raise `Forked` where neither line has what was admitted on this account.

    Where the new one has it, a command was killed between pins and store.
    """
    pinned = pins.head
    if not (old.holds(pinned) or new.holds(pinned)):
        found = next(iter(old.records(pinned.position - 1, pinned.position)), None)
        raise Forked(pinned.position, pinned.hash, found.hash if found else None, old.head())


def _check_line(log: Replica, tail: Tail, why: str) -> None:
    """Raise `IntegrityFailure` where a key signs the new line that was removed on the old one.

    Who removed it, as it was stolen, must not have it back by a `main` that somebody set back.
    `why` says that it is right.
    """
    if why:
        return
    removed = {
        past.event.key: (past.event.signer, past.record.position)
        for batch in tail.read()
        for past in batch.events
        if isinstance(past.event, SignerRemoved)
    }
    if not removed:
        return
    for record, event in valid_events(log, log.records(tail.fork)):
        key = tail.signers.get(event.metadata["actor"], "")
        if key in removed:
            name, position = removed[key]
            raise IntegrityFailure(
                f"event #{record.position} there is recorded by {name}, who was removed here as a "
                f"signer with #{position}",
                hint="where that line is right all the same, `tetra-es pull --rerecord -m WHY` "
                "says so",
            )

"""Give an organization's folder a history again that is elsewhere: a backup, or a mirror."""

from __future__ import annotations

import shlex
import shutil
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from secrets import token_hex
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.crypto.ssh.keys import fingerprint
from tetra_es.crypto.ssh.kinds import parse_public_line
from tetra_es.disk.folders import make_folder
from tetra_es.disk.syncing import sync_folder
from tetra_es.errors import IntegrityFailure, Refused, TetraEsError, Unfounded, UsageError
from tetra_es.gate.gate import Gate
from tetra_es.gate.opening import check_expected, not_here
from tetra_es.gate.pins import judged
from tetra_es.gate.pins.pins import Forked
from tetra_es.gate.pins.places import AnotherHistory, StateFolder, place_of_folder
from tetra_es.gate.pins.standing import Standing, standing
from tetra_es.gate.trust import carry_out, plan_move
from tetra_es.integrity.store import verify_store
from tetra_es.log import canonical
from tetra_es.log.chain import START, Head
from tetra_es.log.sqlite import wal
from tetra_es.names import check_org
from tetra_es.refs import format_time
from tetra_es.store.copies import FirstEditionLog, open_stored
from tetra_es.usecases.folders import locked_folders
from tetra_es.usecases.restoring.staging import admit, fill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tetra_es.layout import OrgLayout
    from tetra_es.store.copies import Stored
    from tetra_es.usecases.ports import DerivedOfCopy, HistoryCopy, Listener, Report
    from tetra_es.usecases.restoring.staging import Admitted

_STAGED: Final = "restoring-"
"""Beginning of the folder's name, beside the store, in which a store is filled."""

_UNFINISHED: Final = "replaced-unfinished"
"""Name of the folder, beside the store, that a store is being moved to."""

_KEEP: Final = "keep the copy and compare it with another one"


class Restored(NamedTuple):
    """What is there now."""

    head: Head
    """The newest event."""
    founder: str
    """Fingerprint of the founder's key, which every signature goes back to."""
    is_new: bool
    """Whether this account has never seen this history before."""
    behind: int
    """Position of the newest event that this account admitted, where that is higher; else 0."""
    replaced: Path | None
    """Where the store is now that was here, None where none was."""


def organization_in(copy: HistoryCopy) -> str:
    """Return the name of the organization whose history a copy has.

    Raises `IntegrityFailure` where its first event founds none.
    """
    try:
        first = next(iter(copy.records(0, 1)))
        return check_org(canonical.decode(first.state)["name"])
    except (StopIteration, ValueError, KeyError, TypeError, UsageError) as error:
        raise IntegrityFailure(
            "the first event of the copy founds no organization", hint="get another copy"
        ) from error


def restore(
    layout: OrgLayout,
    copy: HistoryCopy,
    state_dir: Path | None,
    derived: DerivedOfCopy,
    listener: Listener,
    *,
    why: str = "",
    expect: Head | None = None,
    report: Report | None = None,
) -> Restored:
    """Admit a copy whole, give it the store's place, and derive files, views and mirror from it.

    A store that is there is kept aside where it is damaged, or older than the copy. `why` says why
    the copy is right where this account admitted other events, and moves the pins. Raises
    `Unexpected` where it has not the event that is expected,
    `Refused` where it is neither, or the mirror here has more, `IntegrityFailure` where the copy
    is not admitted, or another history was admitted on this account.
    """
    derived.check_git()
    with locked_folders(layout):
        try:
            admitted, stood, replaced = _put_in_place(
                layout, copy, state_dir, derived, listener, _Told(why, expect), report
            )
        except OSError as error:
            raise TetraEsError(
                f"cannot write {error.filename or layout.store.parent}: {error.strerror}",
                hint="check the space and the permissions, then run the same command again",
            ) from error
        with _restored_all_the_same(layout, admitted):
            sync_folder(layout.store.parent)
            with derived.of_store(layout) as projections:
                projections.catch_up(report)
    founder = fingerprint(parse_public_line(admitted.state.founder))
    return Restored(admitted.state.head, founder, stood.is_new, stood.behind, replaced)


class _Told(NamedTuple):
    """What a person says of a copy."""

    why: str
    """Why it is right, where this account admitted other events."""
    expect: Head | None
    """An event that it must have."""


class _Known(NamedTuple):
    """How a copy stands to what this account admitted."""

    pinned: Head = START
    """The newest event that was admitted, `START` for none."""
    standing: Standing = Standing.NEW
    fork: IntegrityFailure | None = None
    """Why it is not what was admitted."""

    @property
    def has_all(self) -> bool:
        """Whether it has all that was admitted: what goes further is not known to be lost."""
        return not self.fork and self.standing in (Standing.LEVEL, Standing.AHEAD)


class _Stood(NamedTuple):
    """What is said of that."""

    is_new: bool = True
    behind: int = 0


def _put_in_place(
    layout: OrgLayout,
    copy: HistoryCopy,
    state_dir: Path | None,
    derived: DerivedOfCopy,
    listener: Listener,
    told: _Told,
    report: Report | None,
) -> tuple[Admitted, _Stood, Path | None]:
    """Give an admitted copy the store's place, all or nothing."""
    why = told.why
    _remove_unfinished(layout)
    staged = layout.store.parent / f"{_STAGED}{token_hex(8)}"
    make_folder(staged)
    try:
        new = staged / layout.store.name
        fill(copy, new)
        admitted = admit(new, report)
        _check_name(layout, admitted)
        _check_expected(admitted, told.expect)
        account = StateFolder(state_dir) if state_dir else None
        known = _compare(layout, new, admitted, account)
        if not (known.has_all or why):
            derived.check_not_ahead(layout, len(admitted.hashes))
        _check_replaceable(layout, new, known)
        stood = _pin(layout, new, admitted, account, known, listener, why) if account else _Stood()
        replaced = _back_up(layout)
        new.rename(layout.store)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return admitted, stood, replaced


@contextmanager
def _restored_all_the_same(layout: OrgLayout, admitted: Admitted) -> Iterator[None]:
    """Say that the events are here where what follows from them cannot be written."""
    restored, hint = f"restored #1 to #{len(admitted.hashes)}", "the next command does the rest"
    try:
        yield
    except OSError as error:
        raise TetraEsError(
            f"{restored}, but {layout.store.parent} cannot be written to the disk: "
            f"{error.strerror}",
            hint=f"check the disk; {hint}",
        ) from error
    except TetraEsError as error:
        problem = TetraEsError(
            f"{restored}, but not everything that follows from that could be written: "
            f"{error.message}",
            hint=error.hint or f"fix that; {hint}",
        )
        problem.exit_code = error.exit_code
        raise problem from error


def _check_name(layout: OrgLayout, admitted: Admitted) -> None:
    if admitted.state.name != layout.root.name:
        raise UsageError(
            f"this is the history of {admitted.state.name}, not of {layout.root.name}",
            hint="leave the name out, or give that one",
        )


def _check_expected(admitted: Admitted, expect: Head | None) -> None:
    if expect is not None:
        if expect.position > len(admitted.hashes):
            raise not_here(expect)
        check_expected(Head(expect.position, admitted.hashes[expect.position - 1]), expect)


def _remove_unfinished(layout: OrgLayout) -> None:
    """Remove what restoring left that was cut short. Somebody else's is locked, as we are."""
    for folder in layout.store.parent.glob(f"{_STAGED}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _compare(
    layout: OrgLayout, new: Path, admitted: Admitted, account: StateFolder | None
) -> _Known:
    """Compare a copy with what this account admitted."""
    if account is None:
        return _Known()
    pins = account.pins(admitted.state.organization)
    with open_stored(new) as log:
        try:
            account.check_place(place_of_folder(layout.root), admitted.state.organization)
            return _Known(pins.head, standing(log, pins))
        except (AnotherHistory, Forked) as error:
            return _Known(pins.head, Standing.BEHIND, error)


def _check_replaceable(layout: OrgLayout, new: Path, known: _Known) -> None:
    """Raise `Refused` where a store is there that is whole and no older part of the new one.

    One that lacks what was admitted on this account, which the new one has, is replaceable.
    """
    name = layout.root.name
    try:
        with open_stored(layout.store) as here, open_stored(new) as copy:
            head = here.head()
            if head == START or not _is_whole(here):
                return
            if head == copy.head():
                raise Refused(
                    f"the organization {name} is here already, with all events of the copy",
                    hint="`tetra-es verify` checks it, `tetra-es rebuild` builds the rest again",
                )
            if copy.holds(head) or (known.has_all and not here.holds(known.pinned)):
                return
            more = head.position > copy.head().position and here.holds(copy.head())
            what = "has more events" if more else "has another history"
            move = shlex.join(("mv", str(layout.root), f"{layout.root}.old"))
            raise Refused(
                f"the organization {name} is here and {what}: it ends at #{head.position}, the "
                f"copy at #{copy.head().position}",
                hint=f"`{move}` moves it away; the same command then restores the copy",
            )
    except (Unfounded, IntegrityFailure):
        return


def _is_whole(here: Stored) -> bool:
    """Return whether a store has nothing that `verify` would find."""
    if isinstance(here, FirstEditionLog):
        return not verify_store(here).findings
    verdicts = Gate(here).admit(here.records())
    return not here.damage() and all(verdict.admitted for verdict in verdicts)


def _back_up(layout: OrgLayout) -> Path | None:
    """Move a store that is there, and the views, which are made again; return where it is now.

    The store goes first, so that nobody opens it without its write-ahead log. A move that was cut
    short goes on into the same folder: the two belong together.
    """
    folder = layout.store.parent
    unfinished = folder / _UNFINISHED
    files = [
        file
        for name in (layout.store.name, layout.views.name)
        for file in sorted(folder.glob(f"{name}*"))
    ]
    if any((unfinished / file.name).exists() for file in files):  # another store came since
        unfinished.rename(_unused(folder))
    has_events = any(unfinished.glob(f"{layout.store.name}*")) or _has_events(layout)
    if not (files or unfinished.exists()):
        return None
    make_folder(unfinished)
    for file in files:
        file.rename(unfinished / file.name)
    kept = _unused(folder)
    unfinished.rename(kept)
    sync_folder(folder)
    if has_events:
        return kept
    shutil.rmtree(kept, ignore_errors=True)
    return None


def _has_events(layout: OrgLayout) -> bool:
    """Return whether a store is there that has events, or may have had some."""
    if wal.is_filled(layout.store):
        return True
    try:
        with open_stored(layout.store) as here:
            return here.head() != START
    except Unfounded:
        return False
    except IntegrityFailure:
        return True


def _unused(folder: Path) -> Path:
    return next(place for n in count(1) if not (place := folder / f"replaced-{n}").exists())


def _pin(
    layout: OrgLayout,
    new: Path,
    admitted: Admitted,
    account: StateFolder,
    known: _Known,
    listener: Listener,
    why: str,
) -> _Stood:
    """Pin what was not admitted on this account before; with a reason, move the pins."""
    place = place_of_folder(layout.root)
    if known.fork and not why:
        known.fork.hint = f"{_KEEP}; if it is right, the same command with -m WHY says so"
        raise known.fork
    if known.standing is Standing.BEHIND:
        if why:
            with open_stored(new) as log:
                move = plan_move(log, account, place, log.head())
            carry_out(move, account, place, why=why, time=format_time(datetime.now(UTC)))
        return _Stood(is_new=False, behind=known.pinned.position)
    pins, pinned = account.pins(admitted.state.organization), known.pinned.position
    try:
        pins.begin(admitted.state.founder)
        pins.append(known.pinned, admitted.hashes[pinned:])
        judged.write(pins, admitted.state.head, admitted.state.void)
        account.remember(place, admitted.state.organization)
    except IntegrityFailure:
        raise
    except TetraEsError as error:
        listener.warned(error.message)
    return _Stood(known.standing is Standing.NEW)

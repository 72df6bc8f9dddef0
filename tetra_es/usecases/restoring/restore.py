"""Give an organization's folder a history again that is elsewhere: a backup, or a mirror."""

from __future__ import annotations

import shlex
import shutil
from contextlib import suppress
from itertools import count
from secrets import token_hex
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.crypto.ssh.keys import fingerprint
from tetra_es.crypto.ssh.kinds import parse_public_line
from tetra_es.disk.atomic import sync_folder
from tetra_es.disk.lock import exclusive
from tetra_es.errors import IntegrityFailure, Refused, TetraEsError, Unfounded, UsageError
from tetra_es.gate.gate import Gate
from tetra_es.gate.pins.places import StateFolder, place_of_folder
from tetra_es.gate.pins.standing import Standing, standing
from tetra_es.integrity.store import verify_store
from tetra_es.log import canonical
from tetra_es.log.chain import START, Head
from tetra_es.names import check_org
from tetra_es.store.copies import FirstEditionLog, open_stored
from tetra_es.usecases.new_workspace import make_folders
from tetra_es.usecases.restoring.staging import admit, fill

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.layout import OrgLayout
    from tetra_es.store.copies import Stored
    from tetra_es.usecases.ports import DerivedOfCopy, HistoryCopy, Listener, Report
    from tetra_es.usecases.restoring.staging import Admitted

_STAGED: Final = "restoring-"
"""Beginning of the folder's name, beside the store, in which a store is filled."""


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
    report: Report | None = None,
) -> Restored:
    """Admit a copy whole, give it the store's place, and derive files, views and mirror from it.

    A store that is there is kept aside where it is damaged, or older than the copy. Raises
    `Refused` where it is neither, or the mirror here has more, `IntegrityFailure` where the copy
    is not admitted, or another history was admitted on this account.
    """
    derived.check_git()
    make_folders(layout)
    with exclusive(layout.lock):
        _remove_unfinished(layout)
        staged = layout.store.parent / f"{_STAGED}{token_hex(8)}"
        staged.mkdir(mode=0o700)
        try:
            new = staged / layout.store.name
            fill(copy, new)
            admitted = admit(new, report)
            _check_name(layout, admitted)
            derived.check_not_ahead(layout, len(admitted.hashes))
            _check_replaceable(layout, new)
            stands, behind = _pin(layout, new, admitted, state_dir, listener)
            replaced = _back_up(layout)
            new.rename(layout.store)
            sync_folder(layout.store.parent)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        with derived.of_store(layout) as projections:
            projections.catch_up(report)
    founder = fingerprint(parse_public_line(admitted.state.founder))
    return Restored(admitted.state.head, founder, stands is Standing.NEW, behind, replaced)


def _check_name(layout: OrgLayout, admitted: Admitted) -> None:
    if admitted.state.name != layout.root.name:
        raise UsageError(
            f"this is the history of {admitted.state.name}, not of {layout.root.name}",
            hint="leave the name out, or give that one",
        )


def _remove_unfinished(layout: OrgLayout) -> None:
    """Remove what restoring left that was cut short. Somebody else's is locked, as we are."""
    for folder in layout.store.parent.glob(f"{_STAGED}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _check_replaceable(layout: OrgLayout, new: Path) -> None:
    """Raise `Refused` where a store is there that is whole and no older part of the new one."""
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
            if copy.holds(head):
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
    """Move a store that is there, and the views, which are made again; return where it is now."""
    folder = layout.store.parent
    has_events = False
    with suppress(Unfounded):
        try:
            with open_stored(layout.store) as here:
                has_events = here.head() != START
        except IntegrityFailure:
            has_events = True
    kept = next(place for n in count(1) if not (place := folder / f"replaced-{n}").exists())
    files = [*folder.glob(f"{layout.store.name}*"), *folder.glob(f"{layout.views.name}*")]
    if files:
        kept.mkdir(mode=0o700)
        for file in files:
            file.rename(kept / file.name)
        sync_folder(folder)
    if has_events:
        return kept
    shutil.rmtree(kept, ignore_errors=True)
    return None


def _pin(
    layout: OrgLayout,
    new: Path,
    admitted: Admitted,
    state_dir: Path | None,
    listener: Listener,
) -> tuple[Standing, int]:
    """Compare with what this account admitted, and pin the rest.

    Returns how the copy stood, and the position of the newest pin where that is higher.
    """
    if state_dir is None:
        return Standing.NEW, 0
    folder, place = StateFolder(state_dir), place_of_folder(layout.root)
    folder.check_place(place, admitted.state.organization)
    pins = folder.pins(admitted.state.organization)
    with open_stored(new) as log:
        stands = standing(log, pins)
    pinned = pins.head
    if stands is Standing.BEHIND:
        return stands, pinned.position
    try:
        pins.begin(admitted.state.founder)
        pins.append(pinned, admitted.hashes[pinned.position :])
        folder.remember(place, admitted.state.organization)
    except IntegrityFailure:
        raise
    except TetraEsError as error:
        listener.warned(error.message)
    return stands, 0

"""Giving a folder the new line: its pins, its store, and what is derived of it.

The old store and the old commits are kept first. Killed anywhere, the same command does the rest.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.disk import atomic
from tetra_es.disk.regular_files import read
from tetra_es.disk.syncing import sync_folder
from tetra_es.errors import TetraEsError
from tetra_es.gate.pins import sharing
from tetra_es.gate.pins.bases import Base, Bases
from tetra_es.gate.pins.places import StateFolder, place_of_folder
from tetra_es.gate.trust import carry_out, plan_move
from tetra_es.layout import MANIFEST, PROFILES, SOURCE
from tetra_es.log.sqlite import wal
from tetra_es.log.sqlite.reader import SqliteLog
from tetra_es.refs import format_time
from tetra_es.usecases.config.source_file import SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tetra_es.gate.pins.pins import Pins
    from tetra_es.layout import OrgLayout
    from tetra_es.usecases.forks.staging import Staged
    from tetra_es.usecases.rerecord.tail import Tail

FORK = "fork-"
"""Beginning of the names of the old stores, beside the store."""


class Kept(NamedTuple):
    """Where the old line is kept."""

    store: Path
    ref: str
    """In the mirror; it goes to the newest of its commits."""
    edited: tuple[str, ...]
    """Paths of files with edits that are not recorded, which stay as they are."""


def switch(
    layout: OrgLayout, pins: Pins, new: Staged, old: SqliteLog, tail: Tail, why: str
) -> Kept:
    """Give the folder the line of a clone, where everything is recorded again that can be.

    `old` is the store that is there, which is closed. Raises `TetraEsError`.
    """
    now = datetime.now(UTC)
    for store in (layout.store, new.layout.store):
        if not wal.empty(store):
            raise TetraEsError(f"{store} is being read", hint="run it again when that has ended")
    kept = _keep_store(layout, now)
    ref = f"refs/tetra/forks/{kept.stem.removeprefix(FORK)}"
    with suppress(TetraEsError):  # what is damaged is built again, and kept by that
        new.derived.keep_line(layout, tail.fork, ref)
    edited = tuple(_write_edited(layout, pins, new, tail))
    account, place = StateFolder(pins.folder.parent), place_of_folder(layout.root)
    with SqliteLog(new.layout.store) as log:
        move = plan_move(log, account, place, log.head())
    carry_out(move, account, place, why=why, time=format_time(now))
    if (known := sharing.sharing_of(new.pins)) is not None:
        sharing.write(pins.folder, known)
    old.close()
    try:
        new.layout.store.replace(layout.store)
        sync_folder(layout.store.parent)
    except OSError as error:
        raise TetraEsError(
            f"cannot rename {new.layout.store}: {error.strerror}", hint="run it again"
        ) from error
    return Kept(kept, ref, edited)


def forks(layout: OrgLayout) -> list[Path]:
    """Return the old stores that are kept, the newest last."""
    return sorted(layout.store.parent.glob(f"{FORK}*.db"))


def _keep_store(layout: OrgLayout, time: datetime) -> Path:
    """Give the old store a second name, which it keeps; the one that it has from a killed try.

    That of a second fork in one second is of the next one: the newest comes last.
    """
    with suppress(StopIteration):
        return next(path for path in forks(layout) if path.samefile(layout.store))
    while (kept := layout.store.with_name(f"{FORK}{time:%Y%m%dT%H%M%SZ}.db")).exists():
        time += timedelta(seconds=1)
    try:
        os.link(layout.store, kept)
        sync_folder(kept.parent)
    except OSError as error:
        raise TetraEsError(
            f"cannot keep the old store as {kept}: {error.strerror}",
            hint="check the space and the permissions of its folder; run it again",
        ) from error
    return kept


def _write_edited(layout: OrgLayout, pins: Pins, new: Staged, tail: Tail) -> Iterator[str]:
    """Write the edited files as they are on the new line; yield those that are left.

    Those with edits that are not recorded stay: what they were typed on is then the newest state
    that both lines have, so that the next command merges them.
    """
    bases = Bases(pins.folder, layout.root)
    for path in _edited(layout, new.layout):
        here, there = read(layout.file(path)), read(new.layout.file(path))
        if here is None or here == there:
            continue
        if here.decode(errors="replace") == tail.newest_text(SourceFile.of_path(path)):
            if there is not None:
                atomic.write_through(layout.file(path), there)
            continue
        yield path
        if common := tail.common_text(SourceFile.of_path(path)):
            position, text = common
            bases.put(path, Base(position, sha256(text.encode()).hexdigest(), position))


def _edited(*layouts: OrgLayout) -> Iterator[str]:
    yield from (MANIFEST, SOURCE)
    found = {
        f"{PROFILES}/{file.name}"
        for layout in layouts
        for file in (layout.root / PROFILES).glob("[!.]*.toml")
    }
    yield from sorted(found)

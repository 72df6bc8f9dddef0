"""A place for a new organization: its folder, its store, and the key that signs its events."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from tetra_es.admission import Admission
from tetra_es.errors import Refused, TetraEsError, Unfounded
from tetra_es.log.chain import START
from tetra_es.log.sqlite.engine import create
from tetra_es.log.sqlite.opening import FirstEdition
from tetra_es.log.sqlite.reader import SqliteLog
from tetra_es.store.history import History, check_free
from tetra_es.store.log import EventLog
from tetra_es.usecases.folders import locked_folders
from tetra_es.usecases.recorded import recorded_all_the_same
from tetra_es.usecases.unit_of_work import UnitOfWork
from tetra_es.usecases.use_case import Done

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tetra_es.crypto.ssh.keys import SigningKey
    from tetra_es.crypto.ssh.own_key import OwnKey
    from tetra_es.layout import OrgLayout
    from tetra_es.usecases.ports import Derived, Listener
    from tetra_es.usecases.unit_of_work import Intent
    from tetra_es.usecases.use_case import UseCase

Result = TypeVar("Result")


def create_organization(
    layout: OrgLayout,
    use_case: UseCase[Result],
    own_key: OwnKey,
    derived: Derived,
    listener: Listener,
    intent: Intent,
    admission: Admission,
) -> Done[Result]:
    """Make folder, key and store of a new organization, have it recorded, and derive the rest.

    A store without events is left from an attempt that was killed, and is used. Raises
    `Refused` where there is an organization, or something in its way, or where the folder had
    another history and no reason is given.
    """
    derived.check_git()
    key = _signing_key(own_key, listener)
    admission = Admission(admission.state_dir)
    with locked_folders(layout), _nothing_left(layout.store):
        refuse_existing(layout)
        derived.check_free(layout)
        if not intent.reason:
            check_free(admission, layout.root)
        _make_store(layout.store)
        with (
            History(layout.store, key, admission, why=intent.reason) as history,
            derived(layout, history.replica) as projections,
        ):
            work = UnitOfWork(history, projections.refs, intent)
            result, recorded = work.run(use_case.decide)
            listener.recorded(work.saved)
            for warning in work.take_warnings():
                listener.warned(warning)
            with recorded_all_the_same(recorded):
                projections.catch_up()
    return Done(result, recorded, [])


def _signing_key(own_key: OwnKey, listener: Listener) -> SigningKey:
    """Return the founder's key, made where there is none."""
    if not own_key.exists():
        own_key.create()
        listener.key_made(own_key.path)
    return own_key.load()


@contextmanager
def _nothing_left(store: Path) -> Iterator[None]:
    """Remove a store in which nothing was recorded, where an error says so."""
    try:
        yield
    except TetraEsError:
        with suppress(Unfounded, TetraEsError):
            if not _has_events(store):
                _remove(store)
        raise


def refuse_existing(layout: OrgLayout) -> None:
    """Raise `Refused` where there is an organization in a folder already."""
    with suppress(Unfounded):
        if _has_events(layout.store):
            raise Refused(
                f"the organization {layout.root.name} exists already in {layout.root}",
                hint=f"`tetra-es --org {layout.root.name} status` shows it",
            )


def _has_events(store: Path) -> bool:
    """Return whether a store has events. Raises `Unfounded` where there is none."""
    try:
        with SqliteLog(store) as log:
            return log.head() != START
    except FirstEdition:
        with EventLog(store) as old:
            return old.last_position() > 0


def _make_store(store: Path) -> None:
    """Make a store without events, in the place of one that an unfinished attempt left."""
    # It has its name before it loses the one that it was made under.
    for path in store.parent.glob(f".{store.name}.*.partial*"):
        path.unlink(missing_ok=True)
    with suppress(Unfounded, FirstEdition), SqliteLog(store):
        return
    _remove(store)
    create(store)


def _remove(store: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        store.with_name(store.name + suffix).unlink(missing_ok=True)

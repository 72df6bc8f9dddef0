"""A place for a new organization: its folder, its store, and the key that signs its events."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from tetra_es.crypto.ssh import keys
from tetra_es.disk.lock import exclusive
from tetra_es.errors import Refused, TetraEsError, Unfounded
from tetra_es.store.history import History
from tetra_es.store.log import EventLog
from tetra_es.usecases.unit_of_work import UnitOfWork
from tetra_es.usecases.use_case import Done, recorded_all_the_same

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.crypto.ssh.keys import SigningKey
    from tetra_es.layout import OrgLayout
    from tetra_es.usecases.ports import Derived, Listener
    from tetra_es.usecases.unit_of_work import Intent
    from tetra_es.usecases.use_case import UseCase

Result = TypeVar("Result")


def create_organization(
    layout: OrgLayout,
    use_case: UseCase[Result],
    signing_key: Path,
    derived: Derived,
    listener: Listener,
    intent: Intent,
) -> Done[Result]:
    """Make folder, key and store of a new organization, have it recorded, and derive the rest.

    A store without events is left from an attempt that did not finish, and is used. Raises
    `Refused` where there is an organization, or something in its way.
    """
    derived.check_git()
    key = _signing_key(signing_key, listener)
    make_folders(layout)
    with exclusive(layout.lock):
        _check_not_there(layout)
        derived.check_free(layout)
        with (
            History(layout.store, key, create=True) as history,
            EventLog(layout.store) as log,
            derived(layout, log) as projections,
        ):
            layout.store.chmod(0o600)
            work = UnitOfWork(history, log, key, projections.refs, intent)
            result = use_case.decide(work)
            recorded = work.save()
            listener.recorded(work.saved)
            for warning in work.take_warnings():
                listener.warned(warning)
            with recorded_all_the_same(recorded):
                projections.catch_up()
    return Done(result, recorded, [])


def _signing_key(path: Path, listener: Listener) -> SigningKey:
    """Return the key at `path`, made where there is none."""
    if path.exists():
        return keys.load(path)
    key = keys.create(path)
    listener.key_made(path)
    return key


def make_folders(layout: OrgLayout) -> None:
    """Make the folders of an organization and of its store, for this account alone."""
    try:
        layout.store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        layout.root.chmod(0o700)
    except OSError as error:
        raise TetraEsError(
            f"cannot create {layout.root}: {error.strerror}",
            hint="--dir or TETRA_DIR names another place",
        ) from error


def _check_not_there(layout: OrgLayout) -> None:
    with suppress(Unfounded), EventLog(layout.store) as log:
        if log.last_position():
            raise Refused(
                f"the organization {layout.root.name} exists already in {layout.root}",
                hint=f"`tetra-es --org {layout.root.name} status` shows it",
            )

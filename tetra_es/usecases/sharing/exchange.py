"""Taking over what others recorded and having the shared log follow, for one opened organization.

A caller holds the organization's lock.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es.gate.opening import Newer
from tetra_es.log.port import HeadMoved
from tetra_es.log.shared import Repaired, Stray
from tetra_es.usecases.sharing.joining import check_known, note_asked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tetra_es.log.shared import SharedLog, Unfinished
    from tetra_es.usecases.ports import Listener, Projections
    from tetra_es.usecases.sharing.pull import Pulled
    from tetra_es.usecases.sharing.share import Roles, Shared
    from tetra_es.usecases.unit_of_work import UnitOfWork


Done = TypeVar("Done")

_ATTEMPTS: Final = 10
"""How often somebody else may be first."""


class Exchange:
    """What a command exchanges with the shared log; nothing where there is none."""

    def __init__(self, work: UnitOfWork, projections: Projections, listener: Listener) -> None:
        self._work = work
        self._projections = projections
        self._listener = listener
        self._has_received = False
        self._left: Unfinished | None = None
        """What the shared log refused the last time."""

    def share(self, address: str, roles: Roles | None = None) -> Shared:
        """Have everybody's events at an address from now on; see `sharing.share`."""
        from tetra_es.usecases.sharing.share import newest  # once for an organization

        shared = _until_first(lambda: self._share(address, roles))
        lets: Sequence[str] = ()
        if log := self._work.shared:
            with suppress(TetraEsError):  # it is shared, whatever comes of it
                lets = log.lets()
        return shared._replace(head=newest(self._work), lets=tuple(lets))

    def _share(self, address: str, roles: Roles | None) -> Shared:
        from tetra_es.usecases.sharing.moving import move_or_follow
        from tetra_es.usecases.sharing.share import share

        self._catch_up()
        shared = move_or_follow(
            self._work, self._projections, address, self._receive_quietly, roles
        ) or share(self._work, self._projections, address, roles)
        self.receive()
        return shared

    def pull(self) -> Pulled:
        """Take over what others recorded. Raises `Refused` where it is not shared."""
        from tetra_es.usecases.sharing.pull import Pulled, check_shared  # what few commands need

        check_shared(self._work)
        self._catch_up()
        before = self._work.log.last_position()
        self.receive(quiet=True)
        return Pulled(before, self._work.log.last_position())

    def repair(self, *, newer: bool = False) -> Repaired | None:
        """Set aside what the shared log has and is not an event; return None where that is nothing.

        With `newer`, also events that claim to be of a newer version. The events before that are
        taken over first. Raises `Refused` where it is not shared.
        """
        from tetra_es.usecases.sharing.pull import check_shared  # what few commands need

        shared = check_shared(self._work)
        repaired = _until_first(lambda: self._repair(shared, newer=newer))
        if swept := shared.sweep():
            self._listener.warned(*swept)
            repaired = repaired or Repaired(f"#{self._work.log.last_position()}", None, 0)
        return repaired

    def _repair(self, shared: SharedLog, *, newer: bool) -> Repaired | None:
        self._catch_up()
        with suppress(Stray, *([Newer] if newer else [])):
            self._take_over(repairing=True)
        repaired = shared.repair()
        self.receive()
        return repaired

    def _receive_quietly(self) -> None:
        self.receive(quiet=True)

    def receive_once(self) -> None:
        """Take over what others recorded, unless this command has done so already.

        What comes in later shows when something is appended.
        """
        if not self._has_received and self._work.is_shared:
            self._catch_up()
            self.receive()

    def receive(self, *, quiet: bool = False) -> None:
        """Take over what others recorded; everything that is derived is up to date before."""
        self._has_received = True
        if not self._work.is_shared:
            check_known(self._work, self._projections)
            return
        from tetra_es.usecases.moves import check_not_moved  # where it is shared alone

        check_not_moved(self._work.log, self._work.pins)
        self._take_over(quiet=quiet)
        check_not_moved(self._work.log, self._work.pins)
        self.have_follow()
        note_asked(self._work, self._projections)

    def have_follow(self) -> None:
        """Have the shared log follow, after everything that is derived has."""
        shared = self._work.shared
        if shared is None:
            return
        try:
            left = shared.settle()
        except HeadMoved:
            self.receive()
            return
        if left is not None:
            note_asked(self._work, self._projections)
            if left != self._left:
                self._listener.warned(*left)
        self._left = left

    def follow_recorded(self) -> None:
        """Do the same after something was recorded: a log that is silent then is only mentioned.

        The events are in it, and the next command does the rest.
        """
        try:
            self.have_follow()
        except IntegrityFailure:
            raise
        except TetraEsError as error:
            self._listener.warned(error.message, error.hint)

    def _catch_up(self) -> None:
        self._work.follow()
        self._projections.catch_up(self._listener.progress)

    def _take_over(self, *, quiet: bool = False, repairing: bool = False) -> None:
        before = self._work.log.last_position()
        try:
            self._work.receive(repairing=repairing)
        finally:
            last = self._work.log.last_position()
            if last > before:
                self._projections.catch_up(self._listener.progress)
                if not quiet:
                    self._listener.received(before + 1, last)
            for warning in self._work.take_warnings():
                self._listener.warned(warning)


def _until_first(attempt: Callable[[], Done]) -> Done:
    """Do something to the shared log, and again on what it has, where somebody else was first."""
    for _ in range(_ATTEMPTS - 1):
        with suppress(HeadMoved):
            return attempt()
    return attempt()

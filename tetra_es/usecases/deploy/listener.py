"""Telling the person at the keyboard what happens on servers, beside the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


class ServerListener(Protocol):
    """Is told what there is to know of a server beside what was asked."""

    def logged(self, line: str) -> None:
        """A service logged something before it failed."""

    def unrecorded(self, host: str, source: str) -> None:
        """A host has a release of our history, and no deployment of it to the host is recorded."""

    def behind(self, host: str, what: str) -> None:
        """A host has an older state, or older secrets, than are recorded."""

    def adoptable(self, host: str, commands: Sequence[str]) -> None:
        """Commands, one after the other, adopt what somebody changed on a host."""

    def not_for_long(self, host: str, verb: str, units: Sequence[str], environment: str) -> None:
        """Units were enabled or disabled, and the state to be deployed says the opposite."""


class RolloutListener(ServerListener, Protocol):
    """Is told what happens to each host; from several threads where hosts are done in parallel."""

    def step(self, host: str, step: str) -> None:
        """A step begins."""

    def found_open(self, host: str, fate: str) -> None:
        """The deployment before had been cut short, and how it ended: `was kept`, …."""

    def same_machine(self, host: str, names: Sequence[str]) -> None:
        """A host was deployed to before, by other names: its machine id is theirs."""

    def is_there(self, host: str, source: str) -> None:
        """A host has the release already, and serves it."""

    def newer_code(self, host: str, runs: str, now: str, again: str) -> None:
        """The code on a host is another than what runs; `again --restart` runs it."""

    def nothing_there(self, host: str) -> None:
        """There is nothing to remove from a host."""

    def serves(self, host: str, source: str) -> None:
        """A host serves what was deployed."""

    def removed(self, host: str, environment: str) -> None:
        """A host has nothing of ours any more."""

    def drifted(self, host: str, path: str, diff: str) -> None:
        """Somebody changed what was deployed to a path; `diff` is what a person may see of it."""

    def other_values(self, host: str, path: str, names: Sequence[str], command: str) -> None:
        """A file of somebody else's, about to be replaced, has other values of these secrets.

        `command` would take its values instead; empty for this machine itself.
        """

    def copied(self, host: str, path: str, copy: str) -> None:
        """What somebody had put at a path, or changed there, is kept as `copy`."""

    def not_at_boot(self, host: str, units: Sequence[str]) -> None:
        """A deployment disabled units that were enabled."""

    def left_running(self, host: str, restarted: Sequence[str], left: Sequence[str]) -> None:
        """Only some units were restarted: nothing has changed that the others read."""

    def interrupted(self) -> None:
        """Somebody interrupts; it is waited for what the servers put back."""

    def printed(self, host: str, service: str, line: str) -> None:
        """A command that runs before the switch printed a line; secrets in it are masked."""

    def pauses(self, seconds: int) -> None:
        """Some hosts are done; the next ones come in so many seconds."""

    def goes_back(self, host: str, source: str) -> None:
        """A host gets again what it had before, since another one failed; empty for nothing."""

    def not_tried(self, host: str) -> None:
        """A host is left out, since another one failed."""

    def still_runs(self, environment: str, host: str) -> None:
        """An environment runs on a host that it does not name any more."""

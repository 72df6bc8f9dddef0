"""A session with a server: every step of a deployment is one call.

The order is lock, inspect, create_user if wanted, stage, arm, switch, restart, wait_until_healthy,
confirm, unlock. Up to `arm` nothing that is in use is changed, and the end of the session removes
what was staged. From `arm` on the server reverts by itself unless `confirm` succeeds: at once when
the session ends, at the deadline, or at the next boot.

Every call may raise `ConnectionLost` (the step may or may not be done) and `StepFailed` (it is
not). Only `inspect`, `read`, `result`, `health`, `status` and `logs` work without the lock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from tetra_es.disk.closing import Closing
from tetra_es.remote import codec, inventory, responses
from tetra_es.remote.codec import word
from tetra_es.remote.errors import Locked, StepFailed, Unreachable
from tetra_es.remote.facts import Owner
from tetra_es.remote.program import agent
from tetra_es.remote.requests import complete, inspection
from tetra_es.remote.session import ANSWER_SECONDS, AgentSession

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from tetra_es.release.release import (
        HealthSettings,
        Release,
        ReleaseCommand,
        Runner,
        Service,
    )
    from tetra_es.remote.facts import Facts, Outcome, ServiceHealth, UnitState
    from tetra_es.remote.transport import Transport

RETURNED = "tsm start returned and nothing is running"
"""Why the services of the runner tsm are not healthy where `tsm start` does not stay."""
PATIENCE_SECONDS = 60
RESTART_SECONDS = 120
"""How long systemd may take to stop and start the units, beside what the slowest gets to stop."""
TIMES_ASKED = 4
"""How often a service is asked at the most in one round: by HTTP and HTTPS, at both localhosts."""
DAEMON_SECONDS = 420.0
"""How long one systemctl may be silent: a service may get 300 s to stop, and 90 s to start."""


@dataclass(frozen=True)
class Armed:
    """What a server will do at the switch."""

    copies: Mapping[str, str]
    """Where the copies will be of what no release of ours has put there, by path."""
    changes: frozenset[str]
    """Paths of the files and links that it will replace or remove."""


class Server(Closing):
    """An open session. Use `with Server.open(…) as server`."""

    def __init__(self, session: AgentSession) -> None:
        self._session = session

    @classmethod
    def open(
        cls,
        transport: Transport,
        organization: str,
        environment: str,
        *,
        patience: int = PATIENCE_SECONDS,
        program: str | None = None,
    ) -> Self:
        """Start the agent on the server. Raises `Unreachable`.

        `patience`: seconds of silence after which others may take this session for dead.
        `program`: the agent's text, by default the package's own.
        """
        session = AgentSession(transport, program or agent())
        session.greet(organization, environment, patience)
        return cls(session)

    @property
    def host(self) -> str:
        """Name of the server."""
        return self._session.host

    @property
    def pid(self) -> int:
        """The local process that carries the session: ssh, or the agent itself."""
        return self._session.pid

    def inspect(self, release: Release | None = None) -> Facts:
        """Return what the server is like, changing nothing.

        With a release: also about the release's paths, users, ports and units.
        """
        answer = self._session.request("inspect", body=inspection(release))
        with self._session.understanding("inspect"):
            return complete(responses.facts(answer), release)

    def lock(self, who: str, origin: str, *, wait: int = 0) -> None:
        """Take the lock, waiting up to `wait` seconds. Raises `Locked`.

        A lock whose owner was silent for longer than its patience is taken over; its process on
        the server is ended first. What dead sessions staged is removed.
        """
        try:
            self._session.request(
                "lock", word(who), word(origin), str(wait), seconds=ANSWER_SECONDS + 30 + wait
            )
        except StepFailed as error:
            if not error.reason.startswith("locked"):
                raise
            unknown = Owner("somebody", "somewhere", "just now")
            with self._session.understanding("lock"):
                owner = responses.owner(error.rows)
            raise Locked(self.host, owner or unknown) from None

    def create_user(self, user: str, group: str, home: str) -> None:
        """Create a system user and its group where they are missing. Not reverted."""
        self._session.request("create_user", word(user), word(group), word(home))

    def stage(self, deployment: str, release: Release, source: str) -> None:
        """Upload everything to a folder that only root can read, and verify its checksums."""
        manifest = codec.payload(inventory.write(release, deployment, source))
        self._session.pipeline(
            [
                ("stage", [deployment], manifest),
                *(
                    ("put", [deployment, str(number)], codec.payload(file.content))
                    for number, file in enumerate(release.files)
                ),
                ("staged", [deployment], b""),
            ]
        )

    def adopt(self, deployment: str) -> None:
        """Take what was staged for what is deployed: every file of it is in its place already."""
        self._session.request("adopt", deployment)

    def arm(
        self,
        deployment: str,
        seconds: int,
        *,
        replace_unmanaged: bool = False,
        replace_drift: bool = False,
    ) -> Armed:
        """Keep what will be changed, and have the server revert after `seconds`.

        Files that no release of ours has put there are refused, or else copied, and so are those
        that were changed since: the answer has where each copy will be. Refused
        (`StepFailed`) while another deployment is undecided, too.
        """
        what = ["replace" if each else "refuse" for each in (replace_unmanaged, replace_drift)]
        answer = self._session.request(
            "arm", deployment, str(seconds), *what, seconds=2 * ANSWER_SECONDS
        )
        with self._session.understanding("arm"):
            return Armed(
                copies={
                    codec.answer_text(path): codec.answer_text(copy)
                    for path, copy in answer.of("copy")
                },
                changes=frozenset(
                    codec.unword(path)
                    for kind, path in answer.of("todo")
                    if kind in ("file", "link", "remove")
                ),
            )

    def command(
        self,
        deployment: str,
        service: str,
        command: ReleaseCommand,
        env_file: int,
        heard: Callable[[str], None],
    ) -> None:
        """Run what a service runs before the switch; `heard` gets each line of what it prints.

        `env_file`: which of the release's files has its variables. `StepFailed` where it fails, or
        takes longer than it may.
        """

        def tell(row: list[str]) -> None:
            heard(codec.answer_text(row[1]))

        options = [f"--setenv={each}" for each in command.variables]
        options += [word for each in command.properties for word in ("-p", each)]
        self._session.request(
            "command",
            deployment,
            word(service),
            str(env_file),
            str(command.timeout),
            str(len(options)),
            *map(word, (*options, *command.words)),
            seconds=command.timeout + ANSWER_SECONDS,
            progress=tell,
        )

    def switch(self, deployment: str) -> None:
        """Put every file in its place, each by a rename; reload systemd; enable the units."""
        self._session.request("switch", deployment, seconds=2 * ANSWER_SECONDS)

    def restart(
        self,
        deployment: str,
        units: Collection[str] | None = None,
        seconds: int = RESTART_SECONDS,
    ) -> None:
        """Stop the units that are gone, restart `units`, wait until systemd has them up.

        None stands for all of the release. The others are left alone, and a revert does, too.
        """
        which = ["all"] if units is None else ["these", *map(word, units)]
        self._session.request("restart", deployment, str(seconds), *which)

    def wait_until_healthy(
        self,
        deployment: str,
        services: Sequence[Service],
        check: HealthSettings,
        runner: Runner,
        *,
        progress: Callable[[str], None] | None = None,
    ) -> tuple[ServiceHealth, ...]:
        """Ask until every service answered `successes` times in a row without a restart.

        They must then stay so for `stays_up` seconds, counted from the first good answer: what
        answers may be left over from a command that has returned. `progress` gets a line for each
        round. Raises `StepFailed` at the deadline, or as soon as a unit is down for good, with the
        reason `RETURNED` where `tsm start` did not stay.
        """

        def tell(row: list[str]) -> None:
            if progress:
                progress(codec.answer_line(row[1]) if row[1:] else f"{row[0]} of {check.successes}")

        limits = (check.deadline, check.interval, check.timeout, check.successes, check.stays_up)
        answer = self._session.request(
            "healthy",
            deployment,
            *map(str, limits),
            runner,
            *_words(services),
            seconds=_patience(services, check.timeout) + check.interval,
            progress=tell,
        )
        with self._session.understanding("healthy"):
            return responses.health(answer, services)

    def confirm(self, deployment: str) -> None:
        """Keep the release: from here on the server does not revert. `StepFailed` if it did."""
        self._session.request("confirm", deployment, seconds=2 * ANSWER_SECONDS)

    def revert(self, deployment: str, seconds: int = RESTART_SECONDS) -> Outcome:
        """Put the old state back now, and wait until it runs. Of one only staged: remove it.

        May be repeated, and finishes what was begun. `StepFailed` if it was confirmed. Whether the
        old services are healthy again is for `health` to say.
        """
        answer = self._session.request(
            "revert", deployment, str(seconds), seconds=2 * ANSWER_SECONDS
        )
        with self._session.understanding("revert"):
            return responses.outcome(answer, deployment)

    def result(self, deployment: str) -> Outcome:
        """Return how far a deployment got."""
        answer = self._session.request("result", deployment)
        with self._session.understanding("result"):
            return responses.outcome(answer, deployment)

    def unlock(self) -> None:
        """Give the lock back. Closing the session does it too."""
        self._session.request("unlock")

    def health(self, services: Sequence[Service], timeout: int) -> tuple[ServiceHealth, ...]:
        """Ask each service once."""
        answer = self._session.request(
            "health",
            str(timeout),
            *_words(services),
            seconds=_patience(services, timeout),
        )
        with self._session.understanding("health"):
            return responses.health(answer, services)

    def status(self, units: Sequence[str]) -> tuple[UnitState, ...]:
        """Return what systemd knows of the units."""
        answer = self._session.request("status", *map(word, units))
        with self._session.understanding("status"):
            return responses.units(answer)

    def read(self, path: str) -> bytes:
        """Return the content of a file, which may hold secrets, up to 1 MiB.

        `StepFailed` where it is not there or not a file, and where it is a link: somebody who may
        not read what that leads to could have made it.
        """
        answer = self._session.request("read", word(path))
        with self._session.understanding("read"):
            (row,) = answer.of("content")
            return codec.answer_bytes(row[0])

    def daemon(self, verb: str, units: Sequence[str]) -> None:
        """`start`, `stop`, `restart`, `enable` or `disable` units. The lock must be held."""
        self._session.request("daemon", verb, *map(word, units), seconds=DAEMON_SECONDS)

    def logs(self, units: Sequence[str], lines: int, *, follow: bool = False) -> Iterator[str]:
        """Yield the journal's last lines, and with `follow` what comes after; ends the session.

        Raises `Unreachable` where it was to be followed and the connection ends.
        """
        self._session.request("logs", str(lines), "yes" if follow else "no", *map(word, units))
        for line in self._session.stream():
            yield line.decode("utf-8", "replace")
        if follow:
            raise Unreachable(f"lost the connection to {self.host}", hint="follow it again")

    def abandon(self) -> None:
        """Cut the connection, from another thread: a thread that waits for an answer gets none."""
        self._session.abandon()

    def close(self) -> None:
        """End the session."""
        self._session.close()


def _patience(services: Sequence[Service], timeout: int) -> float:
    return ANSWER_SECONDS + TIMES_ASKED * (timeout + 1) * len(services)


def _words(services: Sequence[Service]) -> list[str]:
    words = []
    for each in services:
        port = "-" if each.port is None else str(each.port)
        words += [word(each.name), word(each.unit), port, word(each.check)]
    return words

"""Whether the servers do, and have, what was deployed."""

from __future__ import annotations

import shlex
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import Refused, TetraEsError
from tetra_es.remote.drift import drift as differences_of
from tetra_es.remote.drifted import OTHER
from tetra_es.usecases.deploy.adoption import adoption
from tetra_es.usecases.deploy.deployed_state import sources_of
from tetra_es.usecases.deploy.hosts import all_of_it
from tetra_es.usecases.deploy.on_servers import OnServers
from tetra_es.usecases.deploy.recorded import check_left_out, compare, remedy, standing_of
from tetra_es.usecases.deploy.request import command_on
from tetra_es.usecases.deploy.results import ask_each

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es.remote.drift import Difference
    from tetra_es.remote.facts import Deployed, Facts
    from tetra_es.remote.server import Server
    from tetra_es.usecases.deploy.recorded import Comparison
    from tetra_es.usecases.deploy.results import Answers


class ServiceAnswer(NamedTuple):
    """What a service on a host answered."""

    host: str
    service: str
    unit: str
    port: int | None
    healthy: bool
    status: str
    """`200`, another HTTP status, `no answer`, or why the unit does not count as up."""
    stopped: bool = False
    """Whether its unit does not run, and did not fail."""


class HostDifference(NamedTuple):
    """How a host differs from what our history says was deployed there."""

    host: str
    subject: str
    """A path, a unit, or `release`."""
    difference: str
    remedy: str
    adopt: tuple[str, ...] = ()
    """Commands, one after the other, that adopt what of the host's changes maps back."""


class Looking(OnServers):
    """Looks at the servers of an environment, and changes nothing."""

    def health(self, timeout: int) -> Answers[ServiceAnswer]:
        """Ask every service once, for `timeout` seconds at the most.

        One that is not healthy is an error, and so is a server that does not have what our history
        says was deployed there.
        """

        def ask(server: Server) -> Iterator[ServiceAnswer]:
            facts, found = self._compared(server)
            if found.difference:
                raise TetraEsError(
                    f"the release on {server.host} {found.difference}", hint=found.hint
                )
            services = facts.current.services if facts.current else ()
            for one in server.health(services, timeout):
                yield ServiceAnswer(
                    *(server.host, one.service, one.unit, one.port, one.healthy, one.status),
                    stopped=one.stopped,
                )
            self._check_left_out(server)

        hosts = all_of_it(self._access, self._selection, self._known)
        answers = ask_each(self._access, self._environment, hosts, ask)
        sick = next((row for row in answers.rows if not row.healthy), None)
        if sick and not answers.errors:
            logs = command_on(sick.host, "daemon", "logs", self._environment)
            start = command_on(sick.host, "daemon", "start", self._environment)
            answers.errors.append(
                TetraEsError(
                    f"{sick.service} on {sick.host} is not healthy: {sick.status}",
                    hint=f"`{start}` starts it" if sick.stopped else f"`{logs}` shows what it says",
                )
            )
        return answers

    def drift(self) -> Answers[HostDifference]:
        """Compare the servers with what our history says was deployed there.

        A difference is `Refused`; a server that has nothing, or does not answer, is an error.
        """

        def ask(server: Server) -> Iterator[HostDifference]:
            facts, found = self._compared(server)
            if found.difference:
                yield HostDifference(server.host, "release", found.difference, found.hint)
                return
            again = command_on(server.host, "deploy", self._environment)
            differences = differences_of(facts, found.recorded.files if found.recorded else None)
            adopt = self._adoption(server.host, facts, differences)
            if adopt:
                self._listener.adoptable(server.host, adopt)
            for one in differences:
                what_helps = remedy(one, again)
                yield HostDifference(server.host, one.subject, one.difference, what_helps, adopt)
            self._check_left_out(server)

        hosts = all_of_it(self._access, self._selection, self._known)
        answers = ask_each(self._access, self._environment, hosts, ask)
        if answers.rows:
            # What differs comes before a host that is behind, or that did not answer.
            first = answers.rows[0]
            what = f"{first.subject} on {first.host}: {first.difference}"
            answers.errors.insert(0, Refused(what, hint=first.remedy))
        return answers

    def _adoption(
        self, host: str, facts: Facts, differences: Sequence[Difference]
    ) -> tuple[str, ...]:
        """Return commands that adopt what somebody changed on a host, as far as it maps back.

        What they leave, such as a mode or a file with secrets, a deployment has to replace.
        """
        name = self._environment
        with suppress(TetraEsError):
            if not facts.current or not (
                sources := sources_of(self._known.log, name, facts.current.source)
            ):
                return ()
            found = adoption(self._access.organization, name, *sources, facts)
            if found.assignments:
                values = [f"{one.key}={one.literal}" for one in found.assignments]
                deploy = command_on(host, "deploy", name)
                whole = found.whole and not any(_stays(one, facts.current) for one in differences)
                return (
                    shlex.join(["tetra-es", "set", "profile", name, *values]),
                    f"tetra-es promote {name}",
                    deploy if whole else f"{deploy} --replace-drift",
                )
        return ()

    def _compared(self, server: Server) -> tuple[Facts, Comparison]:
        """Return what a server is like, and how its release is the one that our history says.

        Raises `TetraEsError` where it has none.
        """
        facts = server.inspect()
        host = server.host
        names = self._known.names_of(self._environment, host, facts.machine)
        found = compare(self._known.log, self._environment, host, facts.current, names)
        if found.recorded is None and not found.difference:
            self._listener.unrecorded(host, found.source)
        for line in standing_of(self._known, self._environment, host):
            self._listener.behind(host, line)
        return facts, found

    def _check_left_out(self, server: Server) -> None:
        check_left_out(self._known, self._environment, server.host)


def _stays(one: Difference, current: Deployed) -> bool:
    """Return whether no value of the TOML makes a difference that somebody made."""
    secret = {file.path for file in current.files if file.secret}
    return one.by_hand and (one.difference != OTHER or one.subject in secret)

"""What `doctor ENV` looks at on the servers of an environment."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError
from tetra_es.limits import CLOCK_SKEW
from tetra_es.release.render import render
from tetra_es.remote.drift import drift
from tetra_es.remote.plan import plan
from tetra_es.remote.programs import in_words, of_tsm
from tetra_es.text import one_line
from tetra_es.usecases.check import Check
from tetra_es.usecases.deploy.hosts import named_hosts, of_environment, select
from tetra_es.usecases.deploy.recorded import check_left_out, compare, remedy, standing_of
from tetra_es.usecases.deploy.request import command_on
from tetra_es.usecases.deploy.unmanaged import described

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from tetra_es.release.release import Release
    from tetra_es.remote.facts import Facts, UnitState
    from tetra_es.remote.plan import Plan
    from tetra_es.remote.server import Server
    from tetra_es.remote.transport import Transport
    from tetra_es.usecases.deploy.access import Access
    from tetra_es.usecases.deploy.request import HostSelection
    from tetra_es.usecases.ports import Deployments

_LOG_LINES = 5


@dataclass
class Findings:
    """What was found on the servers of an environment."""

    checks: list[Check] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    """What units that failed logged last: for a person's eyes."""


def diagnose(
    known: Deployments, access: Access, selection: HostSelection, *, again: str
) -> Findings:
    """Look at each server of an environment; what is wrong is a finding, never an error.

    `again` is the command that deploys to those that are looked at.
    """
    findings = Findings()
    try:
        for one in _diagnoses(known, access, selection, again):
            one.look(findings)
    except TetraEsError as error:
        findings.checks.append(Check("servers", "failed", error.message, error.hint or ""))
    return findings


def _diagnoses(
    known: Deployments, access: Access, selection: HostSelection, again: str
) -> Iterator[_Diagnosis]:
    name = selection.environment
    document = known.document(name)
    named = named_hosts(name, document)
    # Of the secrets only the names play a part in what is looked at here.
    values = dict.fromkeys(known.secret_names(name), b"")
    release = render(access.organization, name, document, values)
    hosts = select(access, selection, lambda: of_environment(known, name, named))
    for transport in hosts:
        yield _Diagnosis(known, access, transport, release, again)


class _Diagnosis:
    """One server."""

    def __init__(
        self,
        known: Deployments,
        access: Access,
        transport: Transport,
        release: Release,
        again: str,
    ) -> None:
        self._known = known
        self._access = access
        self._transport = transport
        self._host = transport.host
        self._release = release
        self._environment = release.environment
        self._all = again
        self._again = command_on(transport.host, "deploy", release.environment)

    def look(self, findings: Findings) -> None:
        """Add what there is to say of it."""
        try:
            with self._access.open(self._transport, self._environment) as server:
                failed = []
                for check in self._checks(server):
                    findings.checks.append(check)
                    unit = check.name.removeprefix(f"{self._host} ")
                    if check.result == "failed" and unit.endswith(".service"):
                        failed.append(unit)
                if failed:
                    lines = server.logs(failed, _LOG_LINES)
                    findings.logs += [one_line(f"{self._host}: {line}") for line in lines]
        except TetraEsError as error:
            findings.checks.append(Check(self._host, "failed", error.message, error.hint or ""))

    def _checks(self, server: Server) -> Iterator[Check]:
        facts = server.inspect(self._release)
        yield Check(self._host, "ok", f"reached; systemd {facts.systemd}, {facts.state}")
        yield self._clock(facts)
        if lacking := of_tsm(self._release, facts.tools):
            names = in_words(lacking)
            what = f"tsm's own commands, such as tsm list, need {names}; the services do not"
            yield Check(f"{self._host} programs", "warning", what, f"install {names} there")
        yield from self._ports(facts)
        found = plan(self._release, facts, now=int(time.time()))
        yield from self._ahead(found)
        yield from self._deployed(facts, {one.path for one in found.drifted})
        if facts.current is not None:
            for unit in server.status(tuple(facts.current.units)):
                yield self._unit(unit)

    def _clock(self, facts: Facts) -> Check:
        name, skew = f"{self._host} clock", facts.time - int(time.time())
        if abs(skew) <= CLOCK_SKEW:
            return Check(name, "ok", "agrees with the one here")
        what = f"its clock is {abs(skew)} s {'ahead of' if skew > 0 else 'behind'} the one here"
        return Check(name, "warning", what, "set up time synchronization where it is wrong")

    def _ports(self, facts: Facts) -> Iterator[Check]:
        for service in self._release.services:
            if service.port is None:
                continue
            who = [
                f"{one.command} ({one.unit or f'process {one.pid}'})"
                for one in facts.listeners
                if one.port == service.port
            ]
            yield Check(f"{self._host} port {service.port}", "ok", ", ".join(who) or "free")

    def _ahead(self, found: Plan) -> Iterator[Check]:
        """Yield what would stand in the way of a deployment: files, users, ports, space."""
        name = f"{self._host} deploy"
        for one in found.unmanaged:
            what = f"not deployed by tetra-es: {described(one)}"
            hint = f"`{self._all} --replace-unmanaged` keeps a copy and replaces it"
            yield Check(name, "failed", what, hint)
        for changed in found.drifted:
            what = f"changed on the server: {changed.path} ({changed.what})"
            hint = f"`{self._all} --replace-drift` keeps a copy and replaces it"
            yield Check(name, "failed", what, hint)
        for problem in found.problems:
            yield Check(name, "failed", problem.what, problem.hint)
        if not (found.unmanaged or found.drifted or found.problems):
            yield Check(name, "ok", "nothing stands in the way")

    def _deployed(self, facts: Facts, named: Container[str]) -> Iterator[Check]:
        """Yield how the release stands to what is recorded; `named` are files that were already."""
        name = f"{self._host} release"
        try:
            names = self._known.names_of(self._environment, self._host, facts.machine)
            found = compare(self._known.log, self._environment, self._host, facts.current, names)
        except TetraEsError as error:
            yield Check(name, "failed", error.message, error.hint or "")
            return
        if found.difference:
            yield Check(name, "failed", found.difference, found.hint)
        elif found.recorded:
            yield Check(name, "ok", found.source)
        else:
            yield Check(name, "ok", f"{found.source}, of which no deployment is recorded")
        if facts.pending is not None:
            what = f"the deployment {facts.pending.deployment} is {facts.pending.state}"
            yield Check(name, "warning", what, f"`{self._again}` asks how it ended")
        if found.difference:
            return
        for line in standing_of(self._known, self._environment, self._host):
            yield Check(f"{self._host} state", "warning", line, f"`{self._again}` deploys it")
        try:
            check_left_out(self._known, self._environment, self._host)
        except TetraEsError as error:
            yield Check(name, "failed", error.message, error.hint or "")
        for one in drift(facts, found.recorded.files if found.recorded else None):
            if one.by_hand and one.subject in named:
                continue
            what = f"{one.subject}: {one.difference}"
            yield Check(f"{self._host} drift", "warning", what, remedy(one, self._again))

    def _unit(self, unit: UnitState) -> Check:
        name = f"{self._host} {unit.name}"
        if unit.running:
            what = f"active since {unit.since}, {unit.restarts} restarts"
            return Check(name, "ok", what)
        what = f"{unit.load}, {unit.active} ({unit.result})"
        return Check(name, "failed", what, f"journalctl -u {unit.name} on {self._host}")

"""Hosts one after the other, or some at a time; the first failure is the end."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from tetra_es.errors import Refused, TetraEsError
from tetra_es.remote.errors import ConnectionLost, Unreachable
from tetra_es.usecases.deploy.anchor import parse_anchor
from tetra_es.usecases.deploy.before import before_of, spec_before
from tetra_es.usecases.deploy.deployed_state import known_release
from tetra_es.usecases.deploy.failures import DeploymentFailed, journal_of, message_of
from tetra_es.usecases.deploy.journal import HostJournal, call
from tetra_es.usecases.deploy.outcome import note_kept, settle, was_kept, was_reverted
from tetra_es.usecases.deploy.plans import preflight
from tetra_es.usecases.deploy.relay import Relay
from tetra_es.usecases.deploy.request import command_on
from tetra_es.usecases.deploy.results import Answers, HostResult, code_text
from tetra_es.usecases.deploy.steps import deploy, is_there
from tetra_es.usecases.deploy.unmanaged import check_replaced, tell_drift, tell_values

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from tetra_es.crypto.age.identity import Identity
    from tetra_es.remote.drifted import Known
    from tetra_es.remote.facts import Outcome
    from tetra_es.remote.plan import Plan
    from tetra_es.remote.server import Server
    from tetra_es.remote.transport import Transport
    from tetra_es.usecases.deploy.access import Access
    from tetra_es.usecases.deploy.before import Before
    from tetra_es.usecases.deploy.journal import Caller
    from tetra_es.usecases.deploy.listener import RolloutListener
    from tetra_es.usecases.deploy.pace import Pace
    from tetra_es.usecases.deploy.spec import RolloutSpec
    from tetra_es.usecases.workspace import Workspace

    Identities = Callable[[], Sequence[Identity]]

Ended: TypeAlias = "HostResult | BaseException"
"""How it ended at one host."""


class Batches:
    """One rollout under way."""

    def __init__(
        self,
        workspace: Workspace,
        access: Access,
        listener: RolloutListener,
        spec: RolloutSpec,
        again: str,
    ) -> None:
        self._workspace = workspace
        self._access = access
        self._listener = listener
        self._spec = spec
        self._again = again
        self._take_over = False
        self._before: dict[str, Before] = {}
        """What each host had before this rollout."""
        self._live: list[Server] = []
        self._interrupted = False

    @property
    def _environment(self) -> str:
        return self._spec.state.environment

    def run(
        self, hosts: Sequence[Transport], pace: Pace, *, take_over: bool
    ) -> Answers[HostResult]:
        """Do all hosts, a batch at a time, until one of them fails and its batch has ended."""
        self._take_over = take_over
        done: Answers[HostResult] = Answers()
        tried = 0
        for batch in pace.batches(hosts):
            if tried and pace.pause:
                self._pause(pace.pause, hosts[:tried], done)
            if not done.errors:
                tried += len(batch)
                self._do(batch, done)
            if done.errors:
                if self._interrupted:
                    done.errors.sort(key=_is_cut_off)
                for transport in hosts[tried:]:
                    self._listener.not_tried(transport.host)
                lines = (line for error in done.errors for line in journal_of(error))
                for line in dict.fromkeys(lines):
                    self._listener.logged(line)
                break
        return done

    def _do(self, batch: Sequence[Transport], done: Answers[HostResult]) -> None:
        for host, ended in zip(batch, self._batch(batch), strict=True):
            if isinstance(ended, BaseException):
                done.errors.append(ended)
                ended = self._failed(host, ended)  # noqa: PLW2901 - the row of it
            done.rows.append(ended)

    def _pause(self, seconds: int, hosts: Sequence[Transport], done: Answers[HostResult]) -> None:
        """Wait, then ask the hosts that are done whether they are still well."""
        self._listener.pauses(seconds)
        time.sleep(seconds)
        release = self._spec.release
        for transport in hosts:
            try:
                with self._access.open(transport, self._environment) as server:
                    asked = server.health(release.services, release.settings.health.timeout)
            except TetraEsError as error:
                done.errors.append(error)
                continue
            for one in asked:
                if not one.healthy:
                    what = f"{self._spec.source} did not stay well on {transport.host}"
                    hint = f"`{command_on(transport.host, 'daemon', 'logs', self._environment)}`"
                    done.errors.append(
                        DeploymentFailed(
                            f"{what}: {one.service}: {one.status}",
                            hint=f"{hint} says what it logged",
                        )
                    )

    def go_back(
        self, done: Answers[HostResult], hosts: Sequence[Transport], identities: Identities
    ) -> None:
        """Deploy again what they had before to the hosts that have been given something new."""
        self._interrupted = False  # what was to stop has stopped: another Ctrl-C stops this
        by_name = {transport.host: transport for transport in hosts}
        for at, row in enumerate(done.rows):
            if row.outcome != "serving":
                continue
            try:
                done.rows[at] = self._back(by_name[row.host], identities)
            except TetraEsError as error:
                done.errors.append(_not_back(row.host, error))

    def _back(self, transport: Transport, identities: Identities) -> HostResult:
        before = self._before[transport.host]
        if before.lost:
            raise TetraEsError(
                before.lost,
                hint="deploy there what should run, with "
                f"`{command_on(transport.host, 'deploy', self._environment)} --at REF`",
            )
        spec = self._workspace.look(
            lambda work: spec_before(
                work,
                self._access.organization,
                self._environment,
                transport.host,
                before.deployment,
                identities,
            )
        )
        self._listener.goes_back(transport.host, "" if spec.removes else spec.source)
        ended = self._to(transport, call, spec)
        if isinstance(ended, BaseException):
            raise ended
        return replace(ended, outcome="returned")

    def _failed(self, host: Transport, error: BaseException) -> HostResult:
        return HostResult(host.host, self._environment, None, message_of(error), "failed")

    def _batch(self, hosts: Sequence[Transport]) -> list[Ended]:
        if len(hosts) == 1:  # in this thread, where Ctrl-C arrives
            return [self._to(hosts[0], call, self._spec)]
        self._live = []
        with ThreadPoolExecutor(len(hosts)) as pool, Relay() as relay:
            futures = [pool.submit(self._to, host, relay.call, self._spec) for host in hosts]
            try:
                relay.serve(futures)
            except KeyboardInterrupt:
                before = [future for future in futures if future.done()]
                self._interrupted = True
                self._listener.interrupted()
                for server in tuple(self._live):
                    server.abandon()
                relay.serve(futures)
                failed = [one for one in map(_ended, futures) if isinstance(one, BaseException)]
                if all(map(_is_cut_off, failed)) and not any(map(_has_failed, before)):
                    raise
        return [_ended(future) for future in futures]

    def _to(self, transport: Transport, caller: Caller, what: RolloutSpec) -> Ended:
        """Deploy to a host, or find that there is nothing to do."""
        spec = what.for_next_host()
        journal = HostJournal(self._workspace, self._environment, transport.host, caller)
        try:
            with self._access.locked(transport, self._environment) as server:
                self._live.append(server)
                if self._interrupted:
                    raise KeyboardInterrupt
                plan = self._check(server, spec, journal)
                spec = replace(spec, code=plan.code, machine=plan.machine)
                if names := journal.other_names(plan.machine):
                    self._listener.same_machine(transport.host, names)
                self._before.setdefault(transport.host, before_of(plan, journal.state()))
                if is_there(server, spec, plan):
                    return self._unchanged(spec, journal)
                if spec.code and spec.code != journal.code():
                    # All run from it, and one of them would go on with what it was before.
                    spec = replace(spec, restart=True)
                kept = deploy(
                    server,
                    spec,
                    journal,
                    plan,
                    reopen=lambda: self._access.open(transport, self._environment),
                    say=lambda step: self._listener.step(transport.host, step),
                    heard=lambda *said: self._listener.printed(transport.host, *said),
                )
        except TetraEsError as error:
            return error
        if spec.removes:
            self._listener.removed(transport.host, self._environment)
        else:
            self._listener.serves(transport.host, spec.source)
        for path, copy in kept.copies.items():
            self._listener.copied(transport.host, path, copy)
        if plan.disables:
            self._listener.not_at_boot(transport.host, plan.disables)
        if kept.left:
            self._listener.left_running(transport.host, kept.restarted, kept.left)
        return HostResult(
            transport.host,
            self._environment,
            spec.id,
            None,
            "serving",
            kept.answers,
            kept.copies,
            kept.restarted,
            code=spec.code,
        )

    def _check(self, server: Server, spec: RolloutSpec, journal: HostJournal) -> Plan:
        """Return what is to do on a server. Raises `Refused` where it must not be done."""
        if left := settle(server, journal):
            self._listener.found_open(server.host, _fate(left))
        plan = preflight(server, spec, self._known(journal))
        if not self._take_over:
            self._check_ours(journal, plan.deployed)
        if not spec.replace_drift:
            tell_drift(self._listener, server.host, plan)
        check_replaced(server.host, spec, plan, self._again)
        tell_values(self._listener, server.host, spec, plan)
        if spec.removes:
            _check_known(journal, server, plan)
        return plan

    def _known(self, journal: HostJournal) -> Callable[[str], Known | None]:
        """Return what finds out what is known of a release that a server has."""
        organization = self._access.organization
        return lambda source: journal.look(
            lambda work: known_release(work.log, organization, self._environment, source)
        )

    def _check_ours(self, journal: HostJournal, deployed: str | None) -> None:
        """Refuse to replace what another history put on a server."""
        anchor = parse_anchor(deployed or "")
        if anchor is None or deployed is None or journal.is_ours(deployed):
            return
        does = "removes" if self._spec.removes else "replaces"
        raise Refused(
            f"{journal.host} has event #{anchor[0]} of another history of "
            f"{self._spec.release.organization}",
            hint=f"find out who deploys there; `{self._again} --take-over` {does} it",
        )

    def _unchanged(self, spec: RolloutSpec, journal: HostJournal) -> HostResult:
        """Record that a server has the release, where the last that was recorded is another."""
        if spec.removes:
            self._listener.nothing_there(journal.host)
        else:
            self._listener.is_there(journal.host, spec.source)
        # What runs is what was there when it was started.
        runs, now = journal.code(), spec.code
        if runs and now and now != runs:
            texts = (code_text(runs), code_text(now))
            self._listener.newer_code(journal.host, *texts, self._again)
        spec = replace(spec, code=runs)
        serving = journal.state().serving
        if (serving.revision if serving else 0) != spec.state.revision:
            journal.claim(spec.start)
            note_kept(journal, removes=spec.removes)
            journal.send()
        return HostResult(
            journal.host, self._environment, spec.id, None, "unchanged", code=spec.code
        )


def _not_back(host: str, error: TetraEsError) -> TetraEsError:
    return TetraEsError(f"{host} could not go back: {error.message}", hint=error.hint)


def _has_failed(future: Future[Ended]) -> bool:
    """Return whether a host failed, and not by the interrupt that comes here after that."""
    error = _ended(future)
    if isinstance(error, Unreachable) and error.by_interrupt:
        return False
    return isinstance(error, BaseException)


def _is_cut_off(error: BaseException) -> bool:
    """Return whether an interrupt made this error: nothing had begun there."""
    return isinstance(error, (KeyboardInterrupt, Unreachable, ConnectionLost))


def _ended(future: Future[Ended]) -> Ended:
    return future.exception() or future.result()


def _fate(outcome: Outcome) -> str:
    if was_kept(outcome):
        return "was kept"
    return "was put back" if was_reverted(outcome) else "had changed nothing"


def _check_known(journal: HostJournal, server: Server, plan: Plan) -> None:
    """Refuse to remove nothing where a server has lost its record of what it has."""
    units = journal.units() if plan.deployed is None else []
    left = [unit.name for unit in server.status(units) if unit.load == "loaded"]
    if left:
        again = command_on(server.host, "deploy", journal.environment)
        raise Refused(
            f"{server.host} has no record of what was deployed to it, and {left[0]} is there",
            hint=f"`{again}` deploys it again; then uninstall",
        )

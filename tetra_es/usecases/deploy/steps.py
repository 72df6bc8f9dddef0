"""Put a state of an environment on one server, verified, or leave the server as it was.

Each step is an event. What the server did is asked of the server: after a lost connection or a
killed process, what was recorded last is not what happened last.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError
from tetra_es.remote.errors import ConnectionLost, StepFailed
from tetra_es.remote.facts import UNKNOWN
from tetra_es.remote.plan import readers
from tetra_es.remote.server import RESTART_SECONDS, RETURNED
from tetra_es.usecases.deploy.failures import DeploymentFailed, cause_of, hint_of, journal_of
from tetra_es.usecases.deploy.mask import Mask
from tetra_es.usecases.deploy.outcome import note_kept, record_end, was_kept, was_reverted
from tetra_es.usecases.deploy.plans import check_plan
from tetra_es.usecases.deploy.request import command_on
from tetra_es.usecases.happened.not_recorded import NotRecorded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tetra_es.remote.facts import Outcome, ServiceHealth
    from tetra_es.remote.plan import Plan
    from tetra_es.remote.server import Server
    from tetra_es.usecases.deploy.journal import Journal
    from tetra_es.usecases.deploy.spec import RolloutSpec

MARGIN = 60
"""Seconds that a server waits beyond what starting and checking may take, before it reverts."""

_ANSWERS = 30
"""Times that a server is asked, a second apart, how a deployment ended that lost its session."""


@dataclass
class Kept:
    """What came of a deployment that succeeded."""

    answers: tuple[ServiceHealth, ...] = ()
    """What the services answered."""
    copies: Mapping[str, str] = field(default_factory=dict)
    """Where the copies are of what somebody else had made, by path."""
    restarted: tuple[str, ...] = ()
    """Units that were started again: what they read has changed, or they were not well."""
    left: tuple[str, ...] = ()
    """Units that went on: nothing that they read has changed."""


def deploy(
    server: Server,
    spec: RolloutSpec,
    journal: Journal,
    plan: Plan,
    *,
    reopen: Callable[[], Server],
    say: Callable[[str], None],
    heard: Callable[[str, str], None] = lambda *_: None,
) -> Kept:
    """Deploy to one server, whose lock is held; return what the server keeps.

    `plan` is what was found there under the lock, and checked for what must not be replaced.
    `reopen` opens another session when this one is lost. `heard` gets a service and a line that its
    release command has printed, without secrets. Raises `DeploymentFailed` when the
    server has, or will by itself have, what it had before.
    """
    journal.claim(spec.start)
    run = _Run(server, spec, journal, plan, say, heard)
    try:
        for step in run.steps():
            run.done(step)
    except (TetraEsError, KeyboardInterrupt) as error:
        if run.end(error, reopen):
            return run.kept
        raise run.failure(error) from error
    run.healthy()
    return run.kept


def is_there(server: Server, spec: RolloutSpec, plan: Plan) -> bool:
    """Return whether a server has, and serves, the release already.

    It is then told which event that is: the state may be a newer one with the same content.
    """
    release = spec.release
    if spec.restart or not plan.changes_nothing:
        return False
    if not all(
        one.healthy for one in server.health(release.services, release.settings.health.timeout)
    ):
        return False
    if release.files and plan.deployed != spec.provenance:
        server.stage(spec.id, release, spec.provenance)
        server.adopt(spec.id)
    return True


class _Run:
    """One deployment under way."""

    def __init__(
        self,
        server: Server,
        spec: RolloutSpec,
        journal: Journal,
        plan: Plan,
        say: Callable[[str], None],
        heard: Callable[[str, str], None],
    ) -> None:
        self._server = server
        self._spec = spec
        self._journal = journal
        self._plan = plan
        self._say = say
        self._heard = heard
        self._step = "preflight"
        self._armed = False
        self._fate = "nothing was changed there"
        self._to_restart: set[str] = set()
        self.kept = Kept()

    def steps(self) -> Iterator[str]:
        """Do one step after the other; yield the name of each that is done."""
        server, spec = self._server, self._spec
        yield self._at("preflight", self._check)
        if spec.create_user:
            settings = spec.release.settings
            create = (settings.user, settings.group, settings.tetra_dir)
            yield self._at("create-user", lambda: server.create_user(*create))
        yield self._at("stage", lambda: server.stage(spec.id, spec.release, spec.provenance))
        self._armed = True  # from here on the server may change, whatever we hear of it
        health = spec.release.settings.health
        seconds = health.deadline + health.stays_up + self._restart_seconds + MARGIN
        commands = [each.command for each in spec.release.services if each.command]
        seconds += sum(each.timeout for each in commands)
        yield self._at("arm", lambda: self._arm(seconds))
        if commands:
            yield self._at("release-command", self._commands)
        yield self._at("switch", lambda: server.switch(spec.id))
        yield self._at("restart", self._restart)
        yield self._at("health", self._wait)
        self._at("confirm", lambda: server.confirm(spec.id))

    def done(self, step: str) -> None:
        """Note that a step is done."""
        self._journal.note("step_done", step=step)

    def healthy(self) -> None:
        """Record that the server keeps the release, which nothing can change any more."""
        self.done("confirm")
        note_kept(self._journal, removes=self._spec.removes)
        try:
            self._journal.send()
        except NotRecorded as error:
            raise TetraEsError(
                f"{self._spec.source} serves on {self._server.host}, but that could not be "
                f"recorded: {error.message}",
                hint=error.hint,
            ) from error

    def end(self, error: BaseException, reopen: Callable[[], Server]) -> bool:
        """Have the server put back what it had, and record it; return whether it kept it all."""
        cause = cause_of(error)
        if not self._armed:
            self._failed(cause, switched=False)
            return False
        try:
            outcome = self._outcome(error, reopen)
        except TetraEsError:
            # The next command asks the server, and records what it says.
            self._fate = "it puts its previous state back by itself; the next deployment asks it"
            self._failed(cause, switched=True)
            return False
        kept = was_kept(outcome)
        if was_reverted(outcome):
            self._fate = "it has its previous state again"
            if outcome.down:
                self._fate += f", but {', '.join(outcome.down)}"
        self._sent(
            lambda: record_end(
                self._journal, outcome, self._step, cause, removes=self._spec.removes
            )
        )
        return kept

    def failure(self, error: BaseException) -> DeploymentFailed:
        """Return the error for people."""
        spec = self._spec
        name = spec.state.environment
        return DeploymentFailed(
            f"{spec.source} is not on {self._server.host}: {self._step}: {cause_of(error)}; "
            f"{self._fate}",
            hint=hint_of(error) or f"`tetra-es history {name} --steps` has the steps",
            journal=journal_of(error),
        )

    def _at(self, step: str, act: Callable[[], object]) -> str:
        self._step = step
        self._say(step)
        act()
        return step

    @property
    def _restart_seconds(self) -> int:
        return RESTART_SECONDS + self._spec.release.stop_timeout

    def _check(self) -> None:
        check_plan(self._plan, self._server.host)
        self._to_restart |= {*self._plan.restarts}

    def _arm(self, seconds: int) -> None:
        spec = self._spec
        armed = self._server.arm(
            spec.id,
            seconds,
            replace_unmanaged=spec.replace_unmanaged,
            replace_drift=spec.replace_drift,
        )
        self.kept.copies = armed.copies
        # A file that was changed on the server since the look at it changes back, too.
        self._to_restart |= {*readers(spec.release, armed.changes)}

    def _commands(self) -> None:
        """Run what the services run before the switch, one after the other."""
        release = self._spec.release
        numbers = {file.path: number for number, file in enumerate(release.files)}
        mask = Mask(self._spec.state.values.values())
        for service in release.services:
            if service.command:
                name, env_file = service.name, numbers[service.command.env_file]

                def tell(line: str, name: str = name) -> None:
                    self._heard(name, mask(line))

                self._server.command(self._spec.id, name, service.command, env_file, tell)

    def _restart(self) -> None:
        """Restart what reads what has changed, and what is not well."""
        release, chosen = self._spec.release, self._to_restart
        if self._spec.restart:
            chosen |= {*release.units}
        others = [each for each in release.services if each.unit not in chosen]
        if others:
            answers = self._server.health(others, release.settings.health.timeout)
            chosen |= {one.unit for one in answers if not one.healthy}
        units = tuple(unit for unit in release.units if unit in chosen)
        self._server.restart(self._spec.id, units, self._restart_seconds)
        self.kept.restarted = units
        self.kept.left = tuple(unit for unit in release.units if unit not in chosen)

    def _wait(self) -> None:
        release = self._spec.release
        try:
            self.kept.answers = self._server.wait_until_healthy(
                self._spec.id, release.services, release.settings.health, release.settings.runner
            )
        except StepFailed as error:
            if error.reason == RETURNED:
                name = release.environment
                error.hint = (
                    f"`tetra-es set profile {name} deployment.runner=direct` has systemd run the "
                    f"services itself, after `tetra-es promote {name}` and "
                    f"`{command_on(self._server.host, 'deploy', name)}`"
                )
            raise

    def _failed(self, cause: str, *, switched: bool) -> None:
        self._journal.note("failed", step=self._step, cause=cause, switched=switched)
        self._sent(self._journal.send)

    def _sent(self, send: Callable[[], object]) -> None:
        """Record how it ended; what the person must hear first is what failed first."""
        try:
            send()
        except NotRecorded as error:
            self._fate += f"; that could not be recorded: {error.message}; {error.hint}"

    def _outcome(self, error: BaseException, reopen: Callable[[], Server]) -> Outcome:
        """Return how the deployment ended, after telling the server to revert where that helps."""
        if isinstance(error, TetraEsError) and not isinstance(error, ConnectionLost):
            with suppress(ConnectionLost, StepFailed):
                outcome = self._server.revert(self._spec.id, self._restart_seconds)
                if outcome.over and outcome.state != UNKNOWN:
                    return outcome
        self._server.close()  # which has the server put back what is not confirmed
        with reopen() as server:
            for _ in range(_ANSWERS):
                outcome = server.result(self._spec.id)
                if outcome.over and outcome.state != UNKNOWN:
                    return outcome
                time.sleep(1)
        raise TetraEsError(f"{self._server.host} did not say how the deployment ended")

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
from tetra_es.remote.facts import CONFIRMED, CONFIRMING, REVERTED, REVERTING, UNKNOWN
from tetra_es.remote.plan import plan
from tetra_es.remote.server import RESTART_SECONDS, RETURNED
from tetra_es.usecases.order import DeploymentFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tetra_es.events.metadata import Context
    from tetra_es.model.host import HostState
    from tetra_es.remote.facts import Outcome, ServiceHealth
    from tetra_es.remote.plan import Plan
    from tetra_es.remote.server import Server
    from tetra_es.usecases.order import Journal, Order

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


def deploy(
    server: Server,
    order: Order,
    journal: Journal,
    *,
    reopen: Callable[[], Server],
    say: Callable[[str], None],
) -> Kept:
    """Deploy to one server, whose lock is held; return what the server keeps.

    `reopen` opens another session when this one is lost. Raises `DeploymentFailed` when the
    server has, or will by itself have, what it had before.
    """
    journal.record(order.start)
    run = _Run(server, order, journal, say)
    try:
        for step in run.steps():
            run.done(step)
    except (TetraEsError, KeyboardInterrupt) as error:
        if run.end(error, reopen):
            return run.kept
        raise run.failure(error) from error
    run.healthy()
    return run.kept


def preflight(server: Server, order: Order) -> Plan:
    """Return what deploying would change on the server, and what stands in its way."""
    facts = server.inspect(order.release)
    return plan(order.release, facts, now=int(time.time()), create_user=order.create_user)


def check_plan(plan: Plan) -> None:
    """Raise `StepFailed` where something stands in a plan's way."""
    if plan.problems:
        first, *others = plan.problems
        more = "".join(f"; {problem.what}" for problem in others)
        raise StepFailed("preflight", first.what + more, first.hint)


def is_there(server: Server, order: Order, plan: Plan) -> bool:
    """Return whether a server has, and serves, the release already.

    It is then told which event that is: the state may be a newer one with the same content.
    """
    release = order.release
    if not plan.changes_nothing:
        return False
    if not all(
        one.healthy for one in server.health(release.services, release.settings.health.timeout)
    ):
        return False
    if release.files and plan.deployed != order.provenance:
        server.stage(order.id, release, order.provenance)
        server.adopt(order.id)
    return True


def settle(server: Server, journal: Journal) -> Outcome | None:
    """Record how a deployment ended whose process did not live to; None where there is none.

    The lock is held, so nobody works on it any more: what is undecided is put back.
    """
    left = journal.target().open
    if left is None:
        return None
    outcome = server.result(left.id)
    if outcome.undecided:
        outcome = server.revert(left.id)
    _record_end(journal, outcome, left.step, "its process ended before it did")
    return outcome


def _record_end(journal: Journal, outcome: Outcome, step: str, cause: str) -> bool:
    """Record what became of a deployment, as the server tells; return whether it is kept."""
    if outcome.state in (CONFIRMED, CONFIRMING):
        journal.record(lambda target, context: target.healthy(context))
        return True
    switched = outcome.state in (REVERTED, REVERTING)

    def decide(target: HostState, context: Context) -> None:
        if target.open and not target.open.failed:
            target.failed(step or "start", cause, context, switched=switched)
        if target.open:
            causes = (outcome.cause or outcome.state, *outcome.down)
            target.reverted("; ".join(causes), context)

    journal.record(decide)
    return False


class _Run:
    """One deployment under way."""

    def __init__(
        self, server: Server, order: Order, journal: Journal, say: Callable[[str], None]
    ) -> None:
        self._server = server
        self._order = order
        self._journal = journal
        self._say = say
        self._step = "preflight"
        self._armed = False
        self._recordable = True
        self._fate = "nothing was changed there"
        self.kept = Kept()

    def steps(self) -> Iterator[str]:
        """Do one step after the other; yield the name of each that is done."""
        server, order = self._server, self._order
        yield self._at("preflight", self._check)
        if order.create_user:
            settings = order.release.settings
            create = (settings.user, settings.group, settings.tetra_dir)
            yield self._at("create-user", lambda: server.create_user(*create))
        yield self._at("stage", lambda: server.stage(order.id, order.release, order.provenance))
        self._armed = True  # from here on the server may change, whatever we hear of it
        health = order.release.settings.health
        seconds = health.deadline + health.stays_up + RESTART_SECONDS + MARGIN
        yield self._at("arm", lambda: self._arm(seconds))
        yield self._at("switch", lambda: server.switch(order.id))
        yield self._at("restart", lambda: server.restart(order.id))
        yield self._at("health", self._wait)
        self._at("confirm", lambda: server.confirm(order.id))

    def done(self, step: str) -> None:
        """Record that a step is done. Raises `StepFailed` where that cannot be."""
        try:
            self._journal.record(lambda target, context: target.done(step, context))
        except TetraEsError as error:
            self._recordable = False
            reason = f"it was done and could not be recorded: {error.message}"
            raise StepFailed(step, reason, error.hint) from error

    def healthy(self) -> None:
        """Record that the server keeps the release, which nothing can change any more."""
        try:
            self._journal.record(self._confirmed)
        except TetraEsError as error:
            raise TetraEsError(
                f"{self._order.source} serves on {self._server.host}, but that could not be "
                f"recorded: {error.message}",
                hint=f"`tetra-es deploy {self._order.state.environment}` records it",
            ) from error

    @staticmethod
    def _confirmed(target: HostState, context: Context) -> None:
        target.done("confirm", context)
        target.healthy(context)

    def end(self, error: BaseException, reopen: Callable[[], Server]) -> bool:
        """Have the server put back what it had, and record it; return whether it kept it all."""
        cause = _cause(error)
        if not self._armed:
            self._failed(cause, switched=False)
            return False
        try:
            outcome = self._outcome(error, reopen)
        except TetraEsError:
            # Whoever comes next asks the server, and records what it says.
            self._fate = "it puts its previous state back by itself; the next deployment asks it"
            self._failed(cause, switched=True)
            return False
        kept = outcome.state in (CONFIRMED, CONFIRMING)
        if outcome.state in (REVERTED, REVERTING):
            self._fate = "it has its previous state again"
            if outcome.down:
                self._fate += f", but {', '.join(outcome.down)}"
        if self._recordable or kept:
            with suppress(TetraEsError):
                _record_end(self._journal, outcome, self._step, cause)
        return kept

    def failure(self, error: BaseException) -> DeploymentFailed:
        """Return the error for people."""
        order = self._order
        return DeploymentFailed(
            f"{order.source} is not on {self._server.host}: {self._step}: {_cause(error)}; "
            f"{self._fate}",
            hint=getattr(error, "hint", None)
            or f"`tetra-es history {order.state.environment}` has the steps",
            journal=getattr(error, "journal", ()),
        )

    def _at(self, step: str, act: Callable[[], object]) -> str:
        self._step = step
        self._say(step)
        act()
        return step

    def _check(self) -> None:
        check_plan(preflight(self._server, self._order))

    def _arm(self, seconds: int) -> None:
        order = self._order
        self.kept.copies = self._server.arm(
            order.id, seconds, replace_unmanaged=order.replace_unmanaged
        )

    def _wait(self) -> None:
        release = self._order.release
        try:
            self.kept.answers = self._server.wait_until_healthy(
                self._order.id, release.services, release.settings.health, release.settings.runner
            )
        except StepFailed as error:
            if error.reason == RETURNED:
                error.hint = (
                    f"`tetra-es set profile {release.environment} deployment.runner=direct` has "
                    "systemd run the services itself; then promote and deploy"
                )
            raise

    def _failed(self, cause: str, *, switched: bool) -> None:
        if self._recordable:
            with suppress(TetraEsError):  # what the person must hear is what failed first
                self._journal.record(
                    lambda target, context: target.failed(
                        self._step, cause, context, switched=switched
                    )
                )

    def _outcome(self, error: BaseException, reopen: Callable[[], Server]) -> Outcome:
        """Return how the deployment ended, after telling the server to revert where that helps."""
        if isinstance(error, TetraEsError) and not isinstance(error, ConnectionLost):
            with suppress(ConnectionLost, StepFailed):
                outcome = self._server.revert(self._order.id)
                if outcome.over and outcome.state != UNKNOWN:
                    return outcome
        self._server.close()  # which has the server put back what is not confirmed
        with reopen() as server:
            for _ in range(_ANSWERS):
                outcome = server.result(self._order.id)
                if outcome.over and outcome.state != UNKNOWN:
                    return outcome
                time.sleep(1)
        raise TetraEsError(f"{self._server.host} did not say how the deployment ended")


def _cause(error: BaseException) -> str:
    """Return what went wrong in one line; never what a service printed."""
    if isinstance(error, (StepFailed, ConnectionLost)):
        return error.reason
    if isinstance(error, TetraEsError):
        return error.message
    return "interrupted"

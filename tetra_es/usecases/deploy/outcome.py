"""Recording how a deployment ended, as its server tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.remote.facts import CONFIRMED, CONFIRMING, REVERTED, REVERTING

if TYPE_CHECKING:
    from tetra_es.events.metadata import Context
    from tetra_es.model.host import HostState
    from tetra_es.remote.facts import Outcome
    from tetra_es.remote.server import Server
    from tetra_es.usecases.deploy.journal import Journal


def was_kept(outcome: Outcome) -> bool:
    """Return whether the server keeps what was deployed."""
    return outcome.state in (CONFIRMED, CONFIRMING)


def was_reverted(outcome: Outcome) -> bool:
    """Return whether the server has what it had before, after it had begun to change."""
    return outcome.state in (REVERTED, REVERTING)


def settle(server: Server, journal: Journal) -> Outcome | None:
    """Record how a deployment ended whose process did not live to; None where there is none.

    The lock is held, so nobody works on it any more: what is undecided is put back.
    """
    left = journal.state().open
    if left is None:
        return None
    outcome = server.result(left.id)
    if outcome.undecided:
        outcome = server.revert(left.id)
    record_end(journal, outcome, left.step, "its process ended before it did")
    return outcome


def record_end(journal: Journal, outcome: Outcome, step: str, cause: str) -> None:
    """Record what became of a deployment that failed at a step, or was left there."""
    if was_kept(outcome):
        journal.record(lambda host, context: host.healthy(context))
        return

    def decide(host: HostState, context: Context) -> None:
        if host.open and not host.open.failed:
            host.failed(step or "start", cause, context, switched=was_reverted(outcome))
        if host.open:
            causes = (outcome.cause or outcome.state, *outcome.down)
            host.reverted("; ".join(causes), context)

    journal.record(decide)

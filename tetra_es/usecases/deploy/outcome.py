"""Recording how a deployment ended, as its server tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tetra_es.errors import TetraEsError
from tetra_es.remote.facts import CONFIRMED, CONFIRMING, REVERTED, REVERTING, STAGED
from tetra_es.usecases.deploy.request import command_on

if TYPE_CHECKING:
    from tetra_es.remote.facts import Outcome
    from tetra_es.remote.server import Server
    from tetra_es.usecases.deploy.journal import Journal


CUT_SHORT: Final = "its process ended before it did"
"""The cause of a deployment's end where only its server knows more."""


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
    how = {"failed": bool(left.failed), "removes": not left.revision}
    record_end(journal, outcome, left.step, CUT_SHORT, **how)
    return outcome


def observe(server: Server, journal: Journal) -> Outcome | None:
    """Record how a deployment ended, as the server's journal has it; None where none is open.

    Nothing is changed on the server. Raises `TetraEsError` where it is not decided yet.
    """
    left = journal.state().open
    if left is None:
        return None
    outcome = server.result(left.id)
    if outcome.undecided or outcome.state == STAGED:
        again = command_on(server.host, "deploy", journal.state().environment)
        raise TetraEsError(
            f"the deployment to {server.host} from {left.started} is {outcome.state} there",
            hint=f"wait until it ends; `{again}` puts back what nobody works on any more",
        )
    how = {"failed": bool(left.failed), "removes": not left.revision}
    record_end(journal, outcome, left.step, CUT_SHORT, **how, observed=True)
    return outcome


def note_kept(journal: Journal, *, removes: bool, observed: bool = False) -> None:
    """Note that the server keeps what was deployed, or has nothing any more."""
    journal.note("healthy", observed=observed)
    if removes:
        journal.note("uninstalled")


def record_end(
    journal: Journal,
    outcome: Outcome,
    step: str,
    cause: str,
    *,
    failed: bool = False,
    removes: bool = False,
    observed: bool = False,
) -> None:
    """Record what became of a deployment that failed at a step, or was left there.

    `failed` says that the failed step is recorded already, `removes` that it removes everything,
    `observed` that it is what the server's journal had, read by somebody else.
    """
    if was_kept(outcome):
        note_kept(journal, removes=removes, observed=observed)
        journal.send()
        return
    reverted = was_reverted(outcome)
    if not failed:
        step = step or "start"
        journal.note("failed", step=step, cause=cause, switched=reverted, observed=observed)
    if failed or reverted:
        causes = (outcome.cause or outcome.state, *outcome.down)
        journal.note("reverted", cause="; ".join(causes), observed=observed)
    journal.send()

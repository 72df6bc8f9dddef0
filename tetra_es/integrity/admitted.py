"""Verify the store of version 2 from scratch: the file, every event through the gate, every body.

Pins are read and compared; nothing is written, and nothing that was kept is believed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import IntegrityFailure
from tetra_es.gate.pins.pins import Forked
from tetra_es.gate.pins.places import AnotherHistory
from tetra_es.gate.pins.standing import Behind
from tetra_es.gate.verdicts import Kind
from tetra_es.integrity.report import StoreReport

if TYPE_CHECKING:
    from collections.abc import Callable

    from tetra_es.gate.replica import AdmittedReplica
    from tetra_es.gate.state import State
    from tetra_es.gate.verdicts import Verdict


def verify_admitted(
    replica: AdmittedReplica, report: Callable[[int], None] | None = None, *, since: int = 1
) -> StoreReport:
    """Admit every event again; `report` is told the positions as they are done.

    The events before `since` are only compared with those that were admitted on this account.
    """
    log = replica.log
    result = StoreReport(findings=[f"{log.path.name} is damaged: {what}" for what in log.damage()])
    if result.findings:
        return result

    def hear(verdict: Verdict) -> None:
        record = verdict.record
        if not verdict.admitted:
            # What follows hangs on it; more findings would only hide the first.
            result.findings.append(f"event #{record.position}: {verdict.what}")
            return
        if verdict.kind is Kind.VOID and record.position >= since:
            result.void.append((record.position, verdict.what))
        result.events += record.position >= since
        result.head = record.hash
        if report:
            report(record.position)

    try:
        opened = replica.prove(hear, since=since)
        if not result.findings:
            _check_bodies(replica, opened.gate.state, result)
            opened.check_complete()
    except (IntegrityFailure, Behind) as error:
        result.findings.append(error.message)
        if isinstance(error, Forked | AnotherHistory):
            result.hint = error.hint or ""
    return result


def _check_bodies(replica: AdmittedReplica, state: State, result: StoreReport) -> None:
    """Compare which bodies are there with what was purged.

    Whether those that events name are there, and are what the events say, the gate has seen.
    """
    for digest, is_there in replica.log.digests():
        result.bodies += 1
        purged = digest in state.purged
        if not is_there and not purged:
            result.findings.append(f"body {digest.hex()}: is gone, and no event purged it")
        elif is_there and purged:
            result.findings.append(f"body {digest.hex()}: is there again, though it was purged")

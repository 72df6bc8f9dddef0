"""Verify the store of version 2 from scratch: the file, every event through the gate, every body.

Pins are read and compared; nothing is written, and nothing that was kept is believed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import IntegrityFailure
from tetra_es.gate.gate import Gate
from tetra_es.gate.pins.pins import Window
from tetra_es.gate.pins.standing import Behind
from tetra_es.gate.verdicts import Kind
from tetra_es.integrity.report import StoreReport

if TYPE_CHECKING:
    from collections.abc import Callable

    from tetra_es.gate.replica import AdmittedReplica


def verify_admitted(
    replica: AdmittedReplica, report: Callable[[int], None] | None = None
) -> StoreReport:
    """Admit every event again; `report` is told the positions as they are done."""
    log = replica.log
    result = StoreReport(findings=[f"{log.path.name} is damaged: {what}" for what in log.damage()])
    if result.findings:
        return result
    gate = Gate(log)
    try:
        _admit(replica, gate, result, report)
        if not result.findings:
            _check_bodies(replica, gate, result)
            replica.opened.check_complete()
    except (IntegrityFailure, Behind) as error:
        result.findings.append(error.message)
    return result


def _admit(
    replica: AdmittedReplica,
    gate: Gate,
    result: StoreReport,
    report: Callable[[int], None] | None,
) -> None:
    window = Window(replica.opened.pins)
    for verdict in gate.admit(replica.log.records()):
        record = verdict.record
        if not verdict.admitted:
            # What follows hangs on it; more findings would only hide the first.
            result.findings.append(f"event #{record.position}: {verdict.what}")
            return
        pinned = window.at(record.position)
        if pinned is not None and pinned != record.hash:
            result.findings.append(
                f"event #{record.position}: is not the one that was admitted on this account"
            )
            return
        if verdict.kind is Kind.VOID:
            result.void.append((record.position, verdict.what))
        result.events += 1
        result.head = record.hash
        if report:
            report(record.position)


def _check_bodies(replica: AdmittedReplica, gate: Gate, result: StoreReport) -> None:
    """Compare the bodies with what was purged. That none is missing, the gate has seen."""
    purged = gate.state.purged
    for digest, body in replica.log.bodies():
        result.bodies += 1
        if body is None and digest not in purged:
            result.findings.append(f"body {digest.hex()}: is gone, and no event purged it")
        elif body is not None and digest in purged:
            result.findings.append(f"body {digest.hex()}: is there again, though it was purged")

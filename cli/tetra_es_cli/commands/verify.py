"""`verify`: prove store, signatures, files and mirror against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tetra_es.errors import IntegrityFailure
from tetra_es.events.secrets import SecretPurged
from tetra_es.integrity.store import verify_store
from tetra_es.text import one_line
from tetra_es_cli.context.params import output_option
from tetra_es_cli.context.progress import reporting
from tetra_es_cli.output.plain import emit, emit_json
from tetra_es_cli.output.table import short_time
from tetra_es_projections.check import check_projections
from tetra_es_projections.engine import LOST_HINT

if TYPE_CHECKING:
    from tetra_es.store.log import EventLog
    from tetra_es_cli.context.app import App


REBUILD_HINT = (
    "the store itself is sound: `tetra-es rebuild` makes the rest anew, "
    "with --force also what people changed"
)


@click.command()
@output_option("text", "json")
@click.pass_obj
def verify(app: App, output: str) -> None:
    """Prove the history: exit 4 and the first bad event where something is wrong.

    Checks the hash chain over the stored bytes, every signature against the signers of that
    moment, sealed values and snapshots, then the files, the views and every commit of the mirror
    against the events. Nothing is written.
    """
    with app.projections(reading=True) as projections, reporting() as report:
        last = projections.log.last_position()
        step = (lambda done: report("verify", done, last)) if report else None
        proof = verify_store(projections.log, step)
        # Against a store that is not what it was, the rest could only mislead.
        findings = proof.findings or check_projections(projections, report)
        lost = projections.lost_events()
        purged = [] if findings else purges(projections.log)
    if output == "json":
        emit_json(
            {
                "clean": not findings,
                "events": proof.events,
                "head": proof.head.hex(),
                "findings": findings,
                "purged": purged,
            }
        )
    else:
        for finding in findings:
            emit(finding)
    if findings:
        raise IntegrityFailure(
            f"verification failed: {findings[0]}",
            hint=LOST_HINT if proof.findings or lost else REBUILD_HINT,
        )
    if output == "text":
        emit(f"verified {proof.events} events: chain, signatures, files, views and mirror agree")
        emit(f"  head #{last} {proof.head.hex()}")
        for one in purged:
            emit(
                f"  #{one['event']} purged {one['key']} version {one['version']} of "
                f"{one['environment']} ({one['actor']}, {short_time(one['time'])}): "
                f"{one_line(one['reason'])}"
            )


def purges(log: EventLog) -> list[dict[str, Any]]:
    """Return who destroyed which ciphertext when and why: the one thing that is not there."""
    return [
        {
            "event": record.position,
            "environment": event.environment,
            "key": event.key,
            "version": event.version,
            "actor": event.metadata["actor"],
            "time": event.timestamp,
            "reason": event.metadata["reason"],
        }
        for record in log.of_topics((SecretPurged.TOPIC,), log.last_position())
        if isinstance(event := record.event, SecretPurged)
    ]

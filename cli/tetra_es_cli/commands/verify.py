"""`verify`: prove store, signatures, files and mirror against each other."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from tetra_es.errors import IntegrityFailure
from tetra_es.events.secrets import SecretPurged
from tetra_es.integrity.store import verify_store
from tetra_es.text import one_line
from tetra_es_cli.context.params import output_option
from tetra_es_cli.context.progress import reporting
from tetra_es_cli.output.console import warn
from tetra_es_cli.output.plain import emit, emit_json
from tetra_es_cli.output.table import short_time
from tetra_es_projections.check import check_projections
from tetra_es_projections.engine import LOST_HINT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tetra_es.store.log import EventLog
    from tetra_es_cli.context.app import App


REBUILD_HINT = (
    "the store itself is sound: `tetra-es rebuild` makes the rest anew, "
    "with --force also what people changed"
)


class Outcome(NamedTuple):
    """What was verified, and what was found."""

    findings: list[str]
    hint: str = ""
    """What to do about the findings."""
    events: int = 0
    last: int = 0
    """Position of the newest event."""
    head: str = ""
    """Hash of the last event that was checked, hexadecimal."""
    purged: Sequence[dict[str, Any]] = ()
    found: Sequence[str] = ()
    """The branches of the mirror that keep what people committed in it."""


@click.command()
@output_option("text", "json")
@click.pass_obj
def verify(app: App, output: str) -> None:
    """Prove the history: exit 4 and the first bad event where something is wrong.

    Checks the store's file, the hash chain over the stored bytes, every signature against the
    signers of that moment, sealed values and snapshots, then the files, the views and every commit
    of the mirror against the events. Nothing is written.
    """
    outcome = examine(app)
    findings = outcome.findings
    if output == "json":
        emit_json(
            {
                "clean": not findings,
                "events": outcome.events,
                "head": outcome.head,
                "findings": findings,
                "purged": list(outcome.purged),
                "found": list(outcome.found),
            }
        )
    else:
        for finding in findings:
            emit(finding)
    if outcome.found:
        say_what_people_left(app.layout().mirror, outcome.found)
    if findings:
        raise IntegrityFailure(f"verification failed: {findings[0]}", hint=outcome.hint)
    if output == "text":
        emit(f"verified {outcome.events} events: chain, signatures, files, views and mirror agree")
        emit(f"  head #{outcome.last} {outcome.head}")
        for one in outcome.purged:
            emit(
                f"  #{one['event']} purged {one['key']} version {one['version']} of "
                f"{one['environment']} ({one['actor']}, {short_time(one['time'])}): "
                f"{one_line(one['reason'])}"
            )


def examine(app: App) -> Outcome:
    """Verify the organization. A store that is refused on opening is a finding like others."""
    try:
        with app.projections(reading=True) as projections, reporting() as report:
            last = projections.log.last_position()
            step = (lambda done: report("verify", done, last)) if report else None
            proof = verify_store(projections.log, step)
            # Against a store that is not what it was, the rest could only mislead.
            findings = proof.findings or check_projections(projections, report)
            lost = proof.findings or projections.lost_events()
            return Outcome(
                findings,
                LOST_HINT if lost else REBUILD_HINT,
                proof.events,
                last,
                proof.head.hex(),
                [] if findings else purges(projections.log),
                projections.kept_for_people(),
            )
    except IntegrityFailure as error:
        return Outcome([error.message], error.hint or LOST_HINT)


def say_what_people_left(mirror: Path, branches: Sequence[str]) -> None:
    """Say which commits of people the mirror keeps, and how to look at them."""
    look = shlex.join(("git", "-C", str(mirror), "log", "-p", f"main..{branches[0]}"))
    warn(f"{mirror} keeps what people left there: {', '.join(branches)}", f"`{look}` shows it")


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

"""`verify`: prove store, signatures, files and mirror against each other."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from tetra_es.errors import IntegrityFailure
from tetra_es.text import one_line
from tetra_es_cli.context.params import report_option
from tetra_es_cli.context.progress import reporting
from tetra_es_cli.output.console import warn
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.model import Report
from tetra_es_cli.output.table import short_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tetra_es.usecases.verify import Purge, Verification
    from tetra_es_cli.context.app import App


@click.command()
@report_option
@click.pass_obj
def verify(app: App, output: str) -> None:
    """Prove the history: exit 4 and the first bad event where something is wrong.

    Checks the store's file, the hash chain over the stored bytes, every signature against the
    signers of that moment, the rules, texts and ciphertexts, then the files, the views and every
    commit of the mirror against the events. Nothing is written.
    """
    from tetra_es.usecases.verify import verify as verify_organization

    with reporting() as report:
        found = verify_organization(app.projections(reading=True), report)
    emit(Report(_value(found), _lines(found)), output)
    if found.found:
        say_what_people_left(app.layout().mirror, found.found)
    if found.findings:
        raise IntegrityFailure(f"verification failed: {found.findings[0]}", hint=found.hint)


def _value(found: Verification) -> dict[str, object]:
    return {
        "clean": not found.findings,
        "events": found.events,
        "head": found.head,
        "findings": found.findings,
        "purged": [purge._asdict() for purge in found.purges],
        "void": [{"event": position, "reason": reason} for position, reason in found.void],
        "found": found.found,
    }


def _lines(found: Verification) -> Iterator[str]:
    if found.findings:
        yield from found.findings
        return
    yield f"verified {found.events} events: chain, signatures, files, views and mirror agree"
    yield f"  head #{found.last} {found.head}"
    for position, reason in found.void:
        yield f"  #{position} is void: {one_line(reason)}"
    for one in found.purges:
        who = f"({one.actor}, {short_time(one.time)})"
        yield f"  #{one.event} purged {_what(one)} {who}: {one_line(one.reason)}"
        yield from (f"    - {body}" for body in one.bodies)


def _what(purge: Purge) -> str:
    if purge.key:
        return f"{purge.key} version {purge.version} of {purge.environment}"
    count = len(purge.bodies)
    return f"a value that {count} {'event' if count == 1 else 'events'} had"


def say_what_people_left(mirror: Path, branches: Sequence[str]) -> None:
    """Say which commits of people the mirror keeps, and how to look at them."""
    look = shlex.join(("git", "-C", str(mirror), "log", "-p", f"main..{branches[0]}"))
    warn(f"{mirror} keeps what people left there: {', '.join(branches)}", f"`{look}` shows it")

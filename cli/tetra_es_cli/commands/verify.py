"""`verify`: prove store, signatures, files and mirror against each other."""

from __future__ import annotations

import re
import shlex
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tetra_es.admission import parse_place
from tetra_es.errors import IntegrityFailure, UsageError
from tetra_es.text import one_line
from tetra_es_cli.context.params import REF, report_option
from tetra_es_cli.context.progress import reporting
from tetra_es_cli.output.console import warn
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.lines import behind_at
from tetra_es_cli.output.model import Report
from tetra_es_cli.output.times import short_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es.refs import Ref
    from tetra_es.usecases.verify import Compared, Purge, Scope, Verification
    from tetra_es_cli.context.app import App


@click.command()
@click.option(
    "--against",
    metavar="COPY",
    help="Another copy that the history must have all events of: a folder of the organization, a "
    "mirror or a clone of one, a backup, an address, POSITION:HASH, or a checkpoint's file.",
)
@click.option(
    "--since",
    metavar="REF",
    type=REF,
    help="Begin with this event; the ones before must be as you have admitted them.",
)
@click.option(
    "--no-derived", is_flag=True, help="Verify the events alone: no files, views or mirror."
)
@report_option
@click.pass_obj
def verify(app: App, against: str | None, since: Ref | None, no_derived: bool, output: str) -> None:
    """Prove the history: exit 4 and the first bad event where something is wrong.

    Checks the store's file, the hash chain over the stored bytes, every signature against the
    signers of that moment, the rules, texts and ciphertexts, then the files, the views and every
    commit of the mirror against the events. Nothing is written, and commands may record meanwhile.

    Files, views and mirror may lack the newest events, where a command was cut short: that is a
    warning, as long as they are what the events before make them.

    With --against, the history must have all events that the other copy has, each the same. It is
    a finding, too, where the other copy has more. A checkpoint, which `audit checkpoint` writes,
    has the root of a tree in the place of the events.
    """
    from tetra_es.usecases.verify import Scope
    from tetra_es.usecases.verify import verify as verify_organization

    with _compared_with(app, Scope(since, not no_derived), against) as scope, reporting() as report:
        found = verify_organization(app.projections(reading=True, proving=True), report, scope)
    emit(Report(_value(found), _lines(found)), output)
    if found.behind is not None:
        warn(
            behind_at(found.behind), "the next command writes the rest, such as `tetra-es rebuild`"
        )
    if found.found:
        say_what_people_left(app.layout().mirror, found.found)
    for copy in found.copies:
        warn(*_still_has(copy.file, copy.purged))
    if found.findings:
        count = len(found.findings)
        what = found.findings[0] if count == 1 else f"{count} findings"
        raise IntegrityFailure(f"verification failed: {what}", hint=found.hint)


@contextmanager
def _compared_with(app: App, scope: Scope, against: str | None) -> Iterator[Scope]:
    """Open the copy that the history is compared with, if there is one."""
    if against is None:
        yield scope
        return
    if not against.strip():
        raise UsageError("--against names no copy", hint="such as a folder, a file or an address")
    if re.fullmatch(r"\s*#?[0-9]+:[0-9A-Fa-f]*\s*", against, re.ASCII):
        yield scope._replace(against=parse_place(against), place=against.strip().removeprefix("#"))
        return
    from tetra_es.usecases.attest import checkpoint_in
    from tetra_es_projections.opening import shown

    file = Path(against)
    if file.is_file() and (found := checkpoint_in(file)) is not None:
        yield scope._replace(against=found, place=f"the checkpoint {one_line(against)}")
        return
    with app.derived.copy_at(against) as copy:
        yield scope._replace(against=copy, place=shown(against))


def _value(found: Verification) -> dict[str, object]:
    return {
        "clean": not found.findings,
        "events": found.events,
        "since": found.since,
        "head": found.head or None,
        "derived": found.derived,
        "behind": found.behind,
        "against": found.against._asdict() if found.against else None,
        "findings": found.findings,
        "purged": [purge._asdict() for purge in found.purges],
        "void": [{"event": position, "reason": reason} for position, reason in found.void],
        "found": found.found,
        "copies": [copy._asdict() for copy in found.copies],
    }


def _lines(found: Verification) -> Iterator[str]:
    if found.findings:
        # A single one is what the error says.
        yield from found.findings if len(found.findings) > 1 else ()
        return
    is_whole = found.derived and found.behind is None
    what = (
        "chain, signatures, files, views and mirror agree" if is_whole else "chain and signatures"
    )
    yield f"verified {found.events} event{'s' * (found.events != 1)}: {what}"
    if found.since > 1:
        yield f"  #1 to #{found.since - 1} are as admitted before; nothing else of them was checked"
    if not found.derived:
        yield "  files, views and mirror were not compared"
    elif found.behind is not None:
        yield f"  files, views and mirror agree up to #{found.behind}"
    yield f"  head #{found.last} {found.head}"
    if found.against:
        yield f"  {_how_it_stands(found.against)}"
    for position, reason in found.void:
        yield f"  #{position} is void: {one_line(reason)}"
    for one in found.purges:
        who = f"({one.actor}, {short_time(one.time)})"
        yield f"  #{one.event} purged {_what(one)} {who}: {one_line(one.reason)}"
        yield from (f"    - {body}" for body in one.bodies)


def _what(purge: Purge) -> str:
    if purge.key:
        return f"{purge.key} version {purge.version} of {purge.environment}"
    count, bodies = len(purge.bodies), purge.destroyed
    events = "1 event" if count == 1 else f"{count} events"
    return f"{bodies} {'body' if bodies == 1 else 'bodies'} that {events} had"


def _how_it_stands(compared: Compared) -> str:
    if not compared.more:
        return f"same as {compared.place}"
    return f"extends {compared.place}: has all up to #{compared.events}, and {compared.more} more"


def _still_has(file: str, purged: int | None) -> tuple[str, str]:
    """Return the warning of an older copy of the store, and what to do about it."""
    if purged is None:
        what = f"{file} is an older copy of the store that cannot be read"
    else:
        bodies = "1 body that was" if purged == 1 else f"{purged} bodies that were"
        what = f"{file} is an older copy of the store, and has {bodies} purged"
    return what, "remove it when nobody needs it any more"


def say_what_people_left(mirror: Path, branches: Sequence[str]) -> None:
    """Say which commits of people the mirror keeps, and how to look at them."""
    look = shlex.join(("git", "-C", str(mirror), "log", "-p", f"main..{branches[0]}"))
    warn(f"{mirror} keeps what people left there: {', '.join(branches)}", f"`{look}` shows it")

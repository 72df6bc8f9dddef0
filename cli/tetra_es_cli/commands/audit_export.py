"""`audit export`: evidence in a ZIP archive."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from tetra_es_cli.context.params import ENVIRONMENT, SINCE, UNTIL, report_option
from tetra_es_cli.context.paths import FilePath
from tetra_es_cli.context.text_files import force_option, replaced
from tetra_es_cli.output.console import note
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.model import Report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tetra_es_cli.context.app import App
    from tetra_es_projections.evidence.archive import Exported


@click.command()
@click.argument("file", type=FilePath(dir_okay=False))
@click.option(
    "--env",
    "environment",
    type=ENVIRONMENT,
    metavar="ENV",
    help="Only the events that concern ENV.",
)
@click.option("--since", type=SINCE, metavar="TIME", help="Not before it: a date, a time, 2h, 3d.")
@click.option("--until", type=UNTIL, metavar="TIME", help="Not after the end of it.")
@click.option(
    "--chain", is_flag=True, help="Also the record of every other event, without its texts."
)
@click.option("--unsigned", is_flag=True, help="Sign nothing, and ask for no key.")
@force_option
@report_option
@click.pass_obj
def export(
    app: App,
    /,
    file: Path,
    environment: str | None,
    chain: bool,
    unsigned: bool,
    force: bool,
    output: str,
    **times: str | None,
) -> None:
    """Write evidence to FILE: a ZIP archive that others verify with Python alone.

    It has the events with their signatures, proofs that they are all there are, who could sign
    when, the states as TOML, tables for a spreadsheet, and the program that verifies it. Values of
    secrets are not in it. The same head, filter and key give the same bytes.

    With a filter, the archive does not prove where each stream ends and which events are void:
    `tetra-es-verify` says so, and ends with exit code 3. --chain adds the proof. A reader then sees
    what was signed of every event, such as people, reasons, keys of secrets and hosts of other
    environments, but no text that the filter leaves out.
    """
    from tetra_es.usecases.attest import own_signer
    from tetra_es_projections.evidence.archive import write_evidence
    from tetra_es_projections.evidence.selection import Filter
    from tetra_es_projections.queries.environments import require_environment

    with app.reading() as reader, replaced(file, force=force) as out:
        if environment is not None:
            require_environment(reader, environment)
        signer = None if unsigned else own_signer(reader.log, app.own_key())
        wanted = Filter(environment, **times)
        done = write_evidence(reader.log, out, wanted, signer, chain=chain)
    _say_what_is_open(done)
    value = done._asdict() | {"file": str(file), "hash": done.hash.hex()}
    emit(Report(value, _export_lines(file, done)), output)


def _say_what_is_open(done: Exported) -> None:
    """Say on standard error what the one who reads the archive should know before that."""
    if not done.events:
        note("no event matches the filter: the archive has only those that prove it")
    if not done.chain and done.events + done.context < done.head:
        note("nothing proves that the filter left no event out; --chain adds that proof")


def _export_lines(file: Path, done: Exported) -> Iterator[str]:
    context = f", and {done.context} that prove them" if done.context else ""
    yield f"wrote {_count(done.events, 'event')} to {file}{context}"
    if done.chain:
        yield f"  with the record of {_count(done.chain, 'other event')}, without texts"
    yield f"  head #{done.head} {done.hash.hex()}"
    yield f"  signed by {done.signer}" if done.signer else "  not signed"
    if done.purged:
        yield f"  without {_count(done.purged, 'body', 'bodies')} that were purged"
    yield f"  to verify it: {shlex.join(('tetra-es-verify', str(file)))}"


def _count(number: int, one: str, more: str = "") -> str:
    return f"{number} {one if number == 1 else more or one + 's'}"

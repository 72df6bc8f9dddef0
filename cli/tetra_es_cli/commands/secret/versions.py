"""Versions of secrets: compared, compromised, purged, and who could read them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tetra_es.errors import UsageError
from tetra_es.refs import RevisionRef
from tetra_es_cli.context.candidates import EXPOSED
from tetra_es_cli.context.identities import identity_option, loader
from tetra_es_cli.context.params import (
    ENVIRONMENT,
    REF,
    at_option,
    env_argument,
    key_argument,
    listing_option,
    version_option,
)
from tetra_es_cli.context.recording import recording_options
from tetra_es_cli.output.console import note, warn
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.model import Listing
from tetra_es_cli.output.recorded import emit_recorded
from tetra_es_cli.output.times import short_time

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App
    from tetra_es_cli.context.recording import Recording


@click.command()
@env_argument()
@key_argument
@version_option
@recording_options
@click.pass_obj
def compromised(app: App, environment: str, key: str, number: int, how: Recording) -> None:
    """Mark a version of KEY as known to others: a rollback never brings it back.

    So are all versions that are known to have its value, in any environment: copies of it, what it
    is a copy of, and where it was brought back.
    """
    from tetra_es.usecases.secrets.versions import MarkCompromised

    done = app.act(MarkCompromised(environment, key, number), how)
    emit_recorded(done.recorded, how)
    for one in done.result:
        note(f"{one.key} of {one.environment} still has this value: set a new one")


@click.command()
@env_argument()
@key_argument
@click.option(
    "--to",
    "number",
    type=click.IntRange(min=1),
    metavar="VERSION",
    help="Whose value comes back.  [default: the version before the present one]",
)
@identity_option
@recording_options
@click.pass_obj
def rollback(
    app: App,
    environment: str,
    key: str,
    number: int | None,
    given: tuple[Path, ...],
    how: Recording,
) -> None:
    """Give KEY the value of an older version again, as a new version.

    A version that is marked as compromised, or purged, never comes back.
    """
    from tetra_es.usecases.secrets.versions import RollBackSecret

    emit_recorded(
        app.act(RollBackSecret(environment, key, number, loader(app, given)), how).recorded, how
    )


@click.command()
@env_argument()
@key_argument
@version_option
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@recording_options
@click.pass_obj
def purge(app: App, environment: str, key: str, number: int, yes: bool, how: Recording) -> None:
    """Destroy the ciphertext of a version of KEY in the store, the files and the mirror.

    There is no way back: on a terminal you are asked first. The mirror's commits from that secret
    on get new ids; clones and remotes keep what they have until they are cleaned as well.
    """
    from tetra_es.usecases.secrets.versions import PurgeSecret, still_has_purged

    if not (yes or how.dry_run or app.no_input) and sys.stdin.isatty():
        what = f"version {number} of {key} of {environment}"
        click.confirm(f"Destroy {what}? There is no way back", abort=True, err=True)
    emit_recorded(app.act(PurgeSecret(environment, key, number), how).recorded, how)
    if how.dry_run:
        return
    layout = app.layout()
    if still_has_purged(layout.store):
        warn(
            f"another program is reading {layout.store}: the purged ciphertext is still in the "
            "file",
            "the next command that changes something removes it",
        )
    for older in layout.older_stores():
        warn(
            f"{older} is an older copy of the store, and may still have the ciphertext",
            "remove it when nobody needs it any more",
        )
    note("the mirror was rewritten: clones and remotes of it still have the ciphertext")


@click.command()
@click.argument("before", metavar="REF", type=REF)
@click.argument("after", metavar="REF", type=REF)
@click.option(
    "--env",
    "environment",
    type=ENVIRONMENT,
    metavar="ENV",
    help="The environment, where no REF names it.",
)
@listing_option
@click.pass_obj
def diff(app: App, before: Ref, after: Ref, environment: str | None, output: str) -> None:
    """Show which secrets differ between two states, by name and version; never values."""
    from tetra_es_projections.queries.secrets import secrets_at

    named = [ref.environment for ref in (before, after) if isinstance(ref, RevisionRef)]
    name = environment or (named[0] if named else None)
    if name is None or any(other != name for other in named):
        raise UsageError(
            "which environment?", hint="name two revisions of one, or give it with --env"
        )
    with app.reading() as reader:
        old, new = (secrets_at(reader, name, ref) for ref in (before, after))
    rows = [
        {"key": key, "before": old.get(key), "after": new.get(key)}
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key)
    ]
    emit(Listing(rows, ("key", "before", "after"), empty="the same secrets"), output)


@click.command()
@click.argument("whom", type=EXPOSED, metavar="RECIPIENT|ENV")
@at_option
@listing_option
@click.pass_obj
def exposure(app: App, whom: str, ref: Ref | None, output: str) -> None:
    """List every secret version that RECIPIENT, or anybody in ENV, could ever read.

    RECIPIENT is a name or a key; a word that is both a name and an environment is written @ENV for
    the environment. SINCE is when they could first read it, or a copy with the same value; READS
    whether they are still a recipient, here or where the value is now. Rotate what is not rotated
    yet when somebody leaves.
    """
    from tetra_es.usecases.secrets.exposure import spelled
    from tetra_es_projections.answers.columns import EXPOSED_TO, EXPOSURE
    from tetra_es_projections.answers.people import exposure as exposure_of

    with app.reading() as reader:
        rows = exposure_of(reader, spelled(whom), ref)
    empty = f"{whom} could never read a secret"
    emit(
        Listing(rows, EXPOSED_TO, empty, csv_columns=EXPOSURE, cells={"since": short_time}), output
    )

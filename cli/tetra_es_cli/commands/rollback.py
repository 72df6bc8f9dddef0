"""`rollback`: give an environment an earlier state again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.errors import TetraEsError
from tetra_es.refs import RevisionRef
from tetra_es.usecases.roll_back import roll_back
from tetra_es_cli.commands.secret import identity_option
from tetra_es_cli.context.app import note, warn
from tetra_es_cli.context.identities import loader
from tetra_es_cli.context.params import (
    REF,
    dry_run_option,
    env_argument,
    output_option,
    reason_option,
)
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.recorded import emit_recorded
from tetra_es_cli.wishes import Wish

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App


@click.command()
@env_argument()
@click.option(
    "--to",
    "ref",
    type=REF,
    metavar="REF",
    help="State to return to.  [default: before the last change]",
)
@click.option(
    "--secrets",
    type=click.Choice(("as-of", "current")),
    default="as-of",
    show_default=True,
    help="Whether the secrets go back too, or stay as they are.",
)
@identity_option
@click.option("--deploy", "deploys", is_flag=True, help="Put the result on ENV's servers too.")
@click.option("--force", is_flag=True, help="Replace a generated file that was changed by hand.")
@reason_option
@dry_run_option
@output_option("text", "json")
@click.pass_obj
def rollback(
    app: App,
    environment: str,
    ref: Ref | None,
    secrets: str,
    given: tuple[Path, ...],
    deploys: bool,
    force: bool,
    reason: str,
    dry_run: bool,
    output: str,
) -> None:
    """Give ENV the state it had at REF, as a new event.

    TOML and secrets both; a version of a secret that is marked as compromised stays away.
    Without --to, the state before the last change. A rollback is no change of its own: a second
    one goes on to the state before that, and so on back to the first.
    """
    with app.changing(reason=reason, dry_run=dry_run) as workspace:
        kept = workspace.check_drift(environment, force=force)
        position = secrets_at = None
        if ref is not None:
            with workspace.views() as views:
                position = views.position_of(ref, environment)
                # A revision stands for as long as it was there, the others for a moment.
                secrets_at = None if isinstance(ref, RevisionRef) else views.position_of(ref)
        wanted = loader(app, given) if secrets == "as-of" else None
        done = roll_back(
            workspace.session, environment, position, secrets_at=secrets_at, identities=wanted
        )
        workspace.settle(done.recorded)
    for path in kept:
        note(f"kept the file that was changed by hand as {path}")
    emit_recorded(done.recorded, output, dry_run=dry_run, nothing="")
    if output == "text":
        emit(
            f"from {environment}@{done.from_revision} "
            f"to the state of {environment}@{done.to_revision} (#{done.to_position})"
        )
        for key, old, new in done.secrets:
            emit(f"  {_secret_change(key, old, new)}")
    if done.resealed:
        note(f"encrypted anew for the present recipients alone: {', '.join(done.resealed)}")
    for event in (recorded.event for recorded in done.recorded):
        for key, number, _ in getattr(event, "kept_out", []):
            present = {each: version for each, version, _ in getattr(event, "secrets", [])}
            warn(
                f"{key} still has version {number}, which is compromised"
                if present.get(key) == number
                else f"{key} of version {number} did not come back: it is compromised or purged",
                f"`tetra-es secret set {environment} {key}` gives it a new value",
            )
    if deploys:
        _deploy(app, Wish(environment, identities=given, reason=reason), dry_run=dry_run)


def _secret_change(key: str, old: int | None, new: int | None) -> str:
    """Return a line such as `~ API_KEY version 2 -> 1`."""
    if old is None:
        return f"+ {key} version {new}"
    if new is None:
        return f"- {key} version {old}: it was not there then"
    return f"~ {key} version {old} -> {new}"


def _deploy(app: App, wish: Wish, *, dry_run: bool) -> None:
    """Put what the rollback came to on the servers; what is printed is the rollback's alone."""
    if dry_run:
        note(f"`tetra-es deploy {wish.environment} --dry-run` shows the plan once it is recorded")
        return
    from tetra_es_cli.deploying import deploy_to_all

    try:
        deploy_to_all(app, wish, "text")
    except TetraEsError as error:
        error.hint = (
            f"the rollback itself stays recorded: `tetra-es deploy {wish.environment}` tries again"
            + (f"; {error.hint}" if error.hint else "")
        )
        raise

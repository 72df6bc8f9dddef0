"""`rollback`: give an environment, the manifest or a profile an earlier state again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from tetra_es.errors import Refused, TetraEsError, UsageError
from tetra_es_cli.context.become import asks_become_pass, become_option, become_password
from tetra_es_cli.context.candidates import LOOKED_AT
from tetra_es_cli.context.command_line import command_for
from tetra_es_cli.context.identities import identity_option, loader
from tetra_es_cli.context.params import (
    KEY,
    REF,
    replace_drift_option,
    replace_unmanaged_option,
)
from tetra_es_cli.context.recording import recording_options
from tetra_es_cli.context.source_files import edited_file, one_file
from tetra_es_cli.output.console import note, warn
from tetra_es_cli.output.recorded import emit_recorded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tetra_es.refs import Ref
    from tetra_es.usecases.config.roll_back import Rollback
    from tetra_es.usecases.config.source_file import SourceFile
    from tetra_es.usecases.deploy.request import DeployRequest
    from tetra_es.usecases.use_case import Done
    from tetra_es_cli.context.app import App
    from tetra_es_cli.context.recording import Recording


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="WHERE", type=LOOKED_AT)
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
@click.option(
    "--path",
    "paths",
    multiple=True,
    type=KEY,
    help="Only this key, and those below it; secrets stay. May be repeated.",
)
@identity_option
@click.option("--deploy", "deploys", is_flag=True, help="Put the result on ENV's servers too.")
@become_option
@replace_unmanaged_option
@replace_drift_option
@click.option("--force", is_flag=True, help="Replace a generated file that was changed by hand.")
@recording_options
@click.pass_obj
def rollback(
    app: App,
    words: tuple[str, ...],
    ref: Ref | None,
    secrets: str,
    paths: tuple[str, ...],
    given: tuple[Path, ...],
    deploys: bool,
    replace_unmanaged: bool,
    replace_drift: bool,
    force: bool,
    how: Recording,
) -> None:
    """Give WHERE the state it had at REF, as a new event.

    WHERE is an environment, manifest, or profile ENV. TOML and secrets of an environment both go
    back; a version of a secret that is marked as compromised stays away. Without --to, the state
    before the last change, of the TOML or of secrets. A rollback does not count as a change: a
    second one goes on to the state before that, and so on back to the first. With --path, only
    these keys go back, by default to the last other values that they had.
    """
    from tetra_es.usecases.config.roll_back import RollBack
    from tetra_es.usecases.config.roll_back_keys import RollBackKeys
    from tetra_es.usecases.deploy.request import DeployRequest

    environment = one_file(words)
    if file := edited_file(environment):
        _roll_back_file(app, file, ref, how)
        return
    if deploys:
        become_password(app)  # asked for before anything is recorded
    else:
        _check_about_servers(unmanaged=replace_unmanaged, drift=replace_drift)
    if paths:
        _check_no_secrets(given)
        back = app.act(RollBackKeys(environment, paths, ref, force, deploys), how)
        emit_recorded(back.recorded, how)
    else:
        wanted = loader(app, given) if secrets == "as-of" else None
        done = app.act(RollBack(environment, ref, wanted, force, deploys), how)
        emit_recorded(done.recorded, how, more=list(_described(done.result)))
        _tell_of_secrets(done)
    if deploys:
        request = DeployRequest(
            environment,
            identities=given,
            replace_unmanaged=replace_unmanaged,
            replace_drift=replace_drift,
        )
        _deploy(app, request, how)


_OF_ENVIRONMENTS = (
    "secrets", "paths", "given", "deploys", "replace_unmanaged", "replace_drift", "force"
)  # fmt: skip


def _roll_back_file(app: App, file: SourceFile, ref: Ref | None, how: Recording) -> None:
    """Give the manifest or a profile an earlier text."""
    from tetra_es.usecases.config.roll_back_file import RollBackFile

    context = click.get_current_context()
    for param in context.command.params:
        chosen = context.get_parameter_source(param.name or "") is not ParameterSource.DEFAULT
        if param.name in _OF_ENVIRONMENTS and chosen:
            raise UsageError(f"{param.opts[0]} is about environments, and {file} is not one")
    done = app.act(RollBackFile(file, ref), how)
    back = done.result
    line = f"from {back.before} to the text of {back.target} (#{back.position})"
    emit_recorded(done.recorded, how, more=[line])


def _check_about_servers(*, unmanaged: bool, drift: bool) -> None:
    """Refuse options that are about servers, where nothing is deployed."""
    options = {
        "--replace-unmanaged": unmanaged,
        "--replace-drift": drift,
        "--ask-become-pass": asks_become_pass(),
    }
    for option, given in options.items():
        if given:
            raise UsageError(f"{option} is about servers: it needs --deploy")


def _check_no_secrets(given: tuple[Path, ...]) -> None:
    """Refuse options that are about secrets, where only some keys go back."""
    context = click.get_current_context()
    chosen = context.get_parameter_source("secrets") is not ParameterSource.DEFAULT
    for option in ["--secrets"] * chosen + ["--identity"] * bool(given):
        raise UsageError(
            f"{option} is about secrets: with --path, they stay",
            hint="leave out --path, and the secrets go back too",
        )


def _tell_of_secrets(all_done: Done[Rollback]) -> None:
    done = all_done.result
    gone = [key for key, _, new in done.secrets if new is None]
    if gone and done.undone is None:
        position = next((one.position for one in all_done.recorded if one.position), None)
        back = f"`tetra-es rollback {done.environment} --to {(position or 1) - 1}`"
        warn(
            f"removed what was set since then: {', '.join(gone)}",
            "--secrets current leaves secrets as they are"
            + (f"; {back} brings all of it back" if position else ""),
        )
    if done.re_encrypted:
        keys = ", ".join(done.re_encrypted)
        note(f"encrypted again for the present recipients alone: {keys}")
    for one in done.kept_out:
        warn(
            f"{one.key} still has version {one.version}, which is compromised"
            if one.present
            else f"version {one.version} of {one.key} did not come back: "
            "it is compromised or purged",
            f"`tetra-es secret set {done.environment} {one.key}` gives it a new value",
        )


def _described(done: Rollback) -> Iterator[str]:
    """Yield what a rollback came to, for people."""
    name = done.environment
    if done.undone:
        first, last, _ = done.undone
        events = f"#{last}" if first == last else f"#{first} to #{last}"
        yield f"undid the last change of {name}, which was of secrets alone ({events})"
    elif not done.to_revision:
        yield f"{name} has the secrets that it had at #{done.to_position}"
    else:
        yield (
            f"from {name}@{done.from_revision} "
            f"to the state of {name}@{done.to_revision} (#{done.to_position})"
        )
    for key, old, new in done.secrets:
        yield f"  {_secret_change(key, old, new)}"


def _secret_change(key: str, old: int | None, new: int | None) -> str:
    """Return a line such as `~ API_KEY version 2 -> 1`."""
    if old is None:
        return f"+ {key} version {new}"
    if new is None:
        return f"- {key} version {old}: it was not there then"
    return f"~ {key} version {old} -> {new}"


def _deploy(app: App, request: DeployRequest, how: Recording) -> None:
    """Put what the rollback came to on the servers; what is printed is the rollback's alone."""
    command = command_for(app, request)
    if how.dry_run:
        note(f"`{command} --dry-run` shows the plan once it is recorded")
        return
    from tetra_es.usecases.deploy.results import code_text
    from tetra_es_cli.commands.deploy import deploy_to_servers

    try:
        for one in deploy_to_servers(app, request, how._replace(output="text")):
            if one.code:
                what = "a rollback does not bring back the application's code"
                note(f"{one.host}: {what}; {code_text(one.code)} runs")
    except (Refused, UsageError) as error:
        error.hint = f"the rollback itself stays recorded; {error.hint}"
        raise
    except TetraEsError as error:
        error.hint = f"the rollback itself stays recorded: `{command}` tries again" + (
            f"; {error.hint}" if error.hint else ""
        )
        raise

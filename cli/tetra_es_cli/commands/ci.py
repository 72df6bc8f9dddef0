"""`ci`: what a CI system runs to verify, promote and deploy."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tetra_es.errors import Refused, TetraEsError, UsageError
from tetra_es_cli.context.params import env_argument
from tetra_es_cli.output.console import note
from tetra_es_cli.output.emit import write_raw

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App

_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*", re.ASCII)

_output = click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it there.  [default: standard output]",
)
_force = click.option("--force", is_flag=True, help="Replace FILE where it is there.")


@click.group()
def ci() -> None:
    """Files for CI systems: keys from their secrets, host keys pinned, nothing asked."""


@ci.command()
@env_argument()
@click.option("--branch", metavar="NAME", help="Deploys when pushed to.  [default: ENV]")
@_output
@_force
@click.pass_obj
def github(
    app: App, environment: str, branch: str | None, output: Path | None, force: bool
) -> None:
    """Write a GitHub Actions workflow that verifies the history, promotes and deploys ENV."""
    branch = branch or environment
    if not _BRANCH.fullmatch(branch) or ".." in branch:
        raise UsageError(f"not a branch: {branch!r}", hint="such as main or release/2.x")
    script = "".join(
        f"          {line}" if line.strip() else line
        for line in _filled(app, environment, "deploy.sh").splitlines(keepends=True)
    )
    text = _filled(app, environment, "github.yml")
    text = text.replace("@BRANCH@", branch).replace("@SCRIPT@\n", script)
    _write(text, output, force=force, mode=0o644)


@ci.command()
@env_argument()
@_output
@_force
@click.pass_obj
def script(app: App, environment: str, output: Path | None, force: bool) -> None:
    """Write a shell script that does the same for any other CI system."""
    head = f"#!/bin/sh\n# Made by `tetra-es ci script {environment}`.\n"
    _write(head + _filled(app, environment, "deploy.sh"), output, force=force, mode=0o755)


def _filled(app: App, environment: str, name: str) -> str:
    """Return a text with the names in it; both are of letters that mean nothing to a shell."""
    from tetra_es_projections.queries.environments import require_environment

    with app.reading() as reader:
        require_environment(reader, environment)
        head = next(iter(reader.views.events.history(limit=1)))
    text = (files("tetra_es_cli") / "texts" / name).read_text("utf-8")
    filled = {
        "@ORG@": app.layout().root.name,
        "@ENV@": environment,
        "@EXPECT@": f"{head.event}:{head.hash}",
    }
    for mark, value in filled.items():
        text = text.replace(mark, value)
    return text


def _write(text: str, output: Path | None, *, force: bool, mode: int) -> None:
    if output is None:
        write_raw(text.encode())
        return
    if output.exists() and not force:
        raise Refused(f"{output} is there already", hint="--force replaces it")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text)
        output.chmod(mode)
    except OSError as error:
        raise TetraEsError(
            f"cannot write {output}: {error.strerror}", hint="check the path and its permissions"
        ) from error
    note(f"wrote {output}")

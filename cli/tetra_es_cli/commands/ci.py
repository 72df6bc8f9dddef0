"""`ci`: what a CI system runs to verify, promote and deploy."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import click

from tetra_es.errors import UsageError
from tetra_es_cli.context.groups import CommandGroup
from tetra_es_cli.context.params import GENERATED, env_argument
from tetra_es_cli.context.text_files import filled, force_option, output_option, text_of, write

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es_cli.context.app import App

_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*", re.ASCII)

_promote = click.option(
    "--promote/--no-promote",
    default=None,
    help="Promote ENV first, or deploy what a person promoted.  [default: promote dev alone]",
)


@click.group(cls=CommandGroup)
def ci() -> None:
    """Write files for CI systems: keys from their secrets, host keys pinned, nothing asked."""


@ci.command()
@env_argument(type=GENERATED)
@click.option("--branch", metavar="NAME", help="Promotes when pushed to.  [default: ENV]")
@_promote
@output_option
@force_option
@click.pass_obj
def github(
    app: App,
    environment: str,
    branch: str | None,
    promote: bool | None,
    output: Path | None,
    force: bool,
) -> None:
    """Write a GitHub Actions workflow that verifies the history, promotes and deploys ENV.

    Without promoting, it looks every ten minutes for what a person promoted, and deploys that.
    """
    if branch and promote is None:
        promote = True
    branch = branch or environment
    if not _BRANCH.fullmatch(branch) or ".." in branch:
        raise UsageError(f"not a branch: {branch!r}", hint="such as main or release/2.x")
    marks = _marks(app, environment, promote)
    marks["@BRANCH@"] = branch
    script = "".join(
        f"          {line}" if line.strip() else line
        for line in filled("deploy.sh", marks).splitlines(keepends=True)
    )
    write(
        filled("github.yml", marks).replace("@SCRIPT@\n", script), output, force=force, mode=0o644
    )


@ci.command()
@env_argument(type=GENERATED)
@_promote
@output_option
@force_option
@click.pass_obj
def script(
    app: App, environment: str, promote: bool | None, output: Path | None, force: bool
) -> None:
    """Write a shell script that does the same for any other CI system."""
    head = f"#!/bin/sh\n# Made by `tetra-es ci script {environment}`.\n"
    text = filled("deploy.sh", _marks(app, environment, promote))
    write(head + text, output, force=force, mode=0o755)


def _marks(app: App, environment: str, promote: bool | None) -> dict[str, str]:
    """Return what stands in the place of each mark; names mean nothing to a shell or to YAML."""
    from tetra_es.usecases.for_servers import refuse_source
    from tetra_es.usecases.sharing.place import shared_at
    from tetra_es_projections.queries.environments import require_environment

    refuse_source(environment)
    with app.reading() as reader:
        require_environment(reader, environment)
        head = next(iter(reader.views.events.history(limit=1)))
    import tomllib  # the help does without

    layout = app.layout()
    found = shared_at(layout, app.admission)
    promotes = environment == "dev" if promote is None else promote
    texts = tomllib.loads(text_of("ci.toml"))
    return {
        **texts["promotes" if promotes else "deploys"],
        **texts["shared" if found else "kept"],
        "@ORG@": layout.root.name,
        "@ENV@": environment,
        "@EXPECT@": f"{head.event}:{head.hash}",
        "@LOG@": shlex.quote(found.without_password) if found else "",
    }

"""`mirror`: copies of the history elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli.context.params import output_option
from tetra_es_cli.output.console import warn
from tetra_es_cli.output.plain import emit, emit_rows

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App


_SHOWN = 12


@click.group()
def mirror() -> None:
    """Copies of history/ elsewhere, for review and as a backup.

    A copy that you cannot write to is what shows if the whole folder is ever rewritten.
    """


@mirror.command("list")
@output_option("table", "json", "jsonl")
@click.pass_obj
def list_(app: App, output: str) -> None:
    """List the remotes and how many commits each lacks, as of the last push."""
    from tetra_es_projections.mirror.remotes import remotes

    with app.projections(reading=True) as projections:
        rows = [row._asdict() for row in remotes(projections.layout.mirror, app.derived.git)]
    if output == "table":
        for row in rows:
            row["commit"] = row["commit"] and row["commit"][:_SHOWN]
    emit_rows(rows, output, ("remote", "url", "commit", "behind"), empty="the mirror has no remote")


@mirror.command()
@click.argument("name")
@click.argument("url")
@click.pass_obj
def add(app: App, name: str, url: str) -> None:
    """Let NAME stand for the git repository at URL."""
    from tetra_es_projections.mirror.remotes import add_remote

    with app.projections() as projections:
        projections.catch_up()  # the mirror that a killed command removed is there again
        add_remote(projections.layout.mirror, app.derived.git, warn, name, url)
    emit(f"added the remote {name}: `tetra-es mirror push {name}` fills it")


@mirror.command()
@click.argument("name")
@click.pass_obj
def rm(app: App, name: str) -> None:
    """Forget the remote NAME; the repository there stays as it is."""
    from tetra_es_projections.mirror.remotes import remove_remote

    with app.projections() as projections:
        projections.catch_up()
        remove_remote(projections.layout.mirror, app.derived.git, warn, name)
    emit(f"removed the remote {name}")


@mirror.command()
@click.argument("name", default="origin")
@click.option("--force", is_flag=True, help="Replace what the remote has, as after a purge.")
@click.pass_obj
def push(app: App, name: str, force: bool) -> None:
    """Push the history to the remote NAME, by default origin.

    Git asks and signs in as it does for you elsewhere. Without --force nothing that the remote
    has is ever replaced.
    """
    from tetra_es_projections.mirror.remotes import push as push_to

    with app.projections() as projections:
        projections.catch_up()
        row = push_to(projections.layout.mirror, app.derived.git, warn, name, force=force)
    emit(f"{name} is at {(row.commit or '')[:_SHOWN]}")

"""`mirror`: copies of the history elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli.context.candidates import REMOTE
from tetra_es_cli.context.groups import CommandGroup
from tetra_es_cli.context.params import listing_option
from tetra_es_cli.output.emit import emit, say
from tetra_es_cli.output.model import Listing

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App


_SHOWN = 12


@click.group(cls=CommandGroup)
def mirror() -> None:
    """Manage copies of history/ elsewhere, for review and as a backup.

    A copy goes one way: nobody records in it. To record together with others, see `share`. A copy
    that you cannot write to is what shows if the whole folder is ever rewritten.
    """


@mirror.command("list")
@listing_option
@click.pass_obj
def list_(app: App, output: str) -> None:
    """List the remotes and how many commits each lacks, as of the last push."""
    with app.projections(reading=True) as projections:
        found = projections.remotes.rows()
    rows = [
        {"remote": one.remote, "url": one.url, "commit": one.commit, "behind": one.behind}
        for one in found
    ]
    listing = Listing(
        rows,
        ("remote", "url", "commit", "behind"),
        empty="the mirror has no remote",
        cells={"commit": lambda commit: commit and commit[:_SHOWN]},
    )
    emit(listing, output)


@mirror.command()
@click.argument("name")
@click.argument("url")
@click.pass_obj
def add(app: App, name: str, url: str) -> None:
    """Add remote NAME, the git repository at URL."""
    from tetra_es.usecases.remotes import add_remote
    from tetra_es.usecases.sharing.place import shared_at

    with app.projections() as projections:
        add_remote(projections, name, url, shared_at(app.layout(), app.admission))
    say(f"added the remote {name}: `tetra-es mirror push {name}` fills it")


@mirror.command()
@click.argument("name", type=REMOTE)
@click.pass_obj
def rm(app: App, name: str) -> None:
    """Forget the remote NAME; the repository there stays as it is."""
    from tetra_es.usecases.remotes import remove_remote

    with app.projections() as projections:
        remove_remote(projections, name)
    say(f"removed the remote {name}")


@mirror.command()
@click.argument("name", default="origin", type=REMOTE)
@click.option("--force", is_flag=True, help="Replace what the remote has, as after a purge.")
@click.pass_obj
def push(app: App, name: str, force: bool) -> None:
    """Push the history to the remote NAME, by default origin.

    Git asks and signs in as it does for you elsewhere. Without --force nothing that the remote
    has is ever replaced.
    """
    from tetra_es.usecases.remotes import push as push_to
    from tetra_es.usecases.sharing.place import shared_at

    with app.projections() as projections:
        pushed = push_to(projections, name, shared_at(app.layout(), app.admission), force=force)
    commit = pushed.commit[:_SHOWN]
    if not pushed.commits:
        say(f"{name} is up to date ({commit})")
        return
    say(f"pushed {pushed.commits} commit{'s'[: pushed.commits > 1]} to {name} ({commit})")

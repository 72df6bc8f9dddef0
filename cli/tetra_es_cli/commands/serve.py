"""`serve`: the pages and the API, for auditors and programs; and the tokens for them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tetra_es_cli.context.groups import CommandGroup
from tetra_es_cli.context.params import listing_option
from tetra_es_cli.output.console import note
from tetra_es_cli.output.emit import emit, say
from tetra_es_cli.output.model import Listing
from tetra_es_cli.output.times import short_time

if TYPE_CHECKING:
    from tetra_es.usecases.tokens import Tokens
    from tetra_es_cli.context.app import App

_LONGEST = 10.0


@click.group(
    cls=CommandGroup,
    invoke_without_command=True,
    subcommand_metavar="[COMMAND] [ARGS]...",  # as newer versions of click say by themselves
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="The address to listen at.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    metavar="PORT",
    help="The port to listen at; 0 takes any.",
)
@click.option(
    "--socket",
    "path",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Listen at a unix socket instead.",
)
@click.option(
    "--proxy",
    "proxies",
    multiple=True,
    metavar="ADDRESS",
    help="Believe the X-Forwarded-User header of this address, or of who connects by a unix socket "
    "for `unix`; may be given more than once.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0.1, 600),
    default=_LONGEST,
    show_default=True,
    metavar="SECONDS",
    help="What the questions of one request may take.",
)
@click.pass_context
def serve(context: click.Context, /, **options: Any) -> None:
    """Show the history in a browser, and answer programs: read-only, until it is interrupted.

    It never records, catches up or writes; a timer with `tetra-es pull` follows a shared log. Only
    this machine can ask, unless there are tokens or a proxy. A socket that systemd hands over is
    taken instead of --host and --port.
    """
    if context.invoked_subcommand is None:
        _serve(context.obj, **options)


def _serve(app: App, *, timeout: float, **options: Any) -> None:
    from tetra_es.usecases.tokens import tokens_of
    from tetra_es_cli.context.interfaces import interface

    run = interface("serve")
    layout = app.layout()
    tokens = tokens_of(layout, app.admission)
    run(layout, app.admission, tokens, note, longest=timeout, **options)


@serve.group(cls=CommandGroup)
def token() -> None:
    """Make and remove the tokens by which programs may ask."""


@token.command()
@click.argument("name")
@click.option("--expires", metavar="DAYS", type=click.IntRange(1, 3650), help="Days that it lasts.")
@click.pass_obj
def new(app: App, name: str, expires: int | None) -> None:
    """Make a token called NAME and print it: nobody can see it again.

    Only its hash is kept. It is sent as `Authorization: Bearer TOKEN`, or as the password in a
    browser.
    """
    from datetime import UTC, datetime, timedelta

    from tetra_es.refs import format_time

    end = None if expires is None else format_time(datetime.now(UTC) + timedelta(days=expires))
    say(_tokens(app).new(name, end))


@token.command("list")
@listing_option
@click.pass_obj
def list_(app: App, output: str) -> None:
    """List the tokens: names and times, never the tokens themselves."""
    found = _tokens(app).all()
    rows = [
        {name: value for name, value in one._asdict().items() if name != "digest"} for one in found
    ]
    cells = {"created": short_time, "expires": short_time}
    emit(
        Listing(rows, ("name", "scope", "created", "expires"), "there are no tokens", cells=cells),
        output,
    )


@token.command()
@click.argument("name")
@click.pass_obj
def rm(app: App, name: str) -> None:
    """Remove the token NAME: from now on it is refused."""
    _tokens(app).remove(name)
    say(f"removed the token {name}")


def _tokens(app: App) -> Tokens:
    from tetra_es.usecases.tokens import tokens_of

    with app.reading():  # which admits a history that is new here
        return tokens_of(app.layout(), app.admission)

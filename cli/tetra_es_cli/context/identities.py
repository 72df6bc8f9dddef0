"""Finding the age identities that decrypt: one's own key file, or those given."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import click

from tetra_es.errors import TetraEsError
from tetra_es_cli.context import core_dumps
from tetra_es_cli.context.hidden import ask_hidden
from tetra_es_cli.context.paths import FilePath

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tetra_es.usecases.keys import Identity
    from tetra_es_cli.context.app import App


identity_option = click.option(
    "-i",
    "--identity",
    "given",
    multiple=True,
    type=FilePath(),
    metavar="FILE",
    help="An age identity or SSH key to decrypt with.  [default: your own]",
)


def identities(app: App, given: Sequence[Path]) -> list[Identity]:
    """Return the identities in the files given, else in the user's own.

    Asks for the passphrase of an encrypted SSH key, unless input is forbidden. Raises
    `TetraEsError` when there is none.
    """
    from tetra_es.usecases.keys import load_identities

    core_dumps.forbid()
    paths = list(given) or [app.settings.identity]
    if not given and not paths[0].exists():
        raise TetraEsError(
            f"you have no identity: {paths[0]} is not there",
            hint="`tetra-es identity new` makes one, and a colleague adds it as a recipient; "
            "--identity names another file",
        )
    ask = None if app.no_input else _ask
    return [one for path in paths for one in load_identities(path, ask)]


def loader(app: App, given: Sequence[Path]) -> Callable[[], list[Identity]]:
    """Return a function that loads the identities when they turn out to be needed, once: each
    time, it could have to ask for a passphrase."""
    return cache(lambda: identities(app, given))


def silent_loader(app: App) -> Callable[[], list[Identity]]:
    """Return a function that loads one's own identities, and asks for no passphrase.

    It raises `TetraEsError` where there is none that opens without.
    """

    def load() -> list[Identity]:
        from tetra_es.usecases.keys import load_identities

        core_dumps.forbid()
        return load_identities(app.settings.identity)

    return cache(load)


def _ask() -> str:
    return ask_hidden("Passphrase of the SSH key")

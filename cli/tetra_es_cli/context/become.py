"""Sudo on a server: whether its password is asked for, and asking for it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tetra_es.errors import UsageError
from tetra_es_cli.context.hidden import ask_hidden

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App

_ASKS = "tetra_es.asks_become_pass"
"""Under this name a command's context has whether sudo's password is to be asked for."""

_PASSWORD = "tetra_es.become_pass"  # noqa: S105 - a name
"""Under this name it has what was answered."""


def _note_asked(context: click.Context, _: click.Parameter, asked: bool) -> None:
    context.meta[_ASKS] = context.meta.get(_ASKS, False) or asked


become_option = click.option(
    "-K",
    "--ask-become-pass",
    is_flag=True,
    expose_value=False,
    callback=_note_asked,
    help="Ask here for the password that sudo wants on the servers.",
)


def asks_become_pass() -> bool:
    """Return whether the option was given to the command that runs."""
    context = click.get_current_context(silent=True)
    return context is not None and context.meta.get(_ASKS, False)


def become_password(app: App) -> str | None:
    """Ask for the password of sudo where that was wanted, once; it is kept in memory alone.

    Raises `UsageError` where nobody can be asked.
    """
    context = click.get_current_context(silent=True)
    if context is None or not asks_become_pass():
        return None
    if app.no_input or not sys.stdin.isatty():
        raise UsageError(
            "--ask-become-pass needs a terminal to ask at",
            hint="let the user run /bin/sh by sudo without a password, or log in as root",
        )
    if _PASSWORD not in context.meta:
        context.meta[_PASSWORD] = ask_hidden("sudo password")
    password: str = context.meta[_PASSWORD]
    return password

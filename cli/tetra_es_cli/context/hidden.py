"""Asking at the terminal for what nobody may see."""

from __future__ import annotations

import click

from tetra_es.errors import UsageError


def ask_hidden(what: str) -> str:
    """Return what is typed, without an echo. Raises `UsageError` where it is not text."""
    try:
        answer: str = click.prompt(what, hide_input=True, err=True)
        answer.encode()
    except UnicodeError:
        # Without the cause: it has what was typed.
        raise UsageError("what was typed is not UTF-8", hint="set the terminal to UTF-8") from None
    return answer

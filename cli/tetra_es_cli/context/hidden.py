"""Asking at the terminal for what nobody may see."""

from __future__ import annotations

import os
import sys

import click

from tetra_es.errors import UsageError


def ask_hidden(what: str) -> str:
    """Return what is typed, without an echo.

    Raises `UsageError` where there is no terminal to ask at, and where the answer is not text.
    """
    if not _has_terminal():
        raise UsageError(f"no terminal to ask at: {what}", hint="run it at a terminal")
    try:
        answer: str = click.prompt(what, hide_input=True, err=True)
        answer.encode()
    except UnicodeError:
        # Without the cause: it has what was typed.
        raise UsageError("what was typed is not UTF-8", hint="set the terminal to UTF-8") from None
    return answer


def _has_terminal() -> bool:
    """Return whether the process has one, even if its standard input comes from elsewhere."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return sys.stdin.isatty()
    return True

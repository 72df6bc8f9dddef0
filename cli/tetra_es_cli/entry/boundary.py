"""The one error boundary of all commands.

Exit codes: 0 done, 1 error, 2 usage, 3 refused, 4 integrity failure, 5 deployment reverted,
130 interrupted.
"""

from __future__ import annotations

import os
import sys
from itertools import pairwise
from typing import TYPE_CHECKING

import click

from tetra_es.errors import TetraEsError, UsageError
from tetra_es_cli.entry.root import cli
from tetra_es_cli.output import hints, interrupts, redaction, terminal, times

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(arguments: Sequence[str]) -> int:
    """Run a command, say what went wrong, return the exit code."""
    redaction.remember(arguments)
    hints.remember()
    times.use()
    terminal.forget()
    times.use()
    interrupts.forget()
    try:
        return _run(arguments)
    except Exception as error:
        if "--debug" in _own(arguments):
            import traceback

            redaction.say("".join(traceback.format_exception(error)).rstrip())
        return _explain(error)


def _own(arguments: Sequence[str]) -> Sequence[str]:
    """Return the arguments without those of a command that `run` runs."""
    return arguments[: arguments.index("run")] if "run" in arguments else arguments


def _run(arguments: Sequence[str]) -> int:
    """Run a command; return its exit code, where it is not an error."""
    for before, argument in zip(("", *arguments), arguments, strict=False):
        if before == "--dir" or argument.startswith("--dir="):
            continue  # a folder's name may be any bytes
        if not argument.isprintable() and any("\udc80" <= char <= "\udcff" for char in argument):
            raise UsageError(f"not UTF-8: {argument!r}", hint="write it in UTF-8")
    try:
        code = cli.main(args=arguments, prog_name="tetra-es", standalone_mode=False)
        # A reader that closed the pipe (`| head`) shows only when the rest is flushed.
        sys.stdout.flush()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except SystemExit as stop:  # `run` hands on the exit code of what it ran
        return stop.code if isinstance(stop.code, int) else 1
    except BrokenPipeError:
        # The reader has enough; the flush at the end must not complain about it either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (click.Abort, KeyboardInterrupt):
        return _report(interrupts.message(), None, interrupts.EXIT_CODE)
    return code if isinstance(code, int) else 0


def _explain(error: Exception) -> int:
    """Say what went wrong in one line and a hint; return the exit code."""
    if isinstance(error, TetraEsError):
        return _report(error.message, error.hint, error.exit_code)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        redaction.say(error.format_message())
        return 2
    if isinstance(error, click.UsageError):
        from tetra_es_cli.entry.misuse import misused

        return _report(*misused(error), 2)
    if isinstance(error, click.ClickException):
        return _report(error.format_message(), None, error.exit_code)
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        message = f"{where}{error.strerror}"
        if recorded := interrupts.recorded():  # and could not be printed, most likely
            message = f"{recorded}, but then: {message}"
        return _report(message, "check the path, its permissions and the space", 1)
    return _report(
        f"unexpected {type(error).__name__}: {' '.join(str(error).split())}",
        "this is a defect: run it again with --debug and report what it prints",
        1,
    )


_CODES = {
    1: "error",
    2: "usage",
    3: "refused",
    4: "integrity",
    5: "reverted",
    6: "unknown",
    interrupts.EXIT_CODE: "interrupted",
}
"""Exit code to the word for it, for programs."""


def _report(message: str, hint: str | None, code: int) -> int:
    if redaction.names_key(message):
        replace = "the shell's history has that key now: replace it"
        hint = f"{hint}; {replace}" if hint else replace
    if hint:
        hint = hints.with_options(hint)
    if _wants_json():
        value = {"code": _CODES[code], "message": message, "hint": hint, "exit": code}
        redaction.say_json(value)
        return code
    redaction.say(f"tetra-es: error: {message}")
    if hint:
        redaction.say(f"tetra-es: hint: {hint}")
    return code


def _wants_json() -> bool:
    """Return whether the arguments ask for JSON, be they understood or not."""
    words = list(_own(redaction.arguments()))
    asked = [f"-o{after}" for word, after in pairwise(words) if word in ("-o", "--output")]
    given = {word.replace("--output=", "-o", 1) for word in [*words, *asked]}
    return not given.isdisjoint(("-ojson", "-ojsonl"))

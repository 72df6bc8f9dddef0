"""The entry point and its one error boundary.

Exit codes: 0 done, 1 error, 2 usage, 3 refused, 4 integrity failure, 5 deployment reverted.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from tetra_es.errors import TetraEsError, UsageError
from tetra_es_cli.root import cli

if TYPE_CHECKING:
    from collections.abc import Sequence

# Collecting cycles while modules load takes a tenth of a short command and frees nothing.
gc.set_threshold(100_000)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command in `arguments` (by default the process's own) and end the process."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    debug = "--debug" in arguments
    try:
        code = _run(arguments)
    except Exception as error:
        if debug:
            raise
        code = _explain(error)
    _leave(code)


def _run(arguments: Sequence[str]) -> int:
    """Run a command; return the exit code of what is no error."""
    for argument in arguments:
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
        # Whoever reads us has enough; the flush at the end must not complain about it either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (click.Abort, KeyboardInterrupt):
        return _report("interrupted; what was acknowledged is recorded", None, 1)
    return code if isinstance(code, int) else 0


def _leave(code: int) -> NoReturn:
    """End the process without taking the interpreter apart, which takes 5 to 10 ms.

    Everything is closed and durable by now: commands hold files in `with` alone.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _explain(error: Exception) -> int:
    """Say what went wrong in one line and a hint; return the exit code."""
    if isinstance(error, TetraEsError):
        return _report(error.message, error.hint, error.exit_code)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return 2
    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else "tetra-es"
        return _report(error.format_message(), f"`{command} --help` says how it is used", 2)
    if isinstance(error, click.ClickException):
        return _report(error.format_message(), None, error.exit_code)
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return _report(
            f"{where}{error.strerror}", "check the path, its permissions and the space", 1
        )
    return _report(
        f"unexpected {type(error).__name__}: {' '.join(str(error).split())}",
        "this is a defect: run it again with --debug and report what it prints",
        1,
    )


def _report(message: str, hint: str | None, code: int) -> int:
    click.echo(f"tetra-es: error: {message}", err=True)
    if hint:
        click.echo(f"tetra-es: hint: {hint}", err=True)
    return code

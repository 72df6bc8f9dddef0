"""The entry point: the quick way where there is one, click for everything else."""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False  # of `typing`, whose import would be another 5 ms without `main`
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command in `arguments` (by default the process's own) and end the process."""
    code = None
    try:
        begin = _end_when_interrupted()
        # Collecting cycles while modules load takes a tenth of a short command and frees nothing.
        gc.set_threshold(100_000)
        # Whatever a shell says, the owner can read what is written.
        os.umask(os.umask(0o077) & 0o077)
        _open_standard_streams()
        code = run(sys.argv[1:] if arguments is None else list(arguments), begin)
    except KeyboardInterrupt:  # once more, while it ends
        if code is None:
            _leave(_interrupted())
    _leave(code)


def run(arguments: Sequence[str], begin: Callable[[], object] = bool) -> int:
    """Run the command in `arguments`; return its exit code. What it printed may be buffered yet.

    `begin` is called when everything is loaded and the command begins.
    """
    try:
        from tetra_es_cli.entry.quick import answer

        found = answer(arguments)
        if found is not None and _print(found):
            return 0
        from tetra_es_cli.entry import boundary

        begin()
        return boundary.run(arguments)
    except KeyboardInterrupt:  # outside of a command
        return _interrupted()


def _interrupted() -> int:
    """Say what was recorded by then; return the exit code."""
    from tetra_es_cli.output import interrupts

    sys.stderr.write(f"tetra-es: error: {interrupts.message()}\n")
    return interrupts.EXIT_CODE


def _end_when_interrupted() -> Callable[[], object]:
    """Have an interrupt end the process at once, until what is returned is called.

    While modules load, Python would print where it was, or pass over the interrupt.
    """
    import signal

    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return bool  # somebody has it ignored
    signal.signal(signal.SIGINT, _end)
    return lambda: signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(*_: object) -> NoReturn:
    """End the process as interrupted, before anything was done."""
    try:
        os.write(2, b"tetra-es: error: interrupted; nothing was recorded\n")
    finally:
        os._exit(130)


def _open_standard_streams() -> None:
    """Open those that the process was started without.

    A file that is opened later would take their place, and get what is printed. Nothing comes from
    such an input, not even its end: that would be an empty value.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_WRONLY)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            os.set_inheritable(number, True)
            stream = open(number, "w" if number else "r", closefd=False)  # noqa: SIM115 - stays
            setattr(sys, name, stream)


def _print(answer: bytes) -> bool:
    """Print an answer; False where that failed, so that the command itself says why."""
    try:
        sys.stdout.buffer.write(answer)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has enough; the flush at the end must not complain about it either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError:
        return False
    return True


def _leave(code: int) -> NoReturn:
    """End the process without taking the interpreter apart, which takes 5 to 10 ms.

    Everything is closed and durable by now: commands hold files in `with` alone.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # which was said where there was anybody to hear it
            code = code or 1
        except KeyboardInterrupt:  # nobody reads on
            code = 130
    os._exit(code)

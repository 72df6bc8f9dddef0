"""The entry point: the quick way where there is one, click for everything else."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command in `arguments` (by default the process's own) and end the process."""
    # Collecting cycles while modules load takes a tenth of a short command and frees nothing.
    gc.set_threshold(100_000)
    _leave(run(sys.argv[1:] if arguments is None else list(arguments)))


def run(arguments: Sequence[str]) -> int:
    """Run the command in `arguments`; return its exit code. What it printed may be buffered yet."""
    from tetra_es_cli.entry.quick import answer

    found = answer(arguments)
    if found is not None and _print(found):
        return 0
    from tetra_es_cli.entry import boundary

    return boundary.run(arguments)


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
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)

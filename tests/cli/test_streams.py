"""Standard streams that are closed or full."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.machine import HANG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.conftest import Machine

COMMANDS: Sequence[tuple[str, ...]] = (
    ("show", "local"),
    ("status",),
    ("verify",),
    ("--help",),
    ("set", "local", "ports.tetra=4445"),
)


def started_without(
    machine: Machine, streams: Sequence[int], *words: str
) -> subprocess.CompletedProcess[str]:
    def close() -> None:
        for number in streams:
            os.close(number)

    return subprocess.run(
        [sys.executable, "-m", "tetra_es_cli", *words],
        env=machine.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
        preexec_fn=close,
    )


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("streams", [(1,), (2,), (0, 1, 2)], ids=str)
def test_closed(machine: Machine, words: tuple[str, ...], streams: tuple[int, ...]) -> None:
    done = started_without(machine, streams, *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert bool(done.stdout) == (1 not in streams)
    machine.ok("verify")


def test_closed_input_has_no_value(machine: Machine) -> None:
    """It is not an empty value, as that of /dev/null is."""
    machine.ok("recipient", "add", "dev", "alice", machine.ok("identity", "new").out.strip())
    done = started_without(machine, (0,), "secret", "set", "dev", "TOKEN")
    assert done.returncode
    assert done.stderr.startswith("tetra-es: error: ")
    assert "unexpected" not in done.stderr
    assert machine.ok("secret", "list", "dev").out == ""

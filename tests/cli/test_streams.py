"""Standard streams that are closed or full."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL, some
from tests.machine import HANG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.conftest import Machine, Result

COMMANDS: Sequence[tuple[str, ...]] = (
    ("show", "local"),
    ("status",),
    ("verify",),
    ("--help",),
    ("set", "local", "ports.tetra=4445"),
)


def started_without(machine: Machine, streams: Sequence[int], *words: str) -> Result:
    def close() -> None:
        for number in streams:
            os.close(number)

    return machine.process(*words, before=close)


@pytest.mark.parametrize(("words", "streams"), some(product(COMMANDS, [(1,), (2,), (0, 1, 2)]), 3))
def test_closed(machine: Machine, words: tuple[str, ...], streams: tuple[int, ...]) -> None:
    done = started_without(machine, streams, *words)
    assert (done.code, done.err) == (0, "")
    assert bool(done.out) == (1 not in streams)
    machine.ok("verify")


def test_closed_input_has_no_value(machine: Machine) -> None:
    """It is not an empty value, as that of /dev/null is."""
    machine.ok("recipient", "add", "dev", "alice", machine.ok("identity", "new").out.strip())
    done = started_without(machine, (0,), "secret", "set", "dev", "TOKEN")
    assert done.code
    assert done.err.startswith("tetra-es: error: ")
    assert "unexpected" not in done.err
    assert machine.ok("secret", "list", "dev").out == ""


FULL = Path("/dev/full")


def printed_to_full(machine: Machine, *words: str) -> list[str]:
    with FULL.open("w") as full:
        done = subprocess.run(
            machine.argv(*words),
            env=machine.environment(),
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=HANG,
        )
    assert done.returncode == 1
    return done.stderr.splitlines()


@LONG_TAIL
@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
def test_what_cannot_be_printed(machine: Machine) -> None:
    """It is recorded all the same, which is said."""
    hint = "tetra-es: hint: check the path, its permissions and the space"
    said = printed_to_full(machine, "set", "local", "ports.tetra=4445")
    last = machine.last_position()
    assert said == [
        f"tetra-es: error: recorded as #{last}, but then: No space left on device",
        hint,
    ]
    said = printed_to_full(replace(machine, org="other"), "init", "other")
    assert said == ["tetra-es: error: recorded as #1, #2, but then: No space left on device", hint]
    for words in (("history",), ("verify",), ("--help",)):
        said = printed_to_full(machine, *words)
        assert said == ["tetra-es: error: No space left on device", hint]

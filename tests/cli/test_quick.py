"""What is answered without click is what the commands answer."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Machine

BY_COMMAND = "import sys; from tetra_es_cli.entry.boundary import run; sys.exit(run(sys.argv[1:]))"
WITHOUT_CLICK = """\
import sys
from tetra_es_cli.entry.quick import answer
text = answer(sys.argv[1:])
assert "click" not in sys.modules
sys.stdout.buffer.write(("(not for us)" if text is None else text).encode())
"""


def ask(machine: Machine, code: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        env=machine.environment(),
        capture_output=True,
        check=False,
    )
    return done.stdout.decode()


@pytest.fixture
def full(machine: Machine) -> Machine:
    machine.ok("promote", "dev", "-m", "tab\there\nand é")
    machine.ok("set", "local", 'app.text="é\\t\\u0000"', "ports.tetra=5555")
    machine.ok("promote", "dev")
    return machine


@pytest.mark.parametrize(
    "words",
    [
        ("show", "dev"),
        ("show", "@dev"),
        ("show", "local", "--at", "2"),
        ("show", "dev", "--at", "dev@1"),
        ("history",),
        ("history", "-n", "2"),
    ],
)
def test_the_same_bytes(full: Machine, words: tuple[str, ...]) -> None:
    quick = ask(full, WITHOUT_CLICK, *words)
    assert quick == ask(full, BY_COMMAND, *words)
    assert quick == full.ok(*words).out
    assert quick


@pytest.mark.parametrize(
    "words",
    [
        ("show", "nope"),
        ("show", "prod"),
        ("show", "-h"),
        ("show", "dev", "--at", "999"),
        ("history", "-n", "0"),
        ("history", "-n", "²"),
        ("history", "dev"),
        ("--org", "acme", "show", "dev"),
        (),
    ],
)
def test_everything_else_is_left_to_the_commands(full: Machine, words: tuple[str, ...]) -> None:
    assert ask(full, WITHOUT_CLICK, *words) == "(not for us)"


def test_views_that_are_behind_are_left_to_the_commands(full: Machine) -> None:
    for suffix in ("", "-wal", "-shm"):
        (full.folder / f"store/views.db{suffix}").unlink(missing_ok=True)
    assert ask(full, WITHOUT_CLICK, "show", "dev") == "(not for us)"
    assert "tetra = 5555" in full.ok("show", "dev").out

"""What cannot be taken back is asked about first, on a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.examples import some
from tests.machine import HANG

if TYPE_CHECKING:
    from tests.machine import Machine

PURGE = ("secret", "purge", "dev", "API_KEY", "--version", "1", "-m", "leaked")


def on_a_terminal(machine: Machine, words: tuple[str, ...], answer: str = "") -> tuple[int, str]:
    """Run a command, answer its question if there is one; return exit code and output."""
    primary, secondary = pty.openpty()
    process = subprocess.Popen(
        machine.argv(*words),
        env=machine.environment(),
        stdin=secondary,
        stdout=secondary,
        stderr=secondary,
        start_new_session=True,
    )
    os.close(secondary)
    said, answered = b"", not answer
    with suppress(OSError):  # which ends it
        while more := os.read(primary, 1024):
            said += more
            if not answered and b"no way back" in said:
                os.write(primary, f"{answer}\n".encode())
                answered = True
    code = process.wait(HANG)
    os.close(primary)
    return code, said.decode()


@pytest.fixture
def leaked(vault: Machine) -> Machine:
    for value in ("one", "two"):
        vault.ok("secret", "set", "dev", "API_KEY", stdin=value)
    return vault


@pytest.mark.parametrize(("answer", "code"), some([("n", 130), ("y", 0)], 1))
def test_a_person_is_asked_before_a_secret_is_destroyed(
    leaked: Machine, answer: str, code: int
) -> None:
    ended, said = on_a_terminal(leaked, PURGE, answer)
    assert "Destroy version 1 of API_KEY of dev? There is no way back" in said
    assert ended == code, said
    failed = leaked.run("secret", "get", "dev", "API_KEY", "--version", "1")
    assert (failed.code == 0) is (answer == "n")


def test_nobody_is_asked_where_the_answer_is_given(leaked: Machine) -> None:
    for more in (("--dry-run",), ("--yes",)):
        ended, said = on_a_terminal(leaked, (*PURGE, *more))
        assert (ended, "Destroy" in said) == (0, False)

"""A command in a fork has what a process of its own has, and says how it ended."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.forks import program
from tests.machine import Result

if TYPE_CHECKING:
    from tests.conftest import Machine

REPLACED = 'printf "%s|" "$PWD" "$TZ" "$@"; echo to stderr >&2; cat; exit 7'


def forked(machine: Machine, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program(), *words],
        env=machine.environment(),
        input=typed,
        cwd=machine.home,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "words", [("set", "local", "ports.tetra=é"), ("show", "local"), ("nope",), ("status",)]
)
def test_it_says_what_a_process_says(machine: Machine, words: tuple[str, ...]) -> None:
    expected = machine.process(*words)
    done = forked(machine, *words)
    assert Result(done.returncode, done.stdout, done.stderr) == expected


def test_words_variables_folder_and_streams_are_its_own(machine: Machine) -> None:
    machine.ok("promote", "dev")
    machine.env["TZ"] = "Asia/Tokyo"
    words = ("run", "dev", "--", "sh", "-c", REPLACED, "sh", "a b", "", "é\n")
    done = forked(machine, *words, typed="typed")
    assert done.stdout == f"{machine.home}|Asia/Tokyo|a b||é\n|typed"
    assert (done.returncode, done.stderr) == (7, "to stderr\n")


def test_a_signal_is_an_exit_code_as_shells_have_it(machine: Machine) -> None:
    machine.ok("promote", "dev")
    assert forked(machine, "run", "dev", "--", "sh", "-c", "kill -TERM $$").returncode == 143

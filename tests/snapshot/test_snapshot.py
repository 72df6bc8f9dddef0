"""Every command prints what the snapshot says, in this process and as one of its own.

After a change that is meant: `python -m tests.snapshot`, look at the difference, and say in
CHANGELOG.md what people see of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.examples import THOROUGH, some
from tests.needs import needs
from tests.snapshot import script, states
from tests.snapshot.take import FILES, commands, file_of

if TYPE_CHECKING:
    from tests.snapshot.take import Taker

LOOKS_FOR = {"tetra-es doctor": ("ssh", "ssh-keygen")}
"""Programs of which a command says whether they are installed."""

COMMANDS = [
    pytest.param(command, marks=needs(*LOOKS_FOR.get(command, ()))) for command in commands()
]


def of(command: str) -> list[script.Example]:
    return script.read(file_of(command))


def usual(command: str) -> list[script.Example]:
    return of(command) if THOROUGH else of(command)[:1]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_prints_what_it_printed(command: str, taker: Taker) -> None:
    """The first state of each, which is the usual one, or all."""
    sessions = usual(command)
    assert script.write(taker.take(sessions)) == script.write(sessions)


@pytest.mark.parametrize("command", some(COMMANDS, 4))
def test_every_command_as_a_process(command: str, by_process: Taker) -> None:
    """One use of some of them; of each, and every one, where there is time."""
    sessions = of(command) if THOROUGH else script.shortest(of(command))
    assert script.write(by_process.take(sessions)) == script.write(sessions)


def test_every_command_has_a_file_that_begins_with_its_help() -> None:
    assert {file_of(command) for command in commands()} == set(FILES.iterdir())
    for command in commands():
        first = next(of(command)[0].steps)
        assert first.line == f"$ {command} --help"


def test_every_state_is_documented_and_used() -> None:
    used = {session.state for command in commands() for session in of(command)}
    assert states.documented().keys() == used
    assert all(states.documented().values())


def test_a_file_is_written_as_it_is_read() -> None:
    for command in commands():
        assert script.write(of(command)) == file_of(command).read_text("utf-8")

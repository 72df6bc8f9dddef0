"""Arguments that a command does not take: one line that names them as the help does, and a hint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.machine import Machine


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("promote", "missing argument ENV"),
        ("bisect dev", "missing argument COMMAND"),
        ("completion", "missing argument: bash, zsh or fish"),
        ("secret copy dev A", "missing option --to"),
        ("completion tcsh", "SHELL: 'tcsh' is not bash, zsh or fish"),
        ("history -o yaml", "--output: 'yaml' is not table, json, jsonl or csv"),
        ("history -n abc", "--number: 'abc' is not a whole number, 1 or more"),
        ("history -n 0", "--number: 0 is not a whole number, 1 or more"),
        ("health dev --timeout 0", "--timeout: 0 is not a whole number from 1 to 600"),
        ("serve --timeout 0", "--timeout: 0.0 is not a number from 0.1 to 600"),
        ("serve --port x", "--port: 'x' is not a whole number from 0 to 65535"),
        ("promote --dry-run=x dev", "--dry-run takes no value"),
        ("secret set dev A --reason", "--reason needs a value"),
        ("history --oneline", "argument 2 is not an option of tetra-es history"),
    ],
)
def test_it_is_said_in_one_line(bare: Machine, command: str, says: str) -> None:
    words = command.split()
    failed = bare.fails(2, *words)
    assert failed.error() == says
    path = " ".join(words[: 2 if words[0] == "secret" else 1])
    assert failed.hint().startswith(f"`tetra-es {path} --help` says how it is used")


def test_an_option_of_tetra_es_itself_without_its_value(bare: Machine) -> None:
    failed = bare.fails(2, "--org")
    assert failed.error() == "--org needs a value"
    assert failed.hint() == "`tetra-es --help` says how it is used"


def test_a_copy_to_restore_without_its_option(machine: Machine) -> None:
    copy = machine.home / "a copy.db"
    machine.ok("backup", str(copy))
    failed = machine.fails(2, "restore", str(copy))
    assert failed.error() == "missing option --from"
    assert failed.hint() == f"`tetra-es restore --from '{copy}'` restores what is there"
    hint = machine.fails(2, "restore", f"{copy}.old").hint()
    assert hint.startswith("`tetra-es rollback ENV` gives an environment an earlier state")

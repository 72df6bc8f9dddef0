"""Hints name the organization that the command worked on, where an option said which."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.hints.case import paste

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine


@pytest.fixture
def elsewhere(machine: Machine, tmp_path: Path) -> list[str]:
    """The options for an organization that neither the environment nor the home folder names."""
    folder = tmp_path / "a long name so that it is longer than sixty characters" / "x"
    shutil.move(machine.home / "tetra", folder)
    machine.env["TETRA_ORG"] = ""
    return ["--org", machine.org, "--dir", str(folder)]


@pytest.mark.parametrize(
    "command", ["promote nosuch", "show prod", "promote staging --from prod", "diff local --nope"]
)
def test_a_hint_pasted_works_there(machine: Machine, elsewhere: list[str], command: str) -> None:
    failed = machine.run(*elsewhere, *command.split())
    assert failed.code
    for pasted in failed.hint().split("`")[1::2]:
        code, printed = paste(pasted, machine, None)
        assert code == 0, (pasted, printed)


def test_what_status_says_works_there(machine: Machine, elsewhere: list[str]) -> None:
    path = machine.home.parent / elsewhere[-1] / "org" / machine.org / "environments/local.toml"
    path.write_text(f"{path.read_text()}# by hand\n")
    said = machine.ok(*elsewhere, "status").out
    (command,) = {line for line in said.splitlines() if "not recorded yet" in line}
    code, printed = paste(command.split("`")[1], machine, None)
    assert code == 0, printed
    assert "not recorded yet" not in machine.ok(*elsewhere, "status").out


def test_commands_without_an_organization_get_no_option(machine: Machine) -> None:
    hint = machine.fails(1, "--org", "other", "status").hint()
    assert "`tetra-es init other` creates it, `tetra-es clone URL` makes a replica" in hint


def test_what_comes_after_init_names_the_organization(machine: Machine) -> None:
    machine.env["TETRA_ORG"] = ""
    said = machine.ok("--dir", str(machine.home / "else where"), "init", "other").out
    code, printed = paste(said[said.index("tetra-es ") :].strip(), machine, None)
    assert code == 0, printed
    assert "promote(dev)" in printed


def test_doctor_closes_what_is_open(machine: Machine) -> None:
    opened = (machine.home / ".config/tetra-es/age.key", machine.folder)
    for path in opened:
        path.chmod(0o755)
    for row in machine.run("doctor", "-o", "json").json:
        if "chmod" in row["remedy"]:
            code, printed = paste(row["remedy"].strip("`"), machine, None)
            assert code == 0, printed
    assert not [path for path in opened if path.stat().st_mode & 0o077]

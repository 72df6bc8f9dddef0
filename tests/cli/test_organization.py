"""Which organization a command works on: options before and after it, TETRA_ORG, the folder."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from tests.in_process import NeedsAProcess
from tetra_es.layout import OrgLayout

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.machine import Machine


def org_of(machine: Machine, *words: str, cwd: Path | None = None) -> str:
    """Return which organization `status` is about."""
    return str(machine.ok(*words, "status", "-o", "json", cwd=cwd).json["org"])


@pytest.fixture
def two(machine: Machine) -> Machine:
    """A machine with another organization elsewhere, that nothing names."""
    shutil.move(machine.home / "tetra", machine.home / "elsewhere")
    machine.env["TETRA_ORG"] = ""
    return machine


@pytest.mark.parametrize("below", ["", "environments", "store", "history/objects"])
def test_that_of_the_current_folder(two: Machine, below: str) -> None:
    folder = two.home / "elsewhere/org" / two.org
    assert org_of(two, cwd=folder / below) == two.org
    assert two.ok("set", "local", "a=1", cwd=folder / below).out.startswith("edit(local)")


def test_not_that_of_a_folder_above_or_beside(two: Machine) -> None:
    for folder in ("elsewhere", "elsewhere/org", ""):
        failed = two.fails(2, "status", cwd=two.home / folder)
        assert failed.error() == "no organization given"
    (two.home / "elsewhere/org/none").mkdir()
    two.fails(2, "set", "local", "a=1", cwd=two.home / "elsewhere/org/none")


def test_what_is_named_wins(two: Machine) -> None:
    folder = two.home / "elsewhere/org" / two.org
    for given in (("--org", "zeta"), ("--dir", str(two.home / "tetra"), "--org", two.org)):
        assert "there is no organization" in two.fails(1, *given, "status", cwd=folder).error()
        assert "there is no organization" in two.fails(1, "status", *given, cwd=folder).error()
    two.fails(2, "--dir", str(two.home / "tetra"), "status", cwd=folder)
    named = two.run("status", cwd=folder, env={"TETRA_ORG": "zeta"})
    assert "there is no organization zeta" in named.error()
    assert org_of(two, "--dir", str(two.home / "elsewhere"), cwd=folder) == two.org


def test_the_folder_is_told_as_it_is_named(two: Machine) -> None:
    (two.home / "tetra").symlink_to("elsewhere")
    found = two.ok("status", "-o", "json", cwd=two.home / "elsewhere/org" / two.org)
    assert found.json["folder"] == str(two.folder)


def test_not_that_of_somebody_else(two: Machine) -> None:
    """https://github.com/gitpython-developers/GitPython/issues/1616: who owns it counts."""
    folder = two.home / "elsewhere/org" / two.org
    assert OrgLayout.around(folder / "history") == OrgLayout(folder)
    with mock.patch("os.geteuid", return_value=os.geteuid() + 1):
        assert OrgLayout.around(folder) is None


def test_from_a_folder_that_is_gone(two: Machine) -> None:
    folder = two.home / "gone"
    folder.mkdir()
    done = two.process("status", cwd=folder, before=folder.rmdir)
    assert (done.code, done.error()) == (2, "no organization given")


@pytest.mark.parametrize(
    "words",
    [
        ("set", "local", "a=1", "{}"),
        ("set", "{}", "local", "a=1"),
        ("secret", "{}", "list", "dev"),
        ("secret", "list", "{}", "dev"),
        ("secret", "list", "dev", "{}"),
        ("history", "-n", "1", "{}"),
        ("{}", "history"),
    ],
    ids=" ".join,
)
def test_options_stand_before_the_command_or_after_it(two: Machine, words: Sequence[str]) -> None:
    given = ["--org", two.org, f"--dir={two.home}/elsewhere", "--no-input", "--debug"]
    two.ok(*(one for word in words for one in (given if word == "{}" else [word])))


def test_the_last_one_counts(machine: Machine) -> None:
    assert org_of(machine, "--org", "zeta", "--org", machine.org) == machine.org
    assert machine.ok("--org", "zeta", "status", "--org", machine.org).out
    failed = machine.fails(1, "--org", machine.org, "promote", "dev", "--org", "zeta")
    assert "there is no organization zeta" in failed.error()


def test_hints_have_them(machine: Machine) -> None:
    hint = machine.fails(2, "promote", "nosuch", "--org", machine.org).hint()
    assert f"`tetra-es --org {machine.org} env add nosuch" in hint


def test_nothing_is_asked(machine: Machine) -> None:
    failed = machine.fails(1, "edit", "local", "--no-input")
    assert "--no-input forbids it" in failed.error()


def test_a_value_stays_a_value(machine: Machine) -> None:
    machine.ok("set", "local", "a=1", "-m", "--org")
    assert machine.history("-n", "1")[0]["reason"] == "--org"
    with pytest.raises(NeedsAProcess):  # it would run that program
        machine.run("run", "dev", "true", "--org", "zeta")

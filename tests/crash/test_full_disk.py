"""No space left: one clear line, the truth about what was recorded, nothing half-done."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.conftest import Machine, Result
from tests.crash.killing import check_repaired, check_sound
from tests.examples import some
from tests.forks import LARGEST_FILE
from tests.needs import cannot, need

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMANDS = [
    ("set", "local", "ports.tetra=7777", "-m", "x" * 3000),
    ("promote", "staging"),
    ("rollback", "dev"),
]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization with a few events, for copies."""
    machine = Machine(tmp_path_factory.mktemp("prepared"))
    machine.ok("init", "acme", "--domain", "acme.example")
    for port in ("5555", "6666"):
        machine.ok("set", "local", f"ports.tetra={port}")
        machine.ok("promote", "dev")
    return machine


def copy_of(prepared: Machine, home: Path) -> Machine:
    shutil.copytree(prepared.home, home, symlinks=True, dirs_exist_ok=True)
    return Machine(home)


def check_truth(machine: Machine, done: Result, before: int) -> None:
    """Check that what was said about recording is what happened."""
    after = machine.last_position()
    if done.code == 0:
        assert after == before + 1
        return
    message = done.error()
    assert "defect" not in done.err
    assert (f"recorded as #{before + 1}" in message) == (after == before + 1), (message, after)
    if "nothing was recorded" in done.err:
        assert after == before


def check_after(machine: Machine) -> None:
    """Check that all is well once there is space again, and that work goes on."""
    machine.ok("status")
    machine.ok("set", "local", "logging.level=warn")
    check_repaired(machine)
    check_sound(machine)


def run_limited(machine: Machine, limit: int, *arguments: str) -> Result:
    """Run a command that cannot make a file larger than `limit` bytes."""
    return machine.forked().run(*arguments, env={LARGEST_FILE: str(limit)})


@pytest.mark.parametrize("limit", some([0, 100, 1024, 5000, 20_000, 33_000, 45_000, 70_000], 2))
def test_files_that_cannot_grow(prepared: Machine, tmp_path: Path, limit: int) -> None:
    machine = copy_of(prepared, tmp_path / "home")
    for command in COMMANDS:
        before = machine.last_position()
        check_truth(machine, run_limited(machine, limit, *command), before)
    check_after(machine)


@pytest.mark.parametrize("command", ["verify", "rebuild --check"])
def test_a_check_that_finds_no_space(prepared: Machine, command: str) -> None:
    """It writes where git is to look at the mirror from, and nothing else."""
    for limit, code in ((0, 1), (20_000, 0)):
        done = run_limited(prepared, limit, *command.split())
        assert done.code == code, (limit, done)
        assert "defect" not in done.err


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB, where this machine lets us have one."""
    need("mount", "umount")
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "none", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        cannot("a small file system can't be mounted here; see test_files_that_cannot_grow")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, free: int) -> Path:
    """Leave `free` bytes on the disk."""
    filler = folder / "filler"
    space = os.statvfs(folder)
    with filler.open("wb") as file:
        file.write(bytes(max(0, space.f_bavail * space.f_frsize - free)))
    return filler


def test_a_full_disk(prepared: Machine, small_disk: Path) -> None:
    machine = copy_of(prepared, small_disk)
    codes = set()
    for number, kilobytes in enumerate([0, 4, 8, 16, 32, 48, 64, 80, 96, 112, 160, 240]):
        filler = fill(small_disk, kilobytes * 1024)
        before = machine.last_position()
        done = machine.run("set", "local", f"ports.tetra={7000 + number}")
        check_truth(machine, done, before)
        codes.add(done.code)
        if done.code and machine.last_position() == before:
            assert re.search(r"space|No space|full", done.error()), done.err
        assert "defect" not in machine.run("verify").err
        filler.unlink()
        machine.ok("show", "local")
    assert codes == {0, 1}
    check_after(machine)


def test_reading_on_a_full_disk(prepared: Machine, small_disk: Path) -> None:
    """It works, or at least it says what is missing."""
    machine = copy_of(prepared, small_disk)
    fill(small_disk, 0)
    for command in (("show", "dev"), ("history",), ("show", "dev", "--at", "dev@1")):
        done = machine.run(*command)
        if done.code:
            assert "space" in done.error()
        else:
            assert done.out == prepared.ok(*command).out

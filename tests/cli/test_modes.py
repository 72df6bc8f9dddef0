"""What a command makes is open to nobody else, whatever the umask; what was there stays."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def umask(value: int) -> Iterator[None]:
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def nobody(tmp_path: Path) -> Machine:
    """A machine on which nothing is, but a folder that is open to a group."""
    home = tmp_path / "home"
    (home / ".local").mkdir(parents=True)
    (home / ".local").chmod(0o775)
    return Machine(home)


@pytest.mark.parametrize("value", [0o000, 0o022, 0o777])
def test_folders(nobody: Machine, value: int) -> None:
    with umask(value):
        nobody.ok("init", "acme")
        nobody.ok("identity", "new")
    made = [".config", ".config/tetra-es", ".local/state", ".local/state/tetra-es", "tetra"]
    made += ["tetra/org", "tetra/org/acme", "tetra/org/acme/store", "tetra/org/acme/history"]
    made += ["tetra/org/acme/environments"]
    assert {name: mode(nobody.home / name) for name in made} == dict.fromkeys(made, 0o700)
    assert mode(nobody.home / ".local") == 0o775


def test_folders_of_a_restored_organization(nobody: Machine, tmp_path: Path) -> None:
    nobody.ok("init", "acme")
    nobody.ok("backup", str(tmp_path / "b.db"))
    base = tmp_path / "on" / "another"
    with umask(0):
        nobody.ok("--dir", str(base), "restore", "--from", str(tmp_path / "b.db"))
    made = [base.parent, base, base / "org", base / "org/acme", base / "org/acme/store"]
    assert [mode(path) for path in made] == [0o700] * len(made)


def test_nobody_else_can_write_a_file(nobody: Machine) -> None:
    with umask(0):
        nobody.ok("init", "acme")
        nobody.ok("promote", "dev")
    mirror = nobody.mirror
    files = [path for path in nobody.home.rglob("*") if path.is_file()]
    files = [path for path in files if not path.is_relative_to(mirror)]
    assert nobody.toml("dev") in files
    assert [path for path in files if mode(path) & 0o022] == []
    source = nobody.toml("local")
    source.chmod(0o664)
    with umask(0):
        nobody.ok("set", "local", "x.n=1")
    assert mode(source) == 0o664

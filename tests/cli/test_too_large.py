"""Files that are too large to be recorded: said at once, and nothing else is stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tetra_es.limits import TEXT_SIZE
from tetra_es.usecases.config import source_file

if TYPE_CHECKING:
    from tests.conftest import Machine

PATHS = ["environments/local.toml", "manifest.toml", "profiles/dev.toml"]


@pytest.mark.parametrize("path", PATHS)
def test_by_hand(machine: Machine, path: str) -> None:
    machine.ok("set", "profile", "dev", "logging.level=warn")
    file = machine.folder / path
    before = file.read_text()
    file.write_text(before + "# data\n" * (TEXT_SIZE // 7))
    done = machine.fails(1, "record")
    assert done.error() == (
        f"{path}:1: it has {file.stat().st_size} bytes, and {TEXT_SIZE} are the most"
    )
    assert path in machine.ok("status").out
    machine.ok("set", "profile", "prod", "logging.level=error")
    file.write_text(before)
    machine.ok("promote", "dev")


def test_by_a_command(machine: Machine) -> None:
    machine.fails(1, "set", "local", f"note='{'words ' * (TEXT_SIZE // 6)}'")
    machine.ok("set", "local", f"note='{'words ' * (TEXT_SIZE // 12)}'")


@pytest.mark.parametrize("path", PATHS)
def test_that_was_recorded_before_there_was_a_limit(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """It may become smaller step by step, and nothing else about it is stopped."""
    machine.ok("set", "profile", "dev", "logging.level=warn")
    file = machine.folder / path
    begin = file.read_text()
    file.write_text(large := begin + "# data\n" * 100)
    machine.ok("record")
    monkeypatch.setattr(source_file, "TEXT_SIZE", limit := len(begin) + 99)
    file.write_text(large + "# data\n")
    error = machine.fails(1, "record").error()
    assert error.endswith(f"{len(large) + 7} bytes, and {len(large)} are the most")
    file.write_text(begin + "# data\n" * 50)
    machine.ok("record")
    if path == PATHS[0]:
        machine.ok("set", "local", "ports.tetra=7777")
        machine.fails(1, "set", "local", f"note='{'words ' * 9}'")
    file.write_text(begin)
    machine.ok("record", "--base", "local@4")
    file.write_text(large)
    assert machine.fails(1, "record").error().endswith(f"and {limit} are the most")


def test_in_the_beginning(bare: Machine) -> None:
    folder = bare.home / "old"
    (folder / "environments").mkdir(parents=True)
    (folder / "environments/local.toml").write_text("x = 1\n" + "# data\n" * (TEXT_SIZE // 7))
    assert "are the most" in bare.fails(1, "import", str(folder), "--as", "acme").error()
    assert not bare.folder.exists()

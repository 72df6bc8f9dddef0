"""Nothing is acknowledged, or gets its name, before the disk has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.examples import some
from tests.faults.states import COMMANDS, begun, copy_of, prepare
from tests.faults.tracing import Call, Point, calls, run_with
from tests.needs import needs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.machine import Machine

pytestmark = needs("strace")

WRITES: Final = ("write", "pwrite64", "writev", "ftruncate")
"""An emptied file has nothing that could be lost, though."""
SYNCS: Final = ("fsync", "fdatasync")
MANY_SECRETS: Final = 40
MADE_AGAIN: Final = ("-shm", "HEAD.lock", "config.lock", "tetra-es-marks.lock", "tetra-es-file")
"""Ends of the names of files that hold nothing which cannot be lost."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return prepare(tmp_path_factory.mktemp("prepared"))


@pytest.mark.parametrize("name", some(COMMANDS, 3))
def test_the_disk_has_it_first(prepared: Machine, tmp_path: Path, name: str) -> None:
    machine = begun(name, prepared, tmp_path / "home")
    done = calls(machine, tmp_path / "trace", COMMANDS[name])
    assert any(call.name in SYNCS for call in done)
    assert list(too_early(done, machine)) == []


def test_the_disk_has_many_first(prepared: Machine, tmp_path: Path) -> None:
    machine = copy_of(prepared, tmp_path / "home")
    done = calls(machine, tmp_path / "trace", many_secrets(machine))
    assert list(too_early(done, machine)) == []
    working = [call for call in done if call.path.startswith(str(machine.folder / "secrets"))]
    assert len([call for call in working if call.name.startswith("rename")]) == MANY_SECRETS
    assert [call.name for call in working if "sync" in call.name] == ["syncfs", "fsync"]


def test_many_that_the_disk_does_not_take_replace_nothing(
    prepared: Machine, tmp_path: Path
) -> None:
    machine = copy_of(prepared, tmp_path / "home")
    folder = machine.folder / "secrets" / "dev"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    words = many_secrets(machine)
    done = run_with(machine, Point("syncfs", 1, "error=EIO"), words)
    assert "recorded as #" in done.err
    assert f"cannot write {folder}: Input/output error" in done.err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    machine.ok("status")
    assert len(list(folder.iterdir())) == len(before) + MANY_SECRETS
    machine.ok("verify")


def many_secrets(machine: Machine) -> tuple[str, ...]:
    """Return the words of a command that writes so many files that they are waited for at once."""
    file = machine.home / "many.env"
    file.write_text("".join(f"KEY_{number}=value {number}\n" for number in range(MANY_SECRETS)))
    return ("secret", "import", "dev", str(file))


def too_early(done: Iterable[Call], machine: Machine) -> Iterator[str]:
    """Yield what was done though something that it rests on was not synced yet."""
    waiting: set[str] = set()
    for call in done:
        if call.name == "syncfs":
            waiting.clear()
        elif call.name in SYNCS or (call.name == "ftruncate" and ", 0)" in call.said):
            waiting.discard(call.path)
        elif call.name in WRITES and call.path.startswith(str(machine.folder)):
            waiting |= set() if call.path.endswith(MADE_AGAIN) else {call.path}
        elif call.name.startswith("rename") and call.path in waiting:
            yield f"{call.path} at: {call.said}"
        elif call.name.startswith("rename") or call.said.split("(")[1].startswith("1<"):
            # The events come first: before what follows from them, and before they are told.
            yield from (
                f"{path} at: {call.said}" for path in waiting if path.startswith(str(machine.store))
            )

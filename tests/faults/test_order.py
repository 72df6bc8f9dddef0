"""Nothing is acknowledged, or gets its name, before the disk has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.examples import some
from tests.faults.states import COMMANDS, begun, prepare
from tests.faults.tracing import Call, calls
from tests.needs import needs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.machine import Machine

pytestmark = needs("strace")

WRITES: Final = ("write", "pwrite64", "writev", "ftruncate")
"""An emptied file has nothing that could be lost, though."""
SYNCS: Final = ("fsync", "fdatasync")
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


def too_early(done: Iterable[Call], machine: Machine) -> Iterator[str]:
    """Yield what was done though something that it rests on was not synced yet."""
    waiting: set[str] = set()
    for call in done:
        if call.name in SYNCS or (call.name == "ftruncate" and ", 0)" in call.said):
            waiting.discard(call.path)
        elif call.name in WRITES and call.path.startswith(str(machine.folder)):
            waiting |= set() if call.path.endswith(MADE_AGAIN) else {call.path}
        elif call.name == "write" and call.said.split("(")[1].startswith("1<"):
            yield from (
                f"{path} at: {call.said}" for path in waiting if path.startswith(str(machine.store))
            )
        elif call.name.startswith("rename") and call.path in waiting:
            yield f"{call.path} at: {call.said}"

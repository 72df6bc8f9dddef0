"""Files that `audit` writes: whole or not there, whatever happens, and nothing else is touched."""

from __future__ import annotations

import os
import resource
import signal
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.crash.killing import count_effects, once
from tests.examples import LONG_TAIL, THOROUGH
from tests.machine import NO_BYTECODE
from tests.verify_alone.clone import verify

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine

COMMANDS = {
    "export": ("audit", "export"),
    "chain": ("audit", "export", "--env", "dev", "--chain"),
    "sqlite": ("audit", "sqlite"),
    "checkpoint": ("audit", "checkpoint", "-o"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with nothing else in it."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_pipe_is_not_replaced_and_not_waited_for(
    machine: Machine, folder: Path, name: str
) -> None:
    """As root, `--force` would have put a file in the place of /dev/null."""
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to(folder / "pipe")
    (folder / "nowhere").symlink_to(folder / "gone")
    (folder / "real").write_text("real")
    (folder / "real link").symlink_to(folder / "real")
    before = sorted(folder.iterdir())
    for file in before:  # no device: as root, a mistake in the code would cost the machine its own
        if file == folder / "real":
            continue
        for more in ((), ("--force",)):
            done = machine.fails(3, *COMMANDS[name], str(file), *more)
            assert "not replaced" in done.error(), file
    assert sorted(folder.iterdir()) == before
    assert (folder / "pipe").is_fifo()


@pytest.mark.parametrize(
    "name", ["checkpoint", *(pytest.param(one, marks=LONG_TAIL) for one in COMMANDS)]
)
def test_what_is_there_stays_where_the_new_one_cannot_be_written(
    machine: Machine, folder: Path, name: str
) -> None:
    """The limit of a file's size stands in for a full disk."""
    file = folder / "file"
    file.write_text("the one of last year")
    assert "is there already" in machine.fails(3, *COMMANDS[name], str(file)).error()
    machine.history()  # nothing has to be caught up with then
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (100, 100))
    done = machine.process(*COMMANDS[name], str(file), "--force", env=NO_BYTECODE, before=limit)
    assert (done.code, "cannot write" in done.error()) == (1, True), done
    assert [*folder.iterdir()] == [file]
    assert file.read_text() == "the one of last year"
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("name", "signum"),
    [
        ("chain", signal.SIGKILL),
        *(
            pytest.param(name, signum, marks=LONG_TAIL)
            for name in COMMANDS
            for signum in (signal.SIGKILL, signal.SIGINT)
        ),
    ],
)
def test_killed_anywhere_the_file_is_the_old_one_or_the_new_one(
    machine: Machine, folder: Path, name: str, signum: int
) -> None:
    file = folder / "file"
    words = (*COMMANDS[name], str(file), "--force")
    machine.history()
    count = count_effects(machine, words)
    new = file.read_bytes()
    points = (*range(1, count, max(1, count // 12)), count - 4, count - 2)
    for point in points if THOROUGH else (count // 2, count - 2):
        file.write_bytes(b"old")
        ended = once(machine, words, signum, point)
        assert ended.code in {-signal.SIGKILL, 130, 0}, ended
        assert file.read_bytes() in (b"old", new), point
        assert b"Traceback" not in ended.err
        for left in folder.iterdir():
            if left != file:
                assert signum == signal.SIGKILL, point
                assert left.name.startswith(".file."), left
                assert left.name.endswith(".partial"), left
                left.unlink()
    if name in {"export", "chain"}:
        file.write_bytes(new)
        assert verify(file).code == 0


def test_a_name_as_long_as_names_can_be(machine: Machine, folder: Path) -> None:
    file = folder / ("文" * 85)
    machine.ok("audit", "checkpoint", "-o", str(file))
    assert [*folder.iterdir()] == [file]


def test_a_folder_that_cannot_be_written(machine: Machine, folder: Path) -> None:
    for name, words in COMMANDS.items():
        file = folder / "file"
        file.write_text("")
        failing = partial(machine.fails, 1, *words)
        assert "cannot write" in failing(str(file / "a")).error(), name
        long = folder / ("x" * 300)
        assert "cannot write" in failing(str(long)).error(), name

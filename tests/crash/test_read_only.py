"""A folder that can't be written: reading works, changing is one clear line."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.conftest import Machine, Result
from tests.machine import HANG
from tests.needs import cannot, need

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Permissions do not bind root, unless it gives that privilege away.
_BOUND = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner")


LOOKING = (
    ("status",),
    ("show", "dev"),
    ("history",),
    ("event", "3"),
    ("verify",),
    ("verify", "--since", "3"),
    ("verify", "--no-derived"),
    ("rebuild", "--check"),
)


@pytest.fixture(scope="module")
def read_only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """An organization that nobody may write to, not even its owner."""
    if os.geteuid() == 0:
        need("setpriv")
    machine = Machine(tmp_path_factory.mktemp("home"))
    machine.ok("init", "acme", "--domain", "acme.example")
    machine.ok("promote", "dev")
    machine.ok("set", "local", "ports.tetra=5555")
    machine.ok("promote", "dev")
    modes = {path: path.stat().st_mode for path in (machine.home, *machine.home.rglob("*"))}
    for path, mode in modes.items():
        path.chmod(mode & 0o555)
    yield machine
    for path, mode in modes.items():
        path.chmod(mode)


def run(machine: Machine, *arguments: str) -> Result:
    """Run a command as somebody whom permissions bind."""
    bound = _BOUND if os.geteuid() == 0 else ()
    done = subprocess.run(
        [*bound, *machine.argv(*arguments)],
        env=machine.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def contents(folder: Path) -> dict[Path, tuple[int, bytes | None]]:
    """Return when each file and folder was changed last, and what is in it."""
    paths = (folder, *folder.rglob("*"))
    return {
        path: (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else None)
        for path in paths
    }


@pytest.mark.parametrize(
    "command",
    [
        ("show", "local"),
        ("show", "dev", "--at", "dev@1"),
        ("history",),
        ("history", "dev", "--key", "ports.tetra", "-o", "json"),
        ("blame", "dev", "ports.tetra"),
        ("event", "3"),
        ("diff", "dev@1", "dev@2"),
        ("env", "list"),
        ("signer", "export"),
        *LOOKING,
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_reading_works(read_only: Machine, command: tuple[str, ...]) -> None:
    done = run(read_only, *command)
    assert (done.code, done.err) == (0, "")
    assert done.out


@pytest.mark.parametrize(
    "command",
    [
        ("set", "local", "ports.tetra=6666"),
        ("promote", "staging"),
        ("rollback", "dev"),
        ("record",),
        ("rebuild",),
        ("init", "other"),
    ],
    ids=" ".join,
)
def test_changing_is_refused_in_one_line(read_only: Machine, command: tuple[str, ...]) -> None:
    done = run(read_only, *command)
    assert done.code == 1
    assert str(read_only.home) in done.error()
    assert done.hint()
    assert read_only.last_position() == 5


def test_nothing_is_written(read_only: Machine) -> None:
    before = contents(read_only.home)
    for command in (*LOOKING, ("set", "local", "ports.tetra=1")):
        run(read_only, *command)
    assert contents(read_only.home) == before


def test_tables_are_written_elsewhere(read_only: Machine, tmp_path: Path) -> None:
    done = run(read_only, "audit", "sqlite", str(tmp_path / "tables.db"))
    assert (done.code, done.err) == (0, "")
    with closing(sqlite3.connect(tmp_path / "tables.db")) as tables:
        assert tables.execute("SELECT max(position) FROM events").fetchone() == (5,)
        assert tables.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_view_that_is_behind_is_no_reason_to_fail(
    read_only: Machine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Killed before it caught up, then made read-only: what can be read is read, or it is said."""
    home = tmp_path_factory.mktemp("behind")
    shutil.copytree(read_only.home, home, dirs_exist_ok=True)
    machine = Machine(home)
    for path in (home, *home.rglob("*")):
        path.chmod(path.stat().st_mode | 0o700)
    (machine.folder / "store/views.db").unlink()
    machine.store.parent.chmod(0o500)
    done = run(machine, "show", "dev")
    machine.store.parent.chmod(0o700)
    if done.code:
        assert str(machine.folder) in done.error()
    else:
        assert done.out == machine.toml("dev").read_text()


@pytest.fixture
def medium(machine: Machine, tmp_path: Path) -> Machine:
    """A machine whose home is going to be on a medium that cannot be written, once it is mounted.

    As a snapshot of its disk has it, in the middle of a command: what it recorded last is in the
    write-ahead log alone.
    """
    machine.ok("promote", "dev")
    machine.ok("status")
    home = tmp_path / "medium"
    with closing(sqlite3.connect(machine.store)) as reading:
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM events").fetchone()
        machine.forked().ok("set", "local", "ports.tetra=5555")
        shutil.copytree(machine.home, home, symlinks=True)
    for index in home.rglob("*-shm"):
        index.unlink()
    return Machine(home)


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_medium_that_cannot_be_written(medium: Machine, tmp_path: Path, is_whole: bool) -> None:
    """Not even by root: everything is looked at, and nothing is left behind."""
    if os.geteuid() != 0:
        cannot("a read-only medium can't be mounted here; see the others")
    need("mount", "umount")
    if is_whole:
        medium.ok("status")  # whose end brings the log into the file
        assert not list(medium.home.rglob("*-wal"))
    else:
        assert all(path.stat().st_size for path in medium.store.parent.glob("events.db-wal"))
    place = tmp_path / "mounted"
    place.mkdir()
    for options in (
        ["--bind", str(medium.home), str(place)],
        ["-o", "remount,ro,bind", str(place)],
    ):
        if subprocess.run(["mount", *options], capture_output=True, check=False).returncode:
            cannot("a read-only medium can't be mounted here; see the others")
    try:
        there = Machine(place).forked()
        before = contents(place)
        for command in LOOKING:
            done = there.run(*command)
            assert (done.code, "defect" in done.err) == (0, False), (command, done)
        assert "5555" in there.ok("show", "local").out
        assert str(place) in there.fails(1, "set", "local", "ports.tetra=1").error()
        assert contents(place) == before
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)

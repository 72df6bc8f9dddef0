"""A folder that can't be written: reading works, changing is one clear line."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.conftest import Machine, Result
from tests.machine import HANG
from tests.needs import need

if TYPE_CHECKING:
    from collections.abc import Iterator

# Permissions do not bind root, unless it gives that privilege away.
_BOUND = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner")


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
    before = {path: path.stat().st_mtime_ns for path in read_only.home.rglob("*")}
    for command in (("show", "local"), ("set", "local", "ports.tetra=1"), ("history",)):
        run(read_only, *command)
    assert {path: path.stat().st_mtime_ns for path in read_only.home.rglob("*")} == before


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

"""Locales, locks, copies and shells: what tools that do this job were reported to get wrong."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL
from tests.needs import cannot, needs

if TYPE_CHECKING:
    from tests.machine import Machine

pytestmark = LONG_TAIL


@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "POSIX"},
        {"LC_ALL": "xx_XX.UTF-8"},
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_any_locale(machine: Machine, env: dict[str, str]) -> None:
    """Output that was not ASCII was a crash, or was garbled:
    https://github.com/canonical/ubuntu-pro-client/issues/859,
    https://github.com/python-poetry/poetry/issues/1849,
    https://github.com/pallets/click/issues/917 and
    https://github.com/projecthamster/hamster/issues/94.
    """
    real = machine.real()
    machine.ok("set", "local", "app.name=é漢")
    done = real.run("get", "local", "app.name", env=env)
    assert (done.code, done.out) == (0, "é漢\n")
    assert "é漢" in real.ok("history", "--key", "app.name", env=env).out


def test_a_mirror_of_another_owner_is_read(machine: Machine) -> None:
    """git refused it: https://github.com/GitGuardian/ggshield/issues/1123."""
    if os.geteuid() != 0:
        cannot("only root gives files to others")
    for path in (machine.mirror, *machine.mirror.rglob("*")):
        os.chown(path, 65534, 65534, follow_symlinks=False)
    machine.ok("set", "local", "ports.tetra=4470")
    machine.ok("verify")


def test_a_store_that_another_program_holds_is_waited_for(machine: Machine) -> None:
    """The database was locked: https://github.com/Sonarr/Sonarr/issues/2797,
    https://github.com/feast-dev/feast/issues/5565 and
    https://github.com/sqlitebrowser/sqlitebrowser/issues/2635.
    """
    held = threading.Event()

    def hold() -> None:
        connection = sqlite3.connect(machine.store, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        held.set()
        time.sleep(1)
        connection.execute("ROLLBACK")
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    assert held.wait(30)
    done = machine.process("set", "local", "ports.tetra=4470")
    other.join()
    assert done.code == 0, done.err


def test_a_copy_without_its_wal(machine: Machine) -> None:
    """It lacked what was written last, or was corrupt: the kind of
    https://github.com/reimagined/resolve/issues/1166.
    """
    copy = machine.copy(machine.home.parent / "copy")
    for path in copy.store.parent.glob("*-wal"):
        path.unlink()
    assert copy.run("verify").code in (0, 4)
    copy.store.write_bytes(b"")
    assert copy.fails(4, "verify").error()


@needs("bash")
def test_completion_prints_nothing_where_it_fails(machine: Machine) -> None:
    """Errors got into the command line, and `@` into names:
    https://github.com/pallets/click/issues/1515, https://github.com/pallets/click/issues/1812,
    https://github.com/click-contrib/click-completion/issues/7 and
    https://github.com/click-contrib/click-completion/issues/24.
    """
    for word, found in (("@d", "@dev"), ("d", "dev"), ("x", "")):
        asked = {
            "_TETRA_ES_COMPLETE": "bash_complete",
            "COMP_WORDS": f"tetra-es promote {word}",
            "COMP_CWORD": "2",
        }
        done = machine.process(env=asked)
        assert done.err == ""
        assert found in done.out
    shutil.rmtree(machine.store.parent)
    machine.store.parent.write_text("")
    done = machine.process(env=asked)
    assert (done.out.strip(), done.err) == ("", "")


@needs("git")
@pytest.mark.parametrize("name", ["index.lock", "HEAD.lock", "packed-refs.lock"])
def test_locks_that_git_left_behind(machine: Machine, name: str) -> None:
    """A stale lock stopped everything; found with
    https://github.com/gitpython-developers/GitPython/issues/1616.
    """
    (machine.mirror / name).write_text("")
    done = machine.run("set", "local", "ports.tetra=4470")
    assert done.code in (0, 1)
    assert machine.ok("get", "local", "ports.tetra").out == "4470\n"
    (machine.mirror / name).unlink(missing_ok=True)
    subprocess.run(["git", "-C", str(machine.mirror), "gc", "-q"], check=True, capture_output=True)
    machine.ok("set", "local", "ports.tetra=4471")
    machine.ok("verify")

"""Many secrets are encrypted by several processes, of which nothing is ever left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT
from tests.examples import LONG_TAIL
from tests.machine import HANG, PACKAGES, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine

SECRETS = 250

SCRIPT = """\
import os, sys, threading, time
from tetra_es.usecases.secrets import processes

processes._cores = lambda: 3
parent = os.getpid()

def work(item):
    {work}
    return b"%d" % item * item

def show(done):
    pass

{before}
items = list(range(330))
try:
    found = processes.for_each(work, items, show)
    assert found == [b"%d" % item * item for item in items]
except ValueError as error:
    print("failed:", error)
try:
    os.waitpid(-1, os.WNOHANG)
    print("somebody is left")
except ChildProcessError:
    print("nobody is left")
"""


def run(work: str, before: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(work=work, before=before)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": PACKAGES},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def said(process: subprocess.Popen[str]) -> set[str]:
    out, err = process.communicate(timeout=HANG)
    assert (process.returncode, err) == (0, "")
    return set(out.splitlines())


SAY_WHO = 'os.write(1, b"%d\\n" % os.getpid())'


def test_they_share_the_work() -> None:
    assert len(said(run(SAY_WHO))) == 3 + 1


def test_one_process_where_there_are_threads() -> None:
    waiting = "threading.Thread(target=time.sleep, args=(3,), daemon=True).start()"
    process = run(SAY_WHO, waiting)
    assert said(process) == {str(process.pid), "nobody is left"}


@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), 9)", "raise OSError"])
def test_what_a_process_fails_to_do_is_done_again(end: str) -> None:
    assert said(run(f"if os.getpid() != parent and item > 200: {end}")) == {"nobody is left"}


def test_what_cannot_be_done_says_why() -> None:
    done = said(run("if item == 301: raise ValueError('301 is not good')"))
    assert done == {"failed: 301 is not good", "nobody is left"}


@pytest.mark.parametrize("fails", ["os.fork = no", "os.pipe = no"], ids=["no process", "no pipe"])
def test_where_none_can_be_started(fails: str) -> None:
    assert said(run("", f"def no(): raise OSError\n{fails}")) == {"nobody is left"}


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_they_end_with_the_one_that_started_them(signum: signal.Signals) -> None:
    """To the one process, as `kill` does; a terminal tells the whole group."""
    process = run('os.write(1, b"%d\\n" % os.getpid()); time.sleep(0.1)')
    assert process.stdout is not None
    seen: set[int] = set()
    while len(seen) < 3:
        seen.add(int(process.stdout.readline()))
    process.send_signal(signum)
    process.communicate(timeout=HANG)
    assert process.returncode != 0
    until(lambda: not any(is_running(number) for number in seen))


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@LONG_TAIL
def test_a_change_of_recipients(vault: Machine, bobs_recipient: str, tmp_path: Path) -> None:
    names = [f"KEY_{number}" for number in range(SECRETS)]
    file = tmp_path / "many.env"
    file.write_text("".join(f"{name}=the value of {name}\n" for name in names))
    vault.ok("secret", "import", "dev", str(file))
    vault.real().ok("recipient", "add", "dev", "bob", bobs_recipient)
    bob = {"XDG_CONFIG_HOME": str(vault.home / "bob")}
    values = vault.ok("secret", "export", "dev", "--format", "json", env=bob).json
    assert values == {name: f"the value of {name}" for name in names}
    vault.ok("verify")

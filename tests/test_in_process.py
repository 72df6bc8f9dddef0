"""Commands run inside this process find what a new one has, and leave nothing of it behind."""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import in_process
from tests.in_process import NeedsAProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.conftest import Machine


def state() -> dict[str, object]:
    """Return what a command could change in its process."""
    return {
        "environment": dict(os.environ),
        "folder": Path.cwd(),
        "streams": (sys.stdin, sys.stdout, sys.stderr),
        "files": sorted(os.listdir("/proc/self/fd")),  # noqa: PTH208 - names alone
        "what they are": [os.fstat(number).st_ino for number in range(3)],
        "cores": resource.getrlimit(resource.RLIMIT_CORE),
        "signals": [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)],
        "threads": threading.enumerate(),
        "owner": Path("/proc/self/environ").stat().st_uid,  # root's while no core may be dumped
        "zone": os.environ.get("TZ"),
        "warnings": list(warnings.filters),
    }


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], int]], None]:
    """Put a function in the place of every command."""

    def put(command: Callable[[], int]) -> None:
        def run(_words: Sequence[str]) -> int:
            return command()

        monkeypatch.setattr(in_process, "run_command", run)

    return put


def test_it_says_and_does_what_a_process_does(machine: Machine) -> None:
    for words in (["set", "local", "ports.tetra=é"], ["show", "local"], ["nope"], ["status"]):
        assert machine.inside(*words) == machine.process(*words)
    done = machine.inside("set", "local", "ports.tetra=5555")
    assert "ports.tetra = 4444 -> 5555" in done.out
    assert "nothing to do" in machine.process("set", "local", "ports.tetra=5555").out


def test_everything_is_as_before(machine: Machine) -> None:
    machine.inside("status")  # imports
    before = state()
    recipient = machine.inside("identity", "new").out.strip()
    machine.inside("recipient", "add", "dev", "alice", recipient)
    machine.inside("secret", "set", "dev", "KEY", stdin="value", env={"TZ": "Asia/Tokyo"})
    assert machine.inside("secret", "get", "dev", "KEY").out == "value"
    assert machine.inside("nope").code == 2
    assert state() == before


def test_input_is_empty_or_what_is_given(machine: Machine) -> None:
    machine.inside(
        "recipient", "add", "dev", "alice", machine.inside("identity", "new").out.strip()
    )
    large = "x" * 1_000_000
    assert machine.inside("secret", "set", "dev", "KEY", stdin=large).code == 0
    assert machine.inside("secret", "get", "dev", "KEY").out == large
    assert (
        machine.inside("secret", "set", "dev", "KEY").code
        == machine.process("secret", "set", "dev", "KEY").code
    )


def test_what_a_command_starts_inherits_it_all(machine: Machine) -> None:
    editor = {"EDITOR": "sh -c 'pwd; echo $TZ; echo to stderr >&2; cat' --", "VISUAL": ""}
    for run in (machine.inside, machine.process):
        done = run("edit", env=editor | {"TZ": "Asia/Tokyo"}, cwd=machine.folder)
        assert done.out == f"{machine.folder}\nAsia/Tokyo\nnothing was changed\n"
        assert done.err == "to stderr\n"


def test_a_defect_shows_its_traceback(
    machine: Machine, stand_in: Callable[[Callable[[], int]], None]
) -> None:
    def broken() -> int:
        print("before")  # noqa: T201 - a command prints
        raise ZeroDivisionError

    stand_in(broken)
    done = machine.inside("status")
    assert (done.code, done.out) == (1, "before\n")
    assert done.err.startswith("Traceback")
    assert "ZeroDivisionError" in done.err


@pytest.mark.parametrize(
    "words", [("run", "dev", "--", "true"), ("run", "--files", "dev", "--", "true")]
)
def test_what_would_end_the_tests_is_refused(machine: Machine, words: tuple[str, ...]) -> None:
    machine.inside("promote", "dev")
    with pytest.raises(NeedsAProcess, match=r"Machine\.process"):
        machine.inside(*words)
    assert machine.process(*words).code == 0


def test_an_open_file_is_noticed(
    machine: Machine, stand_in: Callable[[Callable[[], int]], None]
) -> None:
    left: list[int] = []

    def command() -> int:
        left.append(os.open("/dev/null", os.O_RDONLY))
        return 0

    stand_in(command)
    with pytest.raises(AssertionError, match="left open"):
        machine.inside("status")
    os.close(left[0])


def test_a_thread_is_waited_for(
    machine: Machine, stand_in: Callable[[Callable[[], int]], None]
) -> None:
    asked, done = threading.Event(), threading.Event()

    def work() -> None:
        asked.wait()
        done.set()

    def command() -> int:
        threading.Thread(target=work).start()
        threading.Timer(0.1, asked.set).start()
        return 0

    stand_in(command)
    machine.inside("status")
    assert done.is_set()

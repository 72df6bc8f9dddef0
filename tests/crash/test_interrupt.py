"""Ctrl-C at any point of a command: one line, exit 130, nothing half-done."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.conftest import default_signals
from tests.crash.killing import (
    MANY,
    acknowledged,
    check_repaired,
    check_sound,
    count_effects,
    once,
)
from tests.machine import HANG
from tetra_es.gate.opening import pin

if TYPE_CHECKING:
    from typing import Any

    from tests.conftest import Machine

COMMANDS = [["set", "local", "resources.nofile=NUMBER"], ["promote", "dev"]]

POINTS = 8 if MANY else 3
"""Where a command is interrupted, spread over all that it does."""


@pytest.mark.parametrize("which", range(len(COMMANDS)), ids=lambda which: COMMANDS[which][0])
def test_in_the_middle(machine: Machine, which: int) -> None:
    def words(number: int) -> list[str]:
        if which:
            machine.ok("set", "local", f"resources.nofile={number}")
        return [word.replace("NUMBER", str(number)) for word in COMMANDS[which]]

    effects = count_effects(machine, words(1999))
    codes = set()
    for number in range(POINTS):
        arguments = words(2000 + number)
        before = machine.last_position()
        point = 1 + effects * number // POINTS
        done = once(machine, arguments, signal.SIGINT, point)
        codes.add(done.code)
        said = [line for line in done.err.decode().splitlines() if line]
        recorded = range(before + 1, machine.last_position() + 1)
        if done.code:
            assert done.code == 130, (point, done)
            what = f"recorded as #{recorded[0]}" if recorded else "nothing was recorded"
            assert said == [f"tetra-es: error: interrupted; {what}"], point
        assert set(acknowledged(done.out)) <= set(recorded)
        assert len(recorded) <= 1
        machine.ok("verify")
        machine.ok("history", "-n", "1")
        check_repaired(machine)
    assert 130 in codes
    check_sound(machine)


@pytest.mark.parametrize("when", ["before", "after"])
def test_beside_the_pin(machine: Machine, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    """The event is in the store, and its pin is not, or the command does not know that it is."""

    def interrupted(*words: Any) -> None:
        if when == "after":
            pin(*words)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("tetra_es.gate.gated.pin", interrupted)
        done = machine.run("set", "local", "resources.nofile=2048")
    assert (done.code, done.error()) == (130, "interrupted; recorded as #3")
    machine.ok("set", "local", "resources.nofile=4096")
    check_sound(machine)


def test_while_the_editor_is_open(machine: Machine) -> None:
    """What the editor had saved stays in the file, as an edit that is not recorded yet."""
    ready = machine.home / "ready"
    os.mkfifo(ready)
    editor = f"""sh -c 'echo "# half a thought" >> "$0"; echo > {ready}; exec sleep 600'"""
    process = subprocess.Popen(
        machine.argv("edit"),
        env=machine.environment({"EDITOR": editor, "VISUAL": ""}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Tests that run in the background may have SIGINT ignored, which is inherited.
        preexec_fn=default_signals,
    )
    ready.read_text()
    # The lock is free meanwhile: somebody else's command need not wait for our thoughts.
    machine.ok("promote", "staging", "--dry-run")
    before = machine.last_position()
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=HANG)
    assert (process.returncode, out) == (130, "")
    assert [line for line in err.splitlines() if line] == [
        "tetra-es: error: interrupted; nothing was recorded"
    ]
    assert machine.last_position() == before
    assert machine.toml("local").read_text().endswith("# half a thought\n")
    machine.ok("verify")
    assert "environments/local.toml" in machine.ok("status").out
    machine.ok("record")
    assert machine.last_position() == before + 1
    check_sound(machine)


@pytest.mark.parametrize("what", ["quick.answer", "boundary.run"])
def test_outside_of_the_commands(machine: Machine, what: str) -> None:
    """While modules load, or a reading command looks something up."""
    place, _, name = what.partition(".")
    code = (
        f"import os, signal; from tetra_es_cli.entry import {place}; "
        f"{place}.{name} = lambda _: os.kill(os.getpid(), signal.SIGINT) or signal.pause(); "
        "from tetra_es_cli.main import main; main(['show', 'nope'])"
    )
    done = machine.process(code=code)
    assert (done.code, done.out) == (130, "")
    assert done.err == "tetra-es: error: interrupted; nothing was recorded\n"


def test_while_output_is_written(machine: Machine) -> None:
    """All is recorded by then."""
    code = (
        "import os, signal, sys; from tetra_es_cli.main import _leave; "
        "sys.stdout.flush = lambda: os.kill(os.getpid(), signal.SIGINT) or signal.pause(); "
        "_leave(0)"
    )
    done = machine.process(code=code)
    assert (done.code, done.err) == (130, "")

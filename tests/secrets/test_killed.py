"""Killed or interrupted at any point, a command leaves no value behind."""

from __future__ import annotations

import os
import signal
import subprocess
from itertools import product
from typing import TYPE_CHECKING

import pytest

from tests.conftest import HANG, default_signals
from tests.crash.killing import ROUNDS, check_repaired, count_effects, once
from tests.examples import THOROUGH, some
from tests.machine import until
from tests.secrets.leaks import CHILD, Seen

if TYPE_CHECKING:
    from pathlib import Path

    from tests.secrets.canary_machine import CanaryMachine

POINTS = max(1, ROUNDS // 12)
"""Where each command is killed, spread over all that it does."""


def commands(guarded: CanaryMachine, recipient: str) -> dict[str, list[str]]:
    """Return commands that can be repeated, none of which reads its input."""
    text = guarded.canary.text
    script = guarded.file("script", "s/^A=./&more-/")
    guarded.machine.env |= {"EDITOR": f"sed -i -f {script}", "VISUAL": ""}
    value, dotenv = (
        guarded.file("value", text),
        guarded.file("dev.env", f"A={text}\nB={text}"),
    )
    return {
        "set": ["secret", "set", "dev", "A", "--from-file", str(value)],
        "import": ["secret", "import", "dev", str(dotenv)],
        "edit": ["secret", "edit", "dev"],
        "run": ["run", "--files", "dev", "--", "cat"],
        "copy": ["secret", "copy", "dev", "A", "--to", "staging"],
        "recipient": ["recipient", "add", "dev", "NAME", recipient],
    }


NAMES = ("set", "import", "edit", "run", "copy", "recipient")


@pytest.mark.parametrize(
    ("name", "signum"),
    [
        *(pytest.param(name, signal.SIGKILL, id=f"{name}-kill") for name in some(NAMES, 3)),
        *(pytest.param(name, signal.SIGINT, id=f"{name}-ctrl-c") for name in some(NAMES, 1)),
    ],
)
def test_at_points_of_a_command(
    guarded: CanaryMachine, bobs_recipient: str, name: str, signum: int
) -> None:
    machine = guarded.machine
    words = commands(guarded, bobs_recipient)[name]
    guarded.set("A")
    effects = count_effects(machine, [word.replace("NAME", "first") for word in words])
    stopped = 0
    points = POINTS if signum == signal.SIGKILL or THOROUGH else 1
    for number in range(points):
        if name == "recipient":
            present = machine.ok("recipient", "list", "dev", "-o", "json").json
            for row in present:
                if row["name"] != "alice":
                    machine.ok("recipient", "rm", "dev", row["name"])
        # Those of one command lie between those of the others; at none has it hardly begun.
        fraction = (number + (2 * NAMES.index(name) + 1) / (2 * len(NAMES))) / points
        point = 1 + int(effects * fraction)
        named = [word.replace("NAME", f"n{number}") for word in words]
        done = once(machine, named, signum, point)
        stopped += done.code != 0
        assert not guarded.canary.is_in(done.out + done.err)
        guarded.check_gone()
    assert stopped > 0
    machine.ok("history", "-n", "1")
    check_repaired(machine)
    machine.ok("verify")
    guarded.check_places()


SIGNALS = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def opened(guarded: CanaryMachine, tmp_path: Path) -> tuple[Path, str]:
    """A pipe to wait for, and a script that says through it where the values are, and stays."""
    guarded.set("A")
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    script = guarded.file("wait", f'echo "${{1:-$TETRA_ES_SECRETS/A}}" > {ready}; exec sleep 600')
    return ready, str(script)


@pytest.mark.parametrize(
    ("command", "group", "signum"),
    some(product(["edit", "run"], ["alone", "group"], SIGNALS), 4),
    ids=lambda value: value.name if isinstance(value, signal.Signals) else None,
)
def test_while_values_are_in_the_open(
    guarded: CanaryMachine, opened: tuple[Path, str], command: str, group: str, signum: int
) -> None:
    """The folder in memory goes, whatever became of the process that made it."""
    machine, (ready, script) = guarded.machine, opened
    edit = ["secret", "edit", "dev"]
    process = subprocess.Popen(
        machine.argv(
            *(edit if command == "edit" else ["run", "--files", "dev", "--", "sh", script])
        ),
        env=machine.environment({"EDITOR": f"sh {script}", "VISUAL": ""}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=default_signals,
    )
    file = machine.home / ready.read_text().strip()
    assert guarded.canary.is_in(file.read_bytes())
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    seen = Seen()
    seen.look(guarded.canary)
    assert seen.leaks == set()
    assert str(process.pid) in seen.processes
    (os.killpg if group == "group" else os.kill)(process.pid, signum)
    if group == "alone" and (
        signum == signal.SIGINT or (command, signum) == ("run", signal.SIGTERM)
    ):
        # Ctrl-C at a terminal is for the group: the editor gets it as well.
        os.killpg(process.pid, signal.SIGTERM)
    process.wait(timeout=HANG)
    until(lambda: not file.parent.exists())
    os.killpg(process.pid, signal.SIGKILL) if _has_members(process.pid) else None
    out, err = process.communicate(timeout=HANG)
    assert not guarded.canary.is_in(out + err)
    guarded.check_places()


def _has_members(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_is_started_sees_none_of_it(guarded: CanaryMachine) -> None:
    """Neither does git, nor a command of `run` whose values are files."""
    guarded.set("A")
    words = ("run", "--files", "dev", "--", "sh", "-c", "env; cat /proc/$$/environ")
    done = guarded.real().run(*words)
    assert "TETRA_ES_SECRETS=" in done.out
    assert CHILD not in done.out

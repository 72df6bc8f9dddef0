"""The auditor's story: one organization with something of everything.

It is told in docs/how-to/answer-an-auditor.md. What is here tells it to tests of pages and API, and
to their pictures.
"""

from __future__ import annotations

import re
import shlex
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from tests.docs.pages import STAND_IN, Script, steps
from tests.machine import ROOT
from tetra_es.usecases import unit_of_work

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from tests.machine import Machine

PAGE = ROOT / "docs/how-to/answer-an-auditor.md"

HOSTILE = (
    ('app."<i>new</i>"', "</pre>\x1b[31mred", "\x1b[31mred\x07 &lt;b&gt; {{ 7 * 7 }}"),
    ('app."a/../b?c#d%2e"', "x\u2028y", "'\"><img src=x onerror=alert(1)>"),
    ("app.motto", "<b>fast</b> & \u202eflat", "<script>alert(1)</script>"),
)
"""Key, value and reason that a page must show as text."""


RELEASE = datetime(2026, 3, 2, 9, 12, 4, 311870, tzinfo=UTC)
"""When the story begins in pictures."""


@dataclass
class Clock:
    """Stands in for `datetime`: each event is a little later, each chapter much later."""

    time: datetime

    def now(self, _: tzinfo) -> datetime:
        """Return the time, which goes on when it is looked at."""
        self.time += timedelta(seconds=13, microseconds=170_433)
        return self.time


def tell(machine: Machine, since: datetime | None = None) -> Machine:
    """Record the story on a machine on which nothing was done yet; return it.

    With `since`, as if it had begun then, and had taken some weeks, without `HOSTILE`.
    """
    clock = Clock(since) if since else None
    machine.env["TETRA_ES_SSH"] = shlex.join(
        (sys.executable, "-I", "-S", str(STAND_IN), str(_servers(machine)))
    )
    machine.reads = True
    with patch.object(unit_of_work, "datetime", clock) if clock else nullcontext():
        for line in commands(block()):
            if line.startswith("#") and clock:
                clock.time += timedelta(days=6, hours=1, minutes=47)
            do(machine, line)
    for key, value, reason in () if clock else HOSTILE:
        machine.ok("set", "local", f"{key}={value}", "-m", reason)
    return machine


_TOLD: list[Machine] = []


def told_in(folders: pytest.TempPathFactory) -> Machine:
    """Return the machine of the story, which is told once in a session. Only to be looked at."""
    from tests.machine import Machine as Real

    if not _TOLD:
        home = folders.mktemp("told") / "home"
        home.mkdir()
        _TOLD.append(tell(Real(home)))
    return _TOLD[0]


def block() -> str:
    """Return the story as the page has it, for a shell."""
    (script,) = (step for step in steps(PAGE.read_text()) if isinstance(step, Script))
    return script.text


def commands(script: str) -> Iterator[str]:
    """Yield the comments and the commands of a script; what loops do, as often as they do it."""
    script = re.sub(r";? do\s+", "; do ", script)
    script = re.sub(r"\s*(?<!;)\n\s*done|; done", "; done", script)
    for line in script.splitlines():
        loop = re.fullmatch(r"for (\w+) in ([^;]+); do (.+); done", line)
        if loop:
            yield from (loop[3].replace(f"${loop[1]}", word) for word in loop[2].split())
        elif line.strip():
            yield line


def do(machine: Machine, line: str) -> None:
    """Do one line of the story, as a shell would: this process runs its commands."""
    words = shlex.split(line.replace("~/", f"{machine.home}/"), comments=True)
    ends_well = words[-2:] != ["||", "true"]
    words = words if ends_well else words[:-2]
    stdin, target = None, None
    if words[:1] == ["echo"]:
        stdin, words = f"{words[1]}\n", words[3:]
    if ">" in words:
        target = machine.home / words[words.index(">") + 1]
        words = words[: words.index(">")]
    env = dict(word.split("=", 1) for word in _leading(words))
    match words[len(env) :]:
        case [] | ["export", _]:
            pass
        case ["ssh", host, program, word]:
            (_servers(machine) / host).mkdir(exist_ok=True)
            mark = _servers(machine) / host / word
            mark.touch() if program == "touch" else mark.unlink()
        case ["tetra-es", *rest]:
            done = machine.run(*rest, env=env, stdin=stdin)
            assert (done.code == 0) is ends_well, (line, done)
            if target:
                target.write_text(done.out)
        case others:
            raise AssertionError(others)


def _leading(words: list[str]) -> Iterator[str]:
    """Yield the settings before a command."""
    yield from takewhile(lambda word: re.match(r"[A-Z_]+=", word) is not None, words)


def _servers(machine: Machine) -> Path:
    """Return where the stand-ins of servers have what they have."""
    found = machine.home.parent / "servers"
    found.mkdir(exist_ok=True)
    return found


CANARIES = tuple(re.findall(r"echo (\S+) \|", block()))
"""What the secrets are, which no page may show."""


if __name__ == "__main__":
    from tests.machine import Machine as Real

    Path(sys.argv[1]).mkdir(parents=True)
    tell(Real(Path(sys.argv[1])))

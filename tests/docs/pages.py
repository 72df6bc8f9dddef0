"""Reads the shell blocks of a page and runs them, as a reader would type them.

A ```console block holds commands after `$ ` (continued after `> `), each followed by what it
prints, both streams together. A ```sh block holds lines that must all succeed. The blocks of a
page run in order in one bash, in an empty home folder of the page's own.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.conftest import PACKAGES, ROOT
from tests.forks import program
from tests.machine import HANG

if TYPE_CHECKING:
    from pathlib import Path

SHOWN_HOME = "/home/alice"
"""What pages write for the home folder."""

ANYTHING = "..."
"""A line of expected output that stands for any number of lines."""

WITH_A_SERVER = {"from-two-laptops-to-ci.md", "answer-an-auditor.md"}
"""Pages that deploy, to servers that a program stands in for."""

ELSEWHERE = {
    "serve.md": "tests/web/test_page.py",
    "servers": "tests/server/deploy/test_pages.py",
    "databases": "tests/postgres/test_page.py",
}
"""Pages, and folders of pages, that need more, and the tests that have it and run them."""

STAND_IN = ROOT / "tests" / "servers" / "ssh.py"

_AT_THE_TOP = ("README.md", "CONTRIBUTING.md", "SECURITY.md")

_FENCE = re.compile(r"^```(\S*)\s*$")
_ENDED = re.compile("\n\x01([0-9]+)\n")
_BEGIN = """\
exec 2>&1 </dev/null
__ended() { printf '\\n\\001%s\\n' "$1"; }
trap '__ended 1' EXIT
"""
_END = "trap - EXIT"

_VARYING = (
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z| ?[+-]\d\d:?\d\d)?", "<time>"),
    (r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} +\d+ [\d:]{8} \d{4} [+-]\d{4}", "<time>"),
    (r"\d{4}-\d\d-\d\d", "<date>"),
    (r"\b\d{8}T\d{6}Z\b", "<time>"),
    (r"\brt=\d{13}\b", "rt=<time>"),
    (r"\b[0-9a-f]{64}\b", "<hash>"),
    (r"\b[0-9a-f]{40}\b", "<commit>"),
    (r"\b[0-9a-f]{16}\b", "<correlation>"),
    (r"\^?\b[0-9a-f]{7,12}\b", "<abbreviated>"),
    (r"SHA256:[A-Za-z0-9+/]{43}", "<fingerprint>"),
    (r"AAAAC3NzaC1lZDI1NTE5[A-Za-z0-9+/]{48}", "<key>"),
    (r"age1[02-9ac-hj-np-z]{58}", "<recipient>"),
    (r"(?<!\S)[A-Za-z0-9+/]{43,}={1,2}(?!\S)", "<base64>"),
)


@dataclass
class Command:
    """One command of a console block, and what the page says it prints."""

    line: int
    text: str
    expected: list[str] = field(default_factory=list)


@dataclass
class Script:
    """A sh block."""

    line: int
    text: str


def pages() -> list[Path]:
    """Return every page of the documentation."""
    return [*(ROOT / name for name in _AT_THE_TOP), *sorted((ROOT / "docs").rglob("*.md"))]


def elsewhere(page: Path) -> str | None:
    """Return the test that sets up what the commands of a page need; None if they need nothing."""
    return ELSEWHERE.get(page.name) or ELSEWHERE.get(page.parent.name)


def steps(text: str) -> list[Command | Script]:
    """Return what a page's blocks run, in order."""
    found: list[Command | Script] = []
    kind: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        fence = _FENCE.match(line)
        if fence and kind is None:
            kind = fence[1]
            if kind == "sh":
                found.append(Script(number, ""))
        elif fence:
            kind = None
        elif kind == "console":
            _console_line(found, number, line)
        elif kind == "sh" and isinstance(script := found[-1], Script):
            script.text += line + "\n"
    return found


def _console_line(found: list[Command | Script], number: int, line: str) -> None:
    if line.startswith("$ "):
        found.append(Command(number, line[2:]))
        return
    last = found[-1]
    if not isinstance(last, Command):
        raise TypeError(f"line {number}: output before any command")
    if (line == ">" or line.startswith("> ")) and not last.expected:
        last.text += "\n" + line[2:]
    else:
        last.expected.append(line)


def run(todo: list[Command | Script], home: Path) -> list[tuple[int, list[str]]]:
    """Run the steps in the empty folder `home`; return exit code and output of each.

    Shorter than `todo` when the shell ended early; a sh block ends it at its first failure.
    """
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-c", "\n".join([_BEGIN, *map(_marked, todo), _END])],
        env=environment(home),
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
    )
    parts = _ENDED.split(done.stdout)
    return [
        (int(code), _lines(output, home))
        for output, code in zip(parts[::2], parts[1::2], strict=False)
    ]


def with_a_server(home: Path) -> None:
    """Give the reader an `ssh` that knows a server for every name: it stands in for both.

    A command of the reader's own, such as `ssh web1 touch sick`, is run in the server's folder.
    """
    own, servers = (home.parent / f"{home.name}-{what}" for what in ("bin", "servers"))
    own.mkdir()
    servers.mkdir()
    stand_in = shlex.join((sys.executable, "-I", "-S", str(STAND_IN), str(servers)))
    (own / "ssh").write_text(
        f'#!/bin/sh\ncase $1 in -*) exec {stand_in} "$@" ;; esac\n'
        f"place={shlex.quote(str(servers))}/$1\nshift\n"
        'mkdir -p "$place" && cd "$place" && exec "$@"\n'
    )
    (own / "ssh").chmod(0o755)


def _marked(step: Command | Script) -> str:
    """Return what the shell runs for a step, with a line at the end that tells its exit code."""
    body = f"set -eu\n{step.text}set +eu" if isinstance(step, Script) else step.text
    return f"{body}\n__code=$?; __ended $__code; (exit $__code)"


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a reader who has installed tetra-es and configured nothing.

    Programs of the reader's own, such as an `ssh` that knows a server, are in `HOME-bin`.
    """
    own = home.parent / f"{home.name}-bin"
    return {
        "HOME": str(home),
        "PATH": f"{own}:{program().parent}:{os.environ['PATH']}",
        "PYTHONPATH": PACKAGES,
        "USER": "alice",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "TMPDIR": str(home.parent),
    }


def _lines(output: str, home: Path) -> list[str]:
    lines = [line.rstrip() for line in output.replace(str(home), SHOWN_HOME).splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def agrees(expected: list[str], actual: list[str]) -> bool:
    """Return whether output is what a page says, but for what differs from run to run."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == ANYTHING else re.escape(normal(line)) + "\n" for line in expected
    )
    return re.fullmatch(pattern, "".join(normal(line) + "\n" for line in actual)) is not None


def check(page: str, todo: list[Command | Script], results: list[tuple[int, list[str]]]) -> None:
    """Fail unless every step of a page did what the page says."""
    for step, (code, output) in zip(todo, results, strict=False):
        where = f"{page}:{step.line}: {step.text}"
        if isinstance(step, Script):
            assert code == 0, f"{where}\n{output}"
        else:
            said, printed = "\n".join(step.expected), "\n".join(output)
            assert agrees(step.expected, output), f"{where}\n--- said\n{said}\n--- did\n{printed}"
    assert len(results) == len(todo), f"{page}: the shell ended after {len(results)} steps"


def normal(line: str) -> str:
    """Return a line with times, hashes and the like replaced by words."""
    line = line.rstrip()
    for pattern, word in _VARYING:
        line = re.sub(pattern, word, line)
    return line

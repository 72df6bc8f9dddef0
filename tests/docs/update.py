"""Writes what the commands of a page really print into the page.

    python -m tests.docs.update README.md docs/tutorial.md

Run from the top folder, with the packages importable. Only blocks that do not agree are changed;
a `...` in one that agrees stays. Read the difference before committing it. Pages whose commands
need what a test of their own sets up, such as a server, are refused.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.docs.pages import (
    WITH_A_SERVER,
    Command,
    agrees,
    elsewhere,
    run,
    steps,
    with_a_server,
)


def updated(text: str, home: Path) -> str:
    """Return the page with the output of its commands as they print it now."""
    todo = steps(text)
    results = run(todo, home)
    lines = text.splitlines()
    done = list(zip(todo, results, strict=False))
    for step, (code, output) in reversed(done):
        if not isinstance(step, Command):
            if code:
                sys.stdout.write(f"line {step.line}: exit {code}: {output}\n")
            continue
        if agrees(step.expected, output):
            continue
        start = step.line + step.text.count("\n")
        lines[start : start + len(step.expected)] = output
    if len(done) < len(todo):
        sys.stdout.write(f"stopped before line {todo[len(done)].line}\n")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Update the pages that the arguments name."""
    for name in sys.argv[1:]:
        page = Path(name)
        if test := elsewhere(page):
            sys.exit(f"{name}: its commands need what {test} sets up; nothing was run")
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder, "home")
            home.mkdir()
            if page.name in WITH_A_SERVER:
                with_a_server(home)
            page.write_text(updated(page.read_text(), home))


if __name__ == "__main__":
    main()

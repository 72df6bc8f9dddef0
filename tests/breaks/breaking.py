"""Breaking one line of the code, in a copy of the checkout, and running tests there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.machine import HANG, PACKAGES, ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

LIST: Final = Path(__file__).with_name("breaks.toml")

COPIED: Final = ("tetra_es", "projections", "cli", "tests", "pyproject.toml", "docs", "README.md")

FAILED: Final = 1
"""pytest's exit code where tests failed; others tell that something else is wrong."""


@dataclass(frozen=True)
class Break:
    """One line that is replaced, and the tests that must see it."""

    what: str
    """What tetra-es then does."""
    file: str
    line: str
    """The line without its indentation."""
    instead: str
    tests: list[str]
    nth: int = 0
    """Which of several lines that are the same, from 1; 0 where there is one."""

    def broken(self, text: str) -> str:
        """Return a file's text with the line replaced. Raises `ValueError` where it is not so."""
        lines = text.splitlines(keepends=True)
        places = [number for number, line in enumerate(lines) if line.strip() == self.line]
        if not places or (len(places) > 1) != bool(self.nth):
            raise ValueError(f"{self.file} has {len(places)} times the line: {self.line}")
        at = places[self.nth - 1 if self.nth else 0]
        lines[at] = lines[at].replace(self.line, self.instead)
        return "".join(lines)


def breaks() -> Mapping[str, Break]:
    """Return all that are listed, by name."""
    return {name: Break(**each) for name, each in tomllib.loads(LIST.read_text()).items()}


def is_caught(one: Break, folder: Path) -> bool:
    """Return whether the tests fail in a copy with the break, which is made in `folder`."""
    for name in COPIED:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, folder / name)
    file = folder / one.file
    file.write_text(one.broken(file.read_text()))
    packages = PACKAGES.replace(str(ROOT), str(folder))
    env = {**os.environ, "PYTHONPATH": packages, "TETRA_ES_THOROUGH": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *one.tests],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
    )
    if done.returncode not in (0, FAILED):
        raise RuntimeError(f"{one.what}: pytest ended with {done.returncode}:\n{done.stdout}")
    return done.returncode == FAILED

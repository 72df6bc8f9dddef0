"""What every test may use: an organization in an empty folder, and `tetra-es` as people run it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parent.parent
PACKAGES = os.pathsep.join(str(ROOT / folder) for folder in (".", "projections", "cli"))


@dataclass(frozen=True)
class Result:
    """What a finished command left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def error(self) -> str:
        """Return the one error line, having checked that it is one line and has no traceback."""
        lines = [line for line in self.err.splitlines() if line.startswith("tetra-es: error: ")]
        assert len(lines) == 1, self.err
        assert "Traceback" not in self.err
        assert "defect" not in self.err
        return lines[0].removeprefix("tetra-es: error: ")

    def hint(self) -> str:
        lines = [line for line in self.err.splitlines() if line.startswith("tetra-es: hint: ")]
        assert lines, self.err
        return lines[-1].removeprefix("tetra-es: hint: ")


@dataclass
class Machine:
    """A user's machine: a home folder, an environment, and the installed command."""

    home: Path
    org: str = "acme"
    env: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.home / "tetra" / "org" / self.org

    @property
    def store(self) -> Path:
        return self.folder / "store" / "events.db"

    @property
    def mirror(self) -> Path:
        return self.folder / "history"

    def environment(self, env: Mapping[str, str] | None = None) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": PACKAGES,
            "TETRA_ORG": self.org,
            "USER": "alice",
            "TETRA_ACTOR": "alice",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            **self.env,
            **(env or {}),
        }

    def argv(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "tetra_es_cli", *arguments]

    def run(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        cwd: Path | None = None,
    ) -> Result:
        """Run `tetra-es` in a process of its own, whatever its exit code."""
        done = subprocess.run(
            self.argv(*arguments),
            env=self.environment(env),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            cwd=cwd or self.home,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def ok(self, *arguments: str, **more: Any) -> Result:
        """Run `tetra-es`, which must succeed."""
        done = self.run(*arguments, **more)
        assert done.code == 0, done.err
        return done

    def fails(self, code: int, *arguments: str, **more: Any) -> Result:
        """Run `tetra-es`, which must fail with this exit code, one error line and no event."""
        before = self.last_position()
        done = self.run(*arguments, **more)
        assert done.code == code, (done.code, done.out, done.err)
        done.error()
        assert self.last_position() == before
        return done

    def git(self, *arguments: str, env: Mapping[str, str] | None = None) -> str:
        """Run the user's own git in the mirror."""
        done = subprocess.run(
            ["git", "-C", str(self.mirror), *arguments],
            env=self.environment(env),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def toml(self, environment: str) -> Path:
        return self.folder / "environments" / f"{environment}.toml"

    def last_position(self) -> int:
        """Return the newest event's position, read from the store itself."""
        import sqlite3

        if not self.store.exists():
            return 0
        connection = sqlite3.connect(self.store)
        try:
            return int(
                connection.execute("SELECT coalesce(max(rowid), 0) FROM stored_events").fetchone()[
                    0
                ]
            )
        except sqlite3.DatabaseError:
            return -1
        finally:
            connection.close()

    def history(self, *arguments: str) -> list[dict[str, Any]]:
        rows = self.ok("history", *arguments, "-o", "json").json
        assert isinstance(rows, list)
        return rows


def default_signals() -> None:
    """Let signals do what they do in a shell's foreground, whatever the tests run under."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)


@pytest.fixture
def bare(tmp_path: Path) -> Machine:
    """A machine on which nothing was done yet."""
    home = tmp_path / "home"
    home.mkdir()
    return Machine(home)


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine with a new organization, to be copied: that is quicker than another `init`."""
    home = tmp_path_factory.mktemp("founded") / "home"
    home.mkdir()
    first = Machine(home)
    first.ok("init", first.org, "--domain", "acme.example")
    return first


@pytest.fixture
def machine(bare: Machine, founded: Machine) -> Machine:
    """A machine with a new organization."""
    shutil.copytree(founded.home, bare.home, symlinks=True, dirs_exist_ok=True)
    return bare

"""`tetra-es` as people run it: a machine with a home folder, and what a command left."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).parent.parent
PACKAGES = os.pathsep.join(str(ROOT / folder) for folder in (".", "projections", "cli"))


NO_BYTECODE = {"PYTHONDONTWRITEBYTECODE": "1"}
"""For a process that cannot write all that it wants to: Python would keep half a module."""

HANG = 600
"""Seconds after which a process is taken to hang, on however busy a machine."""


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that comes by itself."""
    deadline = time.monotonic() + HANG
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


def copy_folder(source: Path, target: Path) -> None:
    """Copy a folder with its links, modes and times: in half the time of `shutil.copy2`."""
    shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, copy_function=_copy_file)


def _copy_file(source: str, target: str) -> None:
    reading = os.open(source, os.O_RDONLY)
    writing = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    while os.sendfile(writing, reading, None, 1 << 30):
        pass
    was = os.fstat(reading)
    os.fchmod(writing, was.st_mode & 0o7777)
    os.utime(writing, ns=(was.st_atime_ns, was.st_mtime_ns))
    os.close(reading)
    os.close(writing)


def default_signals() -> None:
    """Let signals do what they do in a shell's foreground, whatever the tests run under."""
    for each in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)


@dataclass(frozen=True)
class Result:
    """What a finished command left."""

    code: int
    out: str
    err: str

    @classmethod
    def of(cls, code: int, out: bytes, err: bytes) -> Result:
        """Return a result of bytes, its line ends told as Python tells them."""
        return cls(code, *(TextIOWrapper(BytesIO(said), "utf-8").read() for said in (out, err)))

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def error(self) -> str:
        """Return the one error line, having checked that it is one line and has no traceback."""
        lines = [line for line in self.err.splitlines() if line.startswith("tetra-es: error: ")]
        told = self._json_errors()
        assert len(lines) + len(told) == 1, self.err
        assert "Traceback" not in self.err
        assert "defect" not in self.err
        return str(told[0]["message"]) if told else lines[0].removeprefix("tetra-es: error: ")

    def _json_errors(self) -> list[dict[str, Any]]:
        """Return what was said for a program."""
        lines = [line for line in self.err.splitlines() if line.startswith('{"code": ')]
        return [json.loads(line) for line in lines]

    def hint(self) -> str:
        if told := self._json_errors():
            return str(told[0]["hint"])
        lines = [line for line in self.err.splitlines() if line.startswith("tetra-es: hint: ")]
        assert lines, self.err
        return lines[-1].removeprefix("tetra-es: hint: ")


@dataclass
class Machine:
    """A user's machine: a home folder, an environment, and the installed command."""

    home: Path
    org: str = "acme"
    env: dict[str, str] = field(default_factory=dict)
    processes: bool = False
    """Whether `run`, `ok` and `fails` start a process for each command."""
    reads: bool = False
    """Whether `init` makes its founder a reader, as it does for people; most tests need none."""

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
            # By which a process finds out that `make coverage` follows it.
            **{name: os.environ[name] for name in os.environ if name.startswith("COVERAGE_")},
            **self.env,
            **(env or {}),
        }

    def real(self) -> Machine:
        """Return this machine with a process for each command."""
        return replace(self, processes=True)

    def forked(self) -> Machine:
        """Return this machine with two processes for each command; see tests/forks.py."""
        return _Forked(**vars(self.real()))

    def copy(self, home: Path) -> Machine:
        """Return a copy with another home: that is quicker than to do the same again."""
        assert not home.exists()
        copy_folder(self.home, home)
        return replace(self, home=home, env=dict(self.env))

    def argv(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "tetra_es_cli", *self._words(arguments)]

    def _words(self, arguments: Sequence[str]) -> list[str]:
        """Return the words of a command, with the option that `init` and `import` have where
        `reads` is not."""
        makes = [
            at
            for at, word in enumerate(arguments[:5])
            if word in ("init", "import") and arguments[at - 1 : at] != ("secret",)
        ]
        begin = next(iter(makes), None)
        if begin is None or self.reads:
            return list(arguments)
        return [*arguments[: begin + 1], "--no-identity", *arguments[begin + 1 :]]

    def run(self, *arguments: str, **more: Any) -> Result:
        """Run `tetra-es`, whatever its exit code: inside this process, unless `processes`."""
        return (self.process if self.processes else self.inside)(*arguments, **more)

    def inside(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        cwd: Path | None = None,
    ) -> Result:
        """Run `tetra-es` inside this process; see tests/in_process.py for what that cannot be."""
        from tests import in_process  # which imports all that commands need

        data = None if stdin is None else stdin.encode()
        words = self._words(arguments)
        return Result.of(
            *in_process.run(words, env=self.environment(env), cwd=cwd or self.home, stdin=data)
        )

    def process(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        cwd: Path | None = None,
        code: str | None = None,
        before: Callable[[], object] | None = None,
    ) -> Result:
        """Run `tetra-es` in a process of its own, whatever its exit code.

        `code`: Python code to run in its place, with signals as in a shell's foreground.
        `before`: what the process does first.
        """
        if code is not None:
            before = before or default_signals
        done = subprocess.run(
            self.argv(*arguments) if code is None else [sys.executable, "-c", code, *arguments],
            env=self.environment(env),
            input=None if stdin is None else stdin.encode(),
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            check=False,
            timeout=HANG,
            cwd=cwd or self.home,
            preexec_fn=before,
        )
        return Result.of(done.returncode, done.stdout, done.stderr)

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
            for table in ("events", "stored_events"):  # the first edition's had another name
                with suppress(sqlite3.OperationalError):
                    newest = f"SELECT coalesce(max(rowid), 0) FROM {table}"
                    return int(connection.execute(newest).fetchone()[0])
            return -1
        except sqlite3.DatabaseError:
            return -1
        finally:
            connection.close()

    def history(self, *arguments: str) -> list[dict[str, Any]]:
        rows = self.ok("history", *arguments, "-o", "json").json
        assert isinstance(rows, list)
        return rows


class _Forked(Machine):
    """A machine on which a process costs a tenth."""

    def argv(self, *arguments: str) -> list[str]:
        from tests.forks import program

        return [str(program()), *self._words(arguments)]

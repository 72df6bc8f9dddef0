"""Looking for a value in every place where it could have been left."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import threading
import zlib
from base64 import b64encode
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Machine

MEMORY = [Path("/dev/shm"), Path(f"/run/user/{os.getuid()}")]  # noqa: S108 - to look at

CHILD = "command-of-run"
"""A word in the command line of what `run` starts: its environment may hold values."""


PROGRAM = re.compile(rb"\0tetra_es_cli\0|/forks-[^/]*/")
"""What is in the command lines of `tetra-es`."""


@dataclass(frozen=True)
class Canary:
    """A value, and the spellings of it that must be nowhere."""

    text: str
    pattern: re.Pattern[bytes] = field(repr=False)

    @classmethod
    def new(cls) -> Canary:
        text = f"canary~{secrets.token_hex(12)}"
        return cls(text, re.compile(b"|".join(map(re.escape, _spellings(text.encode())))))

    def is_in(self, data: bytes | str) -> bool:
        """Tell whether the value can be read out of `data`."""
        raw = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
        return self.pattern.search(raw) is not None


def _spellings(value: bytes) -> Iterator[bytes]:
    yield value
    yield value[::-1]
    yield value.hex().encode()
    yield value.hex().upper().encode()
    yield value.decode().encode("utf-16-le")
    for before in range(3):
        # What base64 says of the value alone, wherever in an encoded text it begins.
        encoded = b64encode(b"x" * before + value)
        yield encoded[-(-before * 8 // 6) : (before + len(value)) * 8 // 6]


def places_with(canary: Canary, machine: Machine) -> list[str]:
    """Return every file and git object that the value can be read out of."""
    found = [str(path) for path in _files(machine) if canary.is_in(content(path))]
    found += [f"object {name}" for name, data in git_objects(machine) if canary.is_in(data)]
    return found


def _files(machine: Machine) -> Iterator[Path]:
    yield from (path for path in machine.home.rglob("*") if path.is_file())
    yield from files_in_memory()


def files_in_memory() -> Iterator[Path]:
    """Yield the files that commands have in memory, those of other tests as well."""
    for base in MEMORY:
        for folder in base.glob("tetra-es-*"):
            for path, _, names in os.walk(folder):  # which does not mind what is gone already
                yield from filter(Path.is_file, (Path(path, name) for name in names))


def content(path: Path) -> bytes:
    """Return a file's bytes, and what they are when they are inflated; nothing once it is gone."""
    with suppress(FileNotFoundError):  # of another test that runs at the same time
        data = path.read_bytes()
        with suppress(zlib.error):  # a loose object, or one that was being written
            data += zlib.decompressobj().decompress(data)
        return data
    return b""


def git_objects(machine: Machine) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of every object of the mirror, reachable or not."""
    done = subprocess.run(
        ["git", "-C", str(machine.mirror), "cat-file", "--batch-all-objects", "--batch"],
        env=machine.environment(),
        capture_output=True,
        check=True,
    )
    data, offset = done.stdout, 0
    while offset < len(data):
        end = data.index(b"\n", offset)
        name, _, size = data[offset:end].split()
        yield name.decode(), data[end + 1 : end + 1 + int(size)]
        offset = end + 1 + int(size) + 1


@dataclass
class Seen:
    """What a look at the machine's processes found."""

    processes: set[str] = field(default_factory=set)
    leaks: set[str] = field(default_factory=set)

    def look(self, canary: Canary) -> None:
        """Look at the arguments and the environment of every process."""
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                environ = (folder / "environ").read_bytes()
                # Second: what has become of the process by now may have that environment.
                command = (folder / "cmdline").read_bytes()
                if PROGRAM.search(command):
                    self.processes.add(folder.name)
                if canary.is_in(command):
                    self.leaks.add(f"arguments of {command!r}")
                if canary.is_in(environ) and command and CHILD.encode() not in command:
                    self.leaks.add(f"environment of {command!r}")


@contextmanager
def watching(canary: Canary) -> Iterator[Seen]:
    """Look at all processes again and again, from a thread."""
    seen, enough = Seen(), threading.Event()

    def watch() -> None:
        while not enough.wait(0.05):
            seen.look(canary)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        enough.set()
        thread.join()

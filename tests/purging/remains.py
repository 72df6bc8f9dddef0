"""Looking for a value in every byte that an organization has, compressed ones too."""

from __future__ import annotations

import re
import zlib
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from tests.secrets.leaks import git_objects
from tetra_es.log.sqlite.reader import SqliteLog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.machine import Machine

_BEGINS = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
"""How what zlib compressed begins, wherever in a file it is."""

_STEP = 64


def remains(value: str, machine: Machine) -> list[str]:
    """Return every file, body and git object that the value can be read out of."""
    data = value.encode()
    found = [str(path) for path in _files(machine) if _is_in(data, path.read_bytes())]
    found += [f"object {name}" for name, content in git_objects(machine) if data in content]
    with closing(SqliteLog(machine.store)) as log:
        found += [f"body {digest.hex()}" for digest, body in log.bodies() if data in (body or b"")]
    return found


def _files(machine: Machine) -> Iterator[Path]:
    """Yield the files of the organization and of the state folder."""
    for folder in (machine.folder, machine.home / ".local"):
        yield from (path for path in folder.rglob("*") if path.is_file())


def _is_in(value: bytes, data: bytes) -> bool:
    return value in data or any(value in each for each in _inflated(data))


def _inflated(data: bytes) -> Iterator[bytes]:
    """Yield whatever can be inflated, from wherever it begins, as far as it goes."""
    for begin in _BEGINS.finditer(data):
        inflater, found = zlib.decompressobj(), b""
        with suppress(zlib.error):
            for at in range(begin.start(), len(data), _STEP):
                found += inflater.decompress(data[at : at + _STEP])
                if inflater.eof:
                    break
        yield found

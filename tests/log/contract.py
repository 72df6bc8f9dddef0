"""What every engine of the log keeps to: one function for each rule, in the folder `rules`.

A rule is given a `LogUnderTest`, an empty log of some engine, and fails with an assertion. The same
rules are run on engines that are broken deliberately (`broken.py`), to see that each can fail.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.conftest import ROOT
from tests.log.events import KEY
from tetra_es.log.linking import link

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.log.engines import Engine
    from tetra_es.log.chain import Head
    from tetra_es.log.linking import Draft
    from tetra_es.log.port import AppendableLog
    from tetra_es.log.record import Record

RULES: dict[str, Callable[[LogUnderTest], None]] = {}
"""Name to rule."""


@dataclass
class LogUnderTest:
    """A new log of one engine."""

    engine: Engine
    folder: Path

    @contextmanager
    def open(self) -> Iterator[AppendableLog]:
        log = self.engine.open(self.folder)
        try:
            yield log
        finally:
            log.close()

    def process(self, *arguments: object) -> subprocess.Popen[str]:
        """Start a process that appends to the log; see `writer.py`."""
        argv = [sys.executable, "-m", "tests.log.writer", self.engine.name, str(self.folder)]
        return subprocess.Popen(
            [*argv, *map(str, arguments)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )


def rule(function: Callable[[LogUnderTest], None]) -> Callable[[LogUnderTest], None]:
    """Have a function among the rules."""
    RULES[function.__name__] = function
    return function


def add(
    log: AppendableLog, *new: Draft, after: Head | None = None, bodies: Sequence[bytes] = ()
) -> list[Record]:
    """Append drafts as one batch after the head, or another place; return their records."""
    place = log.head() if after is None else after
    records = link(place, new, KEY)
    log.append(place, records, bodies=bodies)
    return records


def refused(kind: type[Exception], action: Callable[[], object]) -> Exception:
    """Do what must be refused; return the error."""
    try:
        action()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


def digest_of(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()

"""Recording with another clock, and what times in the history reached."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING
from unittest.mock import patch

from tests.machine import ROOT
from tetra_es.usecases import unit_of_work
from tetra_es.usecases.clock import check_clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.machine import Machine


@contextmanager
def dated(time: str, *, honest: bool = False) -> Iterator[None]:
    """Have what is recorded carry a time; `honest` as of a command that looks whether it can be."""
    moment = datetime.fromisoformat(time)
    check = check_clock if honest else lambda *_: None
    with (
        patch.object(unit_of_work, "datetime", SimpleNamespace(now=lambda _: moment)),
        patch.object(unit_of_work, "check_clock", check),
    ):
        yield


_RECORDING = """\
import sys
sys.path.insert(0, sys.argv.pop(1))
from tests.clocks import dated
from tetra_es_cli.main import main
with dated(sys.argv.pop(1)):
    main()
"""


def record_dated(machine: Machine, time: str, *words: str) -> None:
    """Record something that carries a time, in a process of its own."""
    done = machine.process(str(ROOT), time, *words, code=_RECORDING)
    assert done.code == 0, done.err


def reached(machine: Machine) -> str:
    """Return the time up to which answers stay: from then on the newest valid event counts."""
    machine.ok("history", "-n", "1")  # takes in what was signed elsewhere
    with closing(sqlite3.connect(machine.folder / "store/views.db")) as views:
        (time,) = views.execute("SELECT time FROM reached").fetchone()
    return str(time)

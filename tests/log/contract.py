"""What every engine of the log keeps to: one function for each rule.

A rule is given a `LogUnderTest`, an empty log of some engine, and fails with an assertion. The same
rules are run on engines that are broken deliberately (`broken.py`), to see that each can fail.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Any

from tests.conftest import ROOT
from tests.log.events import KEY, LINES, draft, drafts, purge_of, replaced, rewritten
from tests.machine import HANG
from tetra_es.errors import IntegrityFailure
from tetra_es.limits import NAME_SIZE, SIGNATURE_SIZE
from tetra_es.log.chain import START, Head
from tetra_es.log.linking import link
from tetra_es.log.port import HeadMoved, Unfit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.log.engines import Engine
    from tetra_es.log.linking import Draft
    from tetra_es.log.port import AppendableLog
    from tetra_es.log.record import Record

RULES: dict[str, Callable[[LogUnderTest], None]] = {}
"""Name to rule."""

WRITERS, EACH, KILLS = 8, 4, 5


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


@rule
def a_new_log_ends_at_the_start(under_test: LogUnderTest) -> None:
    with under_test.open() as log:
        assert log.head() == START
        assert list(log.records()) == []
        assert log.holds(START)


@rule
def what_was_appended_is_read_back(under_test: LogUnderTest) -> None:
    with under_test.open() as log:
        first = add(log, *drafts("a", 3))
        second = add(log, draft("b", 1, value="ü" * 3000), draft("a", 4))
        assert log.head() == second[-1].head
        found = list(log.records())
        assert found == first + second
        assert [record.previous for record in found[1:]] == [record.hash for record in found[:-1]]


@rule
def another_reader_sees_it_at_once(under_test: LogUnderTest) -> None:
    with under_test.open() as log, under_test.open() as reader:
        for number in range(1, 4):
            records = add(log, draft("a", number), bodies=[b"%d" % number])
            assert reader.head() == records[-1].head
            assert list(reader.records(after=number - 1)) == records
            assert reader.body(digest_of(b"%d" % number)) == b"%d" % number


@rule
def it_is_there_after_closing(under_test: LogUnderTest) -> None:
    with under_test.open() as log:
        records = add(log, *drafts("a", 3), bodies=[b"one", b"two"])
    with under_test.open() as log:
        assert list(log.records()) == records
        assert log.body(digest_of(b"two")) == b"two"


@rule
def a_range_of_records(under_test: LogUnderTest) -> None:
    with under_test.open() as log:
        records = add(log, *drafts("a", 1100))
        assert list(log.records(after=3, upto=7)) == records[3:7]
        assert list(log.records(after=450, upto=1050)) == records[450:1050]
        assert list(log.records(upto=2)) == records[:2]
        assert list(log.records(after=1100)) == []
        assert list(log.records(after=5, upto=5)) == []


@rule
def records_are_one_snapshot(under_test: LogUnderTest) -> None:
    with under_test.open() as log, under_test.open() as reader:
        records = add(log, *drafts("a", 600))
        reading = reader.records()
        found = list(islice(reading, 5))
        add(log, *drafts("b", 3))
        assert found + list(reading) == records


@rule
def reading_keeps_nobody_from_appending(under_test: LogUnderTest) -> None:
    with under_test.open() as log, under_test.open() as reader:
        add(log, *drafts("a", 600))
        reading = reader.records()
        next(reading)
        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(_add_in_a_thread, under_test)
            assert done.result(timeout=HANG).position == 601
        assert len(list(reading)) == 599


def _add_in_a_thread(under_test: LogUnderTest) -> Head:
    with under_test.open() as log:
        return add(log, draft("b", 1))[-1].head


@rule
def the_head_must_be_the_one_that_was_decided_on(under_test: LogUnderTest) -> None:
    with under_test.open() as log:
        old = add(log, draft("a", 1))[-1].head
        new = add(log, draft("b", 1))[-1].head
        error = refused(HeadMoved, lambda: add(log, draft("c", 1), after=old, bodies=[b"x"]))
        assert isinstance(error, HeadMoved)
        assert error.head == new
        assert log.head() == new
        assert log.body(digest_of(b"x")) is None
        refused(HeadMoved, lambda: add(log, draft("c", 1), after=START))


@rule
def a_head_of_another_history_is_not_the_head(under_test: LogUnderTest) -> None:
    """Same position, another hash."""
    with under_test.open() as log:
        head = add(log, draft("a", 1))[-1].head
        other = Head(head.position, bytes(reversed(head.hash)))
        refused(HeadMoved, lambda: add(log, draft("b", 1), after=other))
        refused(HeadMoved, lambda: add(log, *drafts("b", 2), after=other, bodies=[b"x"]))
        assert log.head() == head
        assert log.body(digest_of(b"x")) is None


@rule
def a_head_that_is_ahead_is_not_the_head(under_test: LogUnderTest) -> None:
    with under_test.open() as log:
        head = add(log, draft("a", 1))[-1].head
        ahead = link(head, drafts("b", 2), KEY)
        refused(HeadMoved, lambda: add(log, draft("c", 1), after=ahead[-1].head))
        assert log.head() == head
        assert len(list(log.records())) == 1


@rule
def a_batch_is_all_or_nothing(under_test: LogUnderTest) -> None:
    with under_test.open() as log:
        head = add(log, draft("a", 1))[-1].head
        wrong = [draft("a", 2), draft("b", 1), draft("a", 4)]
        refused(Unfit, lambda: add(log, *wrong, bodies=[b"x"]))
        assert log.head() == head
        assert log.body(digest_of(b"x")) is None
        assert add(log, draft("b", 1))[-1].position == 2


@rule
def streams_are_numbered_without_gaps(under_test: LogUnderTest) -> None:
    with under_test.open() as log:
        head = add(log, *drafts("a", 2))[-1].head
        for version in (1, 2, 4, 2**40):
            refused(Unfit, lambda version=version: add(log, draft("a", version)))  # type: ignore[misc]  # mypy gives the default no type
        refused(Unfit, lambda: add(log, draft("b", 2)))
        refused(Unfit, lambda: add(log, draft("b", 1), draft("b", 1)))
        assert log.head() == head


def _unfit(under_test: LogUnderTest, change: Callable[[list[Record]], list[Record]]) -> None:
    """Check that two fit records are refused after `change`, and the log is as before."""
    with under_test.open() as log:
        head = add(log, draft("a", 1))[-1].head
        records = change(link(head, [draft("a", 2), draft("a", 3)], KEY))
        refused(Unfit, lambda: log.append(head, records))
        assert log.head() == head
        assert len(list(log.records())) == 1


@rule
def an_empty_batch_is_refused(under_test: LogUnderTest) -> None:
    _unfit(under_test, lambda _: [])


@rule
def positions_follow_each_other(under_test: LogUnderTest) -> None:
    _unfit(under_test, lambda records: [records[0], rewritten(records[1], position=5)])
    under_test.folder /= "again"
    under_test.folder.mkdir()
    under_test.engine.create(under_test.folder)
    _unfit(under_test, lambda records: [rewritten(records[0], position=3)])


@rule
def each_record_names_the_one_before(under_test: LogUnderTest) -> None:
    def change(records: list[Record]) -> list[Record]:
        return [records[0], rewritten(records[1], previous=bytes(32))]

    _unfit(under_test, change)


@rule
def the_hash_is_that_of_the_parts(under_test: LogUnderTest) -> None:
    for name, value in (
        ("state", b'{"other":1}'),
        ("topic", "other"),
        ("stream", "b"),
        ("hash", bytes(range(32))),
    ):
        under_test.folder /= name
        under_test.folder.mkdir()
        under_test.engine.create(under_test.folder)

        def change(records: list[Record], name: str = name, value: object = value) -> list[Record]:
            return [records[0], replaced(records[1], **{name: value})]

        _unfit(under_test, change)


@rule
def the_last_of_a_batch_is_signed(under_test: LogUnderTest) -> None:
    _unfit(under_test, lambda records: [records[0], replaced(records[1], signature=b"")])


@rule
def one_signature_may_cover_a_batch(under_test: LogUnderTest) -> None:
    with under_test.open() as log:
        records = link(START, drafts("a", 3), KEY, once=True)
        assert [bool(record.signature) for record in records] == [False, False, True]
        log.append(START, records)
        assert list(log.records()) == records


@rule
def parts_have_lawful_sizes_and_types(under_test: LogUnderTest) -> None:
    wrong: tuple[dict[str, Any], ...] = (
        {"stream": "x" * (NAME_SIZE + 1), "version": 1},
        {"stream": "", "version": 1},
        {"topic": ""},
        {"topic": "x" * (NAME_SIZE + 1)},
        {"state": b""},
        {"state": "{}"},
        {"signature": bytes(SIGNATURE_SIZE + 1)},
        {"version": 0, "stream": "new"},
    )
    for number, parts in enumerate(wrong):
        under_test.folder /= str(number)
        under_test.folder.mkdir()
        under_test.engine.create(under_test.folder)

        def change(records: list[Record], parts: dict[str, Any] = parts) -> list[Record]:
            return [records[0], rewritten(records[1], **parts)]

        _unfit(under_test, change)


@rule
def bodies_are_found_by_digest(under_test: LogUnderTest) -> None:
    bodies = [b"", b"a", b"same line\n" * 5000, os.urandom(10_000), "ü".encode(), bytes(3_000_000)]
    with under_test.open() as log:
        add(log, draft("a", 1), bodies=bodies)
        for body in bodies:
            assert log.body(digest_of(body)) == body
        assert log.body(bytes(32)) is None


@rule
def a_body_that_is_there_may_come_again(under_test: LogUnderTest) -> None:
    with under_test.open() as log:
        add(log, draft("a", 1), bodies=[b"same", b"same"])
        add(log, draft("a", 2), bodies=[b"same", b"other"])
        assert (log.body(digest_of(b"same")), log.body(digest_of(b"other"))) == (b"same", b"other")


@rule
def a_changed_body_is_noticed(under_test: LogUnderTest) -> None:
    with under_test.open() as log:
        add(log, draft("a", 1), bodies=[b"mine"])
    under_test.engine.change_body(under_test.folder, digest_of(b"mine"))
    with under_test.open() as log:
        refused(IntegrityFailure, lambda: log.body(digest_of(b"mine")))


@rule
def only_what_a_purge_event_names_is_purged(under_test: LogUnderTest) -> None:
    with under_test.open() as log:
        add(log, draft("a", 1), bodies=[b"keep", b"drop"])
        add(log, purge_of(digest_of(b"drop"), topic="no.purge", stream="b"))
        for both in ([digest_of(b"drop")], [digest_of(b"drop"), digest_of(b"keep")]):
            refused(Unfit, lambda both=both: log.purge(both))  # type: ignore[misc]  # mypy gives the default no type
        add(log, purge_of(digest_of(b"drop")))
        refused(Unfit, lambda: log.purge([digest_of(b"drop"), digest_of(b"keep")]))
        assert log.body(digest_of(b"drop")) == b"drop"
        log.purge([digest_of(b"drop")])
        assert log.body(digest_of(b"drop")) is None
        assert log.body(digest_of(b"keep")) == b"keep"


@rule
def purging_changes_no_event_and_may_be_done_again(under_test: LogUnderTest) -> None:
    with under_test.open() as log:
        records = add(log, draft("a", 1), bodies=[b"drop"])
        records += add(log, purge_of(digest_of(b"drop"), bytes(32)))
        for _ in range(2):
            assert log.purge([digest_of(b"drop"), bytes(32)])
            assert log.body(digest_of(b"drop")) is None
            assert list(log.records()) == records
            assert log.head() == records[-1].head
        assert add(log, draft("a", 2))[-1].position == 3


@rule
def what_was_purged_never_comes_back(under_test: LogUnderTest) -> None:
    with under_test.open() as log:
        add(log, draft("a", 1), bodies=[b"drop"])
        both = [digest_of(b"drop"), digest_of(b"not yet here")]
        add(log, purge_of(*both))
        log.purge(both)
        head = log.head()
        refused(Unfit, lambda: add(log, draft("a", 2), bodies=[b"other", b"drop"]))
        refused(Unfit, lambda: add(log, draft("a", 2), bodies=[b"not yet here"]))
        assert log.head() == head
        assert log.body(digest_of(b"drop")) is None
        assert log.body(digest_of(b"other")) is None


@rule
def nothing_of_what_was_purged_is_left_in_the_files(under_test: LogUnderTest) -> None:
    bodies = [os.urandom(size) for size in (60, 3000, 50_000)]
    marks = [body[start : start + 24] for body in bodies for start in (0, len(body) - 24)]
    with under_test.open() as log:
        add(log, draft("a", 1), bodies=bodies)
        assert all(_is_in_files(under_test.folder, mark) for mark in marks)
        add(log, purge_of(*map(digest_of, bodies)))
        assert log.purge([digest_of(body) for body in bodies])
        assert not any(_is_in_files(under_test.folder, mark) for mark in marks)
    assert not any(_is_in_files(under_test.folder, mark) for mark in marks)


def _is_in_files(folder: Path, mark: bytes) -> bool:
    return any(mark in file.read_bytes() for file in folder.rglob("*") if file.is_file())


@rule
def a_hash_is_held_at_its_position_alone(under_test: LogUnderTest) -> None:
    with under_test.open() as log:
        first, second = add(log, *drafts("a", 2))
        assert log.holds(first.head)
        assert log.holds(second.head)
        assert not log.holds(Head(1, second.hash))
        assert not log.holds(Head(2, first.hash))
        assert not log.holds(Head(3, second.hash))
        never = link(second.head, [draft("b", 1)], KEY)[0]
        assert not log.holds(never.head)


@rule
def waiting_ends_with_an_event_or_in_time(under_test: LogUnderTest) -> None:
    with under_test.open() as log:
        start = monotonic()
        assert not log.wait(0, 0.2)
        assert monotonic() - start >= 0.2
        waiting = threading.Event()

        def append_later() -> None:
            waiting.wait(HANG)
            with under_test.open() as other:
                add(other, draft("a", 1))

        thread = threading.Thread(target=append_later)
        thread.start()
        waiting.set()
        assert log.wait(0, HANG)
        thread.join()
        assert log.wait(0, 0)
        assert not log.wait(1, 0)


@rule
def eight_processes_append_at_once(under_test: LogUnderTest) -> None:
    """Each decides again until it is in; everything acknowledged is there, once."""
    processes = [under_test.process(f"by-{number}", EACH) for number in range(WRITERS)]
    acknowledged = []
    for process in processes:
        out, _ = process.communicate(timeout=HANG)
        assert process.returncode == 0, out
        acknowledged += LINES.findall(out)
    assert len(acknowledged) == WRITERS * EACH
    with under_test.open() as log:
        _check_chain(list(log.records()))
        stored = [f"{record.position}:{record.hash.hex()}" for record in log.records()]
    assert sorted(acknowledged, key=lambda line: int(line.split(":")[0])) == stored


@rule
def nothing_acknowledged_is_lost_to_kill_9(under_test: LogUnderTest) -> None:
    acknowledged: list[str] = []
    for number in range(KILLS):
        process = under_test.process(f"by-{number}", 10**6)
        assert process.stdout is not None
        # Once it has said so many lines, and while it goes on.
        lines = [process.stdout.readline() for _ in range(2 + 3 * number)]
        os.kill(process.pid, signal.SIGKILL)
        rest, _ = process.communicate(timeout=HANG)
        said = LINES.findall("".join(lines) + rest)
        assert len(said) >= len(lines)
        acknowledged += said
        with under_test.open() as log:
            records = list(log.records())
            _check_chain(records)
            stored = {f"{record.position}:{record.hash.hex()}" for record in records}
            assert set(acknowledged) <= stored
            for record in records:
                assert log.body(digest_of(record.state)) == record.state
            after = draft(f"after-{number}", 1)
            add(log, after, bodies=[after.state])
    assert len(acknowledged) == len(set(acknowledged))


def _check_chain(records: list[Record]) -> None:
    """Check that these are all events from the first on, linked, each stream in its order."""
    assert [record.position for record in records] == list(range(1, len(records) + 1))
    previous, versions = START.hash, dict[str, int]()
    for record in records:
        assert record.previous == previous
        assert record.version == versions.get(record.stream, 0) + 1
        previous, versions[record.stream] = record.hash, record.version

"""The swap on the head, and reading."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from time import monotonic

from tests.log.contract import LogUnderTest, add, digest_of, refused, rule
from tests.log.events import KEY, draft, drafts
from tests.machine import HANG
from tetra_es.log.chain import START, Head
from tetra_es.log.linking import link
from tetra_es.log.port import HeadMoved, Unfit


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

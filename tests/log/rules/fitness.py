"""What no log may take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.log.contract import LogUnderTest, add, refused, rule
from tests.log.events import KEY, draft, drafts, replaced, rewritten
from tetra_es.limits import NAME_SIZE, SIGNATURE_SIZE
from tetra_es.log.chain import START
from tetra_es.log.linking import link
from tetra_es.log.port import Unfit

if TYPE_CHECKING:
    from collections.abc import Callable

    from tetra_es.log.record import Record


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

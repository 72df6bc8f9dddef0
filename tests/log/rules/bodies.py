"""Bodies by digest, and their end."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.log.contract import LogUnderTest, add, digest_of, refused, rule
from tests.log.events import draft, purge_of
from tetra_es.errors import IntegrityFailure
from tetra_es.log.port import Unfit

if TYPE_CHECKING:
    from pathlib import Path


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

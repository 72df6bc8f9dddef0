"""Engines that are broken deliberately, one for each rule of the contract, to see it caught."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cached_property
from hashlib import sha256
from itertools import islice
from time import sleep
from typing import TYPE_CHECKING, Any, ClassVar

from eventsourcing.persistence import StoredEvent

from tests.log.engines import Sqlite
from tests.log.events import KEY
from tetra_es.log import bodies as packing
from tetra_es.log.chain import START, Head
from tetra_es.log.linking import Draft, link
from tetra_es.log.port import HeadMoved, Unfit
from tetra_es.log.sqlite.application import LogApplication
from tetra_es.log.sqlite.engine import AppendableSqliteLog
from tetra_es.log.sqlite.file import ReadOnlyFile
from tetra_es.log.sqlite.recorder import LogRecorder

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from tetra_es.log.record import Record

BROKEN: dict[str, type[Sqlite]] = {}
"""Rule to the engine that breaks it."""

_GROW = ("events_only_grow", "bodies_only_grow")


def breaks(
    *rules: str, without: Sequence[str] = ()
) -> Callable[[type[AppendableSqliteLog]], type[AppendableSqliteLog]]:
    """Have a class among the broken engines; its file is made `without` some triggers."""

    def register(cls: type[AppendableSqliteLog]) -> type[AppendableSqliteLog]:
        for rule in rules:
            parts = {"name": rule, "log": cls, "without": tuple(without)}
            BROKEN[rule] = type(cls.__name__, (Lax,), parts)
        return cls

    return register


class Lax(Sqlite):
    """An engine whose file may lack triggers."""

    without: ClassVar[tuple[str, ...]] = ()

    def create(self, folder: Path) -> None:
        super().create(folder)
        with closing(sqlite3.connect(folder / "events.db", isolation_level=None)) as connection:
            for trigger in self.without:
                connection.execute(f"DROP TRIGGER {trigger}")


class Unchecking(AppendableSqliteLog):
    """Opens any file, and inserts what it is given."""

    recorder: ClassVar[type[LogRecorder]] = LogRecorder

    def __init__(self, path: Path) -> None:
        ReadOnlyFile.__init__(self, path, lambda *_: None)

    def append(
        self, after: Head, records: Sequence[Record], *, bodies: Iterable[bytes] = ()
    ) -> None:
        rows = [StoredEvent(each.stream, each.version, each.topic, each.state) for each in records]
        kept = [(sha256(body).digest(), packing.pack(body)) for body in bodies]
        recorder = self.application.log_recorder
        recorder.__class__ = self.recorder
        try:
            recorder.insert_events(rows, records=records, bodies=kept)
        except Exception as error:
            raise self._conflict(after) from error


breaks(
    "each_record_names_the_one_before",
    "the_hash_is_that_of_the_parts",
    "the_last_of_a_batch_is_signed",
    "parts_have_lawful_sizes_and_types",
)(Unchecking)


class Trusting(LogRecorder):
    """Does not look at the event before."""

    @staticmethod
    def _check_before(c: Any, after: Head) -> None:
        pass


@breaks("a_head_of_another_history_is_not_the_head")
@breaks("a_head_that_is_ahead_is_not_the_head", without=_GROW)
@breaks("positions_follow_each_other", without=_GROW)
class Misplacing(Unchecking):
    recorder = Trusting


@breaks("streams_are_numbered_without_gaps", without=_GROW)
class SkippingVersions(Unchecking):
    pass


@breaks("a_new_log_ends_at_the_start")
class HoldingNoStart(AppendableSqliteLog):
    def holds(self, at: Head) -> bool:
        return at.position > 0 and super().holds(at)


@breaks("what_was_appended_is_read_back")
class Reversing(AppendableSqliteLog):
    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        return reversed(list(super().records(after, upto)))


@breaks("another_reader_sees_it_at_once")
class Caching(AppendableSqliteLog):
    _seen: Head | None = None

    def head(self) -> Head:
        self._seen = self._seen or super().head()
        return self._seen

    def append(
        self, after: Head, records: Sequence[Record], *, bodies: Iterable[bytes] = ()
    ) -> None:
        super().append(after, records, bodies=bodies)
        self._seen = None


@breaks("it_is_there_after_closing")
class Forgetting(AppendableSqliteLog):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._bodies: dict[bytes, bytes] = {}

    def append(
        self, after: Head, records: Sequence[Record], *, bodies: Iterable[bytes] = ()
    ) -> None:
        super().append(after, records)
        self._bodies |= {sha256(body).digest(): body for body in bodies}

    def body(self, digest: bytes) -> bytes | None:
        return self._bodies.get(digest)


@breaks("a_range_of_records")
class OffByOne(AppendableSqliteLog):
    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        return super().records(after, None if upto is None else upto + 1)


@breaks("records_are_one_snapshot")
class Following(AppendableSqliteLog):
    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        return super().records(after, 2**62 if upto is None else upto)


@breaks("reading_keeps_nobody_from_appending")
class LockingReaders(AppendableSqliteLog):
    @cached_property
    def application(self) -> LogApplication:
        application = LogApplication(self.path)
        application.log_recorder.datastore.pool.lock_timeout = 1
        return application

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as lock:
            lock.execute("BEGIN IMMEDIATE")
            yield from super().records(after, upto)


@breaks("the_head_must_be_the_one_that_was_decided_on")
class Rebasing(AppendableSqliteLog):
    """What the store of the first edition did: it asks for the versions of streams alone."""

    def append(
        self, after: Head, records: Sequence[Record], *, bodies: Iterable[bytes] = ()
    ) -> None:
        drafts = [Draft(each.stream, each.version, each.topic, each.state) for each in records]
        head = self.head()
        super().append(head, link(head, drafts, KEY), bodies=bodies)


@breaks("a_batch_is_all_or_nothing")
class OneByOne(AppendableSqliteLog):
    def append(
        self, after: Head, records: Sequence[Record], *, bodies: Iterable[bytes] = ()
    ) -> None:
        for record in records:
            super().append(after, [record], bodies=bodies)
            after, bodies = record.head, ()


@breaks("an_empty_batch_is_refused")
class Easygoing(AppendableSqliteLog):
    def append(
        self, after: Head, records: Sequence[Record], *, bodies: Iterable[bytes] = ()
    ) -> None:
        if records:
            super().append(after, records, bodies=bodies)


@breaks("one_signature_may_cover_a_batch")
class Pedantic(AppendableSqliteLog):
    def append(
        self, after: Head, records: Sequence[Record], *, bodies: Iterable[bytes] = ()
    ) -> None:
        if not all(record.signature for record in records):
            raise Unfit("not signed")
        super().append(after, records, bodies=bodies)


@breaks("bodies_are_found_by_digest")
class Trimming(AppendableSqliteLog):
    def body(self, digest: bytes) -> bytes | None:
        body = super().body(digest)
        return body and body.strip()


class InsertingAlways(LogRecorder):
    @staticmethod
    def _insert_body(c: Any, digest: bytes, content: bytes) -> None:
        c.execute("INSERT INTO bodies SELECT count(*) + 1, ?, ? FROM bodies", (digest, content))


@breaks("a_body_that_is_there_may_come_again")
class RefusingRepetitions(Unchecking):
    recorder = InsertingAlways


@breaks("a_changed_body_is_noticed")
class Credulous(AppendableSqliteLog):
    def body(self, digest: bytes) -> bytes | None:
        row = self._row("SELECT content FROM bodies WHERE digest = ?", (digest,))
        return bytes(row[0][1:]) if row and row[0] else None


class Purging(AppendableSqliteLog):
    """Destroys by a statement."""

    sql: ClassVar[str] = "UPDATE bodies SET content = NULL WHERE digest = ?"

    def purge(self, digests: Collection[bytes]) -> bool:
        with closing(self._writing()) as connection:
            connection.executemany(self.sql, [(digest,) for digest in digests])
        return True


breaks("only_what_a_purge_event_names_is_purged")(Purging)


@breaks("purging_changes_no_event_and_may_be_done_again")
class PurgingOnce(AppendableSqliteLog):
    def purge(self, digests: Collection[bytes]) -> bool:
        if any(self.body(digest) is None for digest in digests):
            raise Unfit("there is no such body")
        return super().purge(digests)


@breaks("what_was_purged_never_comes_back", without=("bodies_refuse_delete",))
class Deleting(Purging):
    sql = "DELETE FROM bodies WHERE digest = ?"

    def __init__(self, path: Path) -> None:
        ReadOnlyFile.__init__(self, path, lambda *_: None)


@breaks("nothing_of_what_was_purged_is_left_in_the_files")
class LeavingTraces(AppendableSqliteLog):
    def _writing(self) -> sqlite3.Connection:
        connection = super()._writing()
        connection.execute("PRAGMA secure_delete = OFF")
        return connection


@breaks("a_hash_is_held_at_its_position_alone")
class LooseHolding(AppendableSqliteLog):
    def holds(self, at: Head) -> bool:
        return at == START or any(record.hash == at.hash for record in self.records())


@breaks("waiting_ends_with_an_event_or_in_time")
class Impatient(AppendableSqliteLog):
    def wait(self, after: int, timeout: float) -> bool:
        sleep(min(timeout, 0.01))
        return self.head().position > after


@breaks("eight_processes_append_at_once")
class Acknowledging(AppendableSqliteLog):
    """Says that it is done where somebody else was faster."""

    def append(
        self, after: Head, records: Sequence[Record], *, bodies: Iterable[bytes] = ()
    ) -> None:
        try:
            super().append(after, records, bodies=bodies)
        except HeadMoved:
            return


@breaks("nothing_acknowledged_is_lost_to_kill_9")
class Buffering(AppendableSqliteLog):
    """Writes what it acknowledged some events later."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._waiting: list[tuple[list[Record], list[bytes]]] = []

    def _records(self) -> list[Record]:
        return [record for records, _ in self._waiting for record in records]

    def head(self) -> Head:
        return self._records()[-1].head if self._waiting else super().head()

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        stored = super().head().position
        yield from islice(super().records(after, stored), upto)
        yield from self._records()

    def append(
        self, after: Head, records: Sequence[Record], *, bodies: Iterable[bytes] = ()
    ) -> None:
        self._waiting.append((list(records), list(bodies)))
        if len(self._waiting) > 10_000:  # no kill finds it just after it wrote
            self._write()

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        for records, bodies in waiting:
            super().append(super().head(), records, bodies=bodies)

    def close(self) -> None:
        self._write()
        super().close()

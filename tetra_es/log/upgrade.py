"""From the first edition's store to a file of version 2: the same events, in a new place.

Positions, hashes and signatures stay as they are. The old file is only read; the caller gives the
new one its name when it is whole.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final, Protocol

from tetra_es.errors import IntegrityFailure
from tetra_es.log import chain
from tetra_es.log.chain import START
from tetra_es.log.sqlite.engine import AppendableSqliteLog, create
from tetra_es.log.sqlite.reader import SqliteLog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tetra_es.log.chain import Head
    from tetra_es.log.record import Record

_AT_ONCE: Final = 200
"""Events in a transaction."""

_DIGEST: Final = re.compile(rb'"([0-9a-f]{64})"')

_HINT: Final = "the old file is unchanged; `tetra-es verify` looks at all of it"


class OldStore(Protocol):
    """What is needed of the first edition's store."""

    def records(self) -> Iterator[Record]:
        """Yield all events in order."""

    def body(self, digest: bytes) -> bytes | None:
        """Return a ciphertext, None where there is none or it was purged."""

    def bodies(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield digest and ciphertext of all that it has; None where one was purged."""


def copy_store(old: OldStore, path: Path) -> Head:
    """Make a file at `path` that has the events and ciphertexts of `old`; return its head.

    A ciphertext that no event names stays behind. The copy is compared with the old store
    record by record. Raises `TetraEsError`, and leaves no file, where something is not lawful.
    """
    create(path)
    try:
        with AppendableSqliteLog(path) as log:
            _copy_events(old, log)
            purged = [digest for digest, ciphertext in old.bodies() if ciphertext is None]
            if purged:
                log.purge(purged)
        with SqliteLog(path) as new:
            _compare(old, new)
            return new.head()
    except BaseException:
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
        raise


def _copy_events(old: OldStore, log: AppendableSqliteLog) -> None:
    records = _chained(old.records())
    while batch := list(islice(records, _AT_ONCE)):
        named = {
            bytes.fromhex(digest.decode())
            for record in batch
            for digest in _DIGEST.findall(record.state)
        }
        bodies = [body for digest in sorted(named) if (body := old.body(digest)) is not None]
        log.append(log.head(), batch, bodies=bodies)


def _chained(records: Iterator[Record]) -> Iterator[Record]:
    """Yield records, each of which follows the one before.

    Raises `IntegrityFailure` where one does not.
    """
    head = START
    for record in records:
        if record.position != head.position + 1:
            raise IntegrityFailure(f"event #{head.position + 1}: is missing", hint=_HINT)
        if not _follows(record, head):
            raise IntegrityFailure(
                f"event #{record.position}: was changed, or #{head.position} before it: its hash "
                "does not match",
                hint=_HINT,
            )
        head = record.head
        yield record


def _follows(record: Record, head: Head) -> bool:
    parts = (record.stream, record.version, record.topic, record.state)
    try:
        return chain.link(head.hash, record.position, *parts) == record.hash
    except (TypeError, AttributeError):  # SQLite keeps any type in any column
        return False


def _compare(old: OldStore, new: SqliteLog) -> None:
    """Raise `IntegrityFailure` where the new file differs from the old store."""
    copied = new.records()
    for record in old.records():
        if next(copied, None) != record:
            raise IntegrityFailure(f"event #{record.position}: was not copied", hint=_HINT)
    if next(copied, None) is not None or new.damage():
        raise IntegrityFailure(f"{new.path} is not what was written to it", hint=_HINT)
    for digest, body in new.bodies():
        if old.body(digest) != body:
            raise IntegrityFailure(f"ciphertext {digest.hex()}: was not copied", hint=_HINT)

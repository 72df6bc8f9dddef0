"""The checks of every engine before it takes a lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tetra_es.limits import BODY_SIZE, NAME_SIZE, SIGNATURE_SIZE, STATE_SIZE
from tetra_es.log import chain
from tetra_es.log.port import Unfit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es.log.chain import Head
    from tetra_es.log.record import Record

_TYPES: Final = (
    ("position", int),
    ("stream", str),
    ("version", int),
    ("topic", str),
    ("state", bytes),
    ("previous", bytes),
    ("hash", bytes),
    ("signature", bytes),
)


def check_records(after: Head, records: Sequence[Record]) -> None:
    """Raise `Unfit` unless the records are a chain that follows `after`, of lawful sizes.

    Whether they follow the log's head, and each its stream, the engine finds out under its lock.
    """
    if not records:
        raise Unfit("there is nothing to append")
    position, previous = after
    for record in records:
        position += 1
        if problem := next(_problems(record, position, previous), None):
            raise Unfit(f"event #{position}: {problem}")
        previous = record.hash
    if not records[-1].signature:
        raise Unfit(f"event #{position}: the last of a batch is not signed")


def check_body(body: bytes) -> None:
    """Raise `Unfit` for a body that is too large."""
    if len(body) > BODY_SIZE:
        raise Unfit(f"a body of {len(body)} bytes is larger than {BODY_SIZE}")


def _problems(record: Record, position: int, previous: bytes) -> Iterator[str]:
    for name, type_ in _TYPES:
        if type(getattr(record, name)) is not type_:
            yield f"its {name} is not of the type {type_.__name__}"
    if record.position != position:
        yield f"its position is {record.position}"
    if record.previous != previous:
        yield "it does not follow from the event before: the previous hash is another one"
    for name, limit in (("stream", NAME_SIZE), ("topic", NAME_SIZE), ("state", STATE_SIZE)):
        size = len(getattr(record, name))
        if not 0 < size <= limit:
            yield f"its {name} has {size} bytes: 1 to {limit} are lawful"
    if len(record.signature) > SIGNATURE_SIZE:
        yield f"its signature is larger than {SIGNATURE_SIZE} bytes"
    if record.version < 1:
        yield f"its version is {record.version}"
    parts = (record.stream, record.version, record.topic, record.state)
    if chain.link(previous, position, *parts) != record.hash:
        yield "its hash is not that of its parts"

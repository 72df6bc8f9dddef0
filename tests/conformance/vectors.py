"""Reading the vectors: files that a program in any language can read.

`ALL` has them by name. What they say is in docs/reference/conformance.md.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tetra_es.log.chain import START, Head
from tetra_es.log.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FOLDER: Final = Path(__file__).parent / "vectors"
SUPERSEDED: Final = {
    "unknown-rules": "77f2469d5f1aa8ea80ef784b5375661cad302b01393c905e55cb11dfa0db0d6a"
}
"""Vectors of which a program that knows newer rules says something else, and their digests."""
NAMES: Final = sorted(path.stem for path in FOLDER.glob("*.jsonl") if path.stem not in SUPERSEDED)


class Expected(NamedTuple):
    """What is said of an event."""

    verdict: str | None
    """`valid`, `void`, `refused` or `unknown`; None for what comes after one of the last two."""
    reason: str | None
    """None for `valid`."""


@dataclass
class Vector:
    """A history, and what every program has to say of each of its events."""

    name: str
    about: str
    records: list[Record] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)
    bodies: dict[bytes, bytes] = field(default_factory=dict)
    """By the digest that they are found under, which one may not have."""
    result: dict[str, Any] = field(default_factory=dict)
    """The state after the last event that is valid or void."""

    @property
    def admitted(self) -> int:
        """How many events are valid or void."""
        return sum(each.verdict in ("valid", "void") for each in self.expected)

    def log(self) -> VectorLog:
        """Return the history as a log that can be read."""
        return VectorLog(self.records, self.bodies)

    @classmethod
    def read(cls, path: Path) -> Vector:
        """Return the vector in a file."""
        lines = [json.loads(line) for line in path.read_text("ascii").splitlines()]
        vector = cls(lines[0]["vector"], lines[0]["about"])
        for line in lines[1:]:
            if "body" in line:
                vector.bodies[bytes.fromhex(line["body"])] = base64.b64decode(line["base64"])
            elif "position" in line:
                vector.records.append(_record(line))
                vector.expected.append(Expected(line["verdict"], line["reason"]))
            else:
                vector.result = line["result"]
        return vector

    def lines(self) -> Iterator[str]:
        """Yield the lines of its file."""
        yield json.dumps({"vector": self.name, "about": self.about})
        for digest in sorted(self.bodies):
            body = base64.b64encode(self.bodies[digest]).decode()
            yield json.dumps({"body": digest.hex(), "base64": body})
        for record, (verdict, reason) in zip(self.records, self.expected, strict=True):
            line = {
                "position": record.position,
                "stream": record.stream,
                "version": record.version,
                "topic": record.topic,
                "state": base64.b64encode(record.state).decode(),
                "previous": record.previous.hex(),
                "hash": record.hash.hex(),
                "signature": base64.b64encode(record.signature).decode(),
            }
            yield json.dumps({**line, "verdict": verdict, "reason": reason})
        yield json.dumps({"result": self.result})


class VectorLog:
    """A log in memory that can be read, as `log.port.Log` says."""

    def __init__(self, records: Iterable[Record], bodies: Mapping[bytes, bytes]) -> None:
        self._records = list(records)
        self._bodies = bodies

    def head(self) -> Head:
        return self._records[-1].head if self._records else START

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        yield from self._records[after:upto]

    def body(self, digest: bytes) -> bytes | None:
        return self._bodies.get(digest)

    def holds(self, at: Head) -> bool:
        return at == START or any(record.head == at for record in self._records)


@cache
def load(name: str) -> Vector:
    """Return a vector. It is shared: nobody may change it."""
    return Vector.read(FOLDER / f"{name}.jsonl")


def _record(line: dict[str, Any]) -> Record:
    return Record(
        line["position"],
        line["stream"],
        line["version"],
        line["topic"],
        base64.b64decode(line["state"]),
        bytes.fromhex(line["previous"]),
        bytes.fromhex(line["hash"]),
        base64.b64decode(line["signature"]),
    )

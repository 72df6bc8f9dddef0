"""An event on its way through the gate: its state as JSON, before anyone interprets it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NoReturn

from tetra_es.events.form.check import FIRST_EDITION, HIGHEST_RULES, metadata_problem, rules_of
from tetra_es.gate.verdicts import Reason, Rejected
from tetra_es.limits import NAME_SIZE, SIGNATURE_SIZE, STATE_SIZE
from tetra_es.log import canonical, chain

if TYPE_CHECKING:
    from tetra_es.log.chain import Head
    from tetra_es.log.record import Record

HIGHEST_FORMAT: Final = 2
"""The newest format of commits in the mirror that this version knows."""

_OLD_METADATA: Final = ("actor", "reason", "correlation", "tool", "format")


def _small(number: str) -> int:
    if len(number) > _DIGITS:
        raise ValueError(number)
    return int(number)


def _not_plain(number: str) -> NoReturn:
    raise ValueError(number)


_DIGITS: Final = 15
_DECODER: Final = json.JSONDecoder(
    parse_int=_small, parse_float=_not_plain, parse_constant=_not_plain
)
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Entry:
    """A record that follows the one before, with a state that is canonical JSON."""

    __slots__ = ("batch", "record", "rules", "state")

    def __init__(self, record: Record, after: Head) -> None:
        """Read a record. Raises `Rejected` where it was never an event, or is unknown."""
        _check_place(record, after)
        self.record = record
        self.state = _state_of(record)
        try:
            self.rules = rules_of(self.state)
        except ValueError as error:
            raise Rejected(Reason.METADATA, str(error)) from None
        if self.rules > HIGHEST_RULES:
            raise Rejected(Reason.UNKNOWN_RULES, f"it follows rules {self.rules}")
        if problem := _old_problem(self.state) if self.is_old else metadata_problem(self.state):
            raise Rejected(Reason.METADATA, problem)
        self.batch: tuple[int, int] = (1, 1)
        if not self.is_old:
            index, count = self.metadata["batch"]
            self.batch = (index, count)
            _check_format(self.metadata["format"])

    @property
    def is_old(self) -> bool:
        """Whether it is an event of the first edition."""
        return self.rules == FIRST_EDITION

    @property
    def position(self) -> int:
        """Its number in the log."""
        return self.record.position

    @property
    def topic(self) -> str:
        """What kind of event it says it is."""
        return self.record.topic

    @property
    def metadata(self) -> dict[str, Any]:
        """Who, why, under which rules."""
        found: dict[str, Any] = self.state["metadata"]
        return found

    @property
    def actor(self) -> str:
        """Who says to have recorded it."""
        found: str = self.metadata["actor"]
        return found

    @property
    def is_last(self) -> bool:
        """Whether its batch ends with it."""
        return self.batch[0] == self.batch[1]

    def goes_on(self, before: Entry) -> bool:
        """Return whether it is the next event of the batch of `before`."""
        index, count = before.batch
        return (
            not before.is_last
            and self.batch == (index + 1, count)
            and (self.rules, self.actor) == (before.rules, before.actor)
        )


def _check_place(record: Record, after: Head) -> None:
    sizes = (len(record.stream), len(record.topic), len(record.state))
    for size, limit in zip(sizes, (NAME_SIZE, NAME_SIZE, STATE_SIZE), strict=True):
        if not 0 < size <= limit:
            raise Rejected(Reason.SIZE, f"a part of it has the size {size}")
    if len(record.signature) > SIGNATURE_SIZE:
        raise Rejected(Reason.SIZE, "its signature is too large")
    if record.position != after.position + 1:
        raise Rejected(Reason.POSITION, f"it does not follow #{after.position}")
    if record.previous != after.hash:
        raise Rejected(
            Reason.PREVIOUS, f"it follows another event than #{after.position} of this history"
        )
    parts = (record.stream, record.version, record.topic, record.state)
    if chain.link(after.hash, record.position, *parts) != record.hash:
        raise Rejected(Reason.HASH, "its hash does not match: it was changed")


def _state_of(record: Record) -> dict[str, Any]:
    try:
        state = _plain_state(record.state)
        if state is None:
            state = canonical.decode(record.state)
            if canonical.encode(state) != record.state:
                raise ValueError
        if not canonical.is_too_deep(record.state, state):
            return state
    except (ValueError, RecursionError):
        pass
    raise Rejected(Reason.CANONICAL, "its state is not canonical JSON")


def _plain_state(data: bytes) -> dict[str, Any] | None:
    """Return a state of ASCII and small integers in its canonical form; None for any other.

    Most are such, and this takes a third of the time.
    """
    if not data.isascii():
        return None
    try:
        state = _DECODER.decode(data.decode())
    except (ValueError, RecursionError):
        return None
    same = isinstance(state, dict) and _ENCODER.encode(state).encode() == data
    return state if same else None


def _old_problem(state: dict[str, Any]) -> str | None:
    metadata = state.get("metadata")
    if not isinstance(metadata, dict):
        return "it has no metadata"
    if not all(isinstance(value, str) for value in metadata.values()):
        return "its metadata is not text"
    missing = [name for name in _OLD_METADATA if name not in metadata]
    return f"its metadata has no {missing[0]}" if missing else None


def _check_format(name: str) -> None:
    if not (name.isascii() and name.isdigit() and name[0] != "0"):
        raise Rejected(Reason.METADATA, "its format is not a number")
    if len(name) > 9 or int(name) > HIGHEST_FORMAT:
        raise Rejected(Reason.UNKNOWN_FORMAT, f"its format is {name:.20}")

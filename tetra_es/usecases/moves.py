"""Where the log goes on, as events say; and whether that was accepted here."""

from __future__ import annotations

import json
import shlex
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from tetra_es.errors import Refused
from tetra_es.gate.pins import sharing
from tetra_es.log.chain import START

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tetra_es.gate.pins.sharing import Sharing
    from tetra_es.log.chain import Head
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica
    from tetra_es.log.shared import SharedLog

TOPIC: Final = "log.moved"

_SCHEMES: Final = {
    **{name: name for name in ("http", "https", "ssh", "postgresql")},
    "git+ssh": "ssh",
    "ssh+git": "ssh",
    "postgres": "postgresql",
}
"""Schemes that name a host, and what they are called here."""

_PORTS: Final = {"http": 80, "https": 443, "ssh": 22, "postgresql": 5432}


class Move(NamedTuple):
    """Where the log goes on."""

    position: int
    """Of the event that says so."""
    address: str
    actor: str


def newest_move(log: Replica) -> Move | None:
    """Return where the log went last, None where it stayed."""
    for record in reversed(log.of_topics((TOPIC,), log.last_position())):
        if log.void(record.position) is None:
            return _move(record)
    return None


def leads_away(found: Sharing) -> Callable[[Record], bool]:
    """Return whether a record says that the log goes on elsewhere, and nobody accepted that yet."""

    def leads(record: Record) -> bool:
        return record.topic == TOPIC and _is_open(_move(record), found)

    return leads


def open_move(log: Replica, found: Sharing | None) -> Move | None:
    """Return where the log went, where this account has not accepted that; else None."""
    move = None if found is None else newest_move(log)
    return move if move and found and _is_open(move, found) else None


def check_not_moved(log: Replica, pins: Path) -> None:
    """Raise `Refused` where the log goes on elsewhere: nothing more is recorded here."""
    move = open_move(log, sharing.sharing_of(pins))
    if move is not None:
        raise Refused(
            f"the log goes on at {move.address}: {move.actor} moved it with #{move.position}",
            hint=f"`tetra-es share {shlex.quote(move.address)}` goes there with it, if you know "
            "that address",
        )


def passed(log: SharedLog, here: Replica, there: Head) -> int:
    """Return the newest move after which a log goes on that has events up to `there`; else 0.

    A log that has none yet goes on after all of them.
    """
    last = here.last_position()
    found: Iterator[Record] = chain(here.of_topics((TOPIC,), last), log.records(last))
    moves = [record.position for record in found if record.topic == TOPIC]
    return max((each for each in moves if there == START or each < there.position), default=0)


def is_same_place(one: str, other: str) -> bool:
    """Return whether two addresses are written for the same log, by whichever account.

    A host has a repository below one path for all schemes, on other ports.
    """
    if one == other:
        return True
    mine, theirs = _parts(one), _parts(other)
    if mine is None or theirs is None:
        return False
    if mine.scheme != theirs.scheme:
        mine, theirs = (each._replace(scheme="", port=None) for each in (mine, theirs))
    return mine == theirs


class _Parts(NamedTuple):
    is_database: bool
    scheme: str
    port: int | None
    host: str
    rest: str


def _parts(address: str) -> _Parts | None:
    """Take apart what somebody wrote; None for a path, and for what is not an address."""
    first, colon, path = address.partition(":")
    if colon and "/" not in first and not path.startswith("//"):  # as scp has it
        address = f"ssh://{first}/{path.lstrip('/')}"
    try:
        found = urlsplit(address)
        port = found.port
    except ValueError:
        return None
    scheme = _SCHEMES.get(found.scheme, "")
    if not scheme or not found.hostname:
        return None
    rest = found.path.rstrip("/").removesuffix(".git") + found.query
    port = port or _PORTS[scheme]
    return _Parts(scheme == "postgresql", scheme, port, found.hostname, rest)


def _is_open(move: Move, found: Sharing) -> bool:
    return move.position > found.moved and not is_same_place(move.address, found.address)


def _move(record: Record) -> Move:
    state = json.loads(record.state)
    return Move(record.position, str(state.get("address", "")), str(state["metadata"]["actor"]))

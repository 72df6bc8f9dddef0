"""What the rules said of pinned events: then opening need not judge them again.

`void` has a line for each run of events that were judged together: where it begins and ends, the
hash of its last event, and which are void, with the reasons. Each line has a checksum over itself,
the organization and the version that judged, and counts where its last event is pinned: so it does
not matter which of two commands writes when, and nothing waits for the disk. It is a cache: in
doubt it is deleted, and the events are judged again.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es import __version__
from tetra_es.errors import TetraEsError
from tetra_es.gate.pins import private
from tetra_es.gate.pins.pins import Window

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tetra_es.gate.pins.pins import Pins
    from tetra_es.log.chain import Head

_CHECKSUM: Final = 64
"""Digits."""


class PinnedVerdicts(NamedTuple):
    """What is known of the events up to a position."""

    upto: int
    void: Mapping[int, str]
    """Position to reason; the others are valid."""


class _Run(NamedTuple):
    """Events that were judged together."""

    after: int
    upto: int
    hash: str
    """Of the last of them, hexadecimal."""
    void: dict[int, str]


def load(pins: Pins, *, tidy: bool = True) -> PinnedVerdicts | None:
    """Return what is known, None where nothing is.

    Then there is no file any more either, unless nothing is to be written.
    """
    data = private.read(_path(pins))
    if data is None:
        return None
    header = _header(pins)
    lines = data[len(header) :].splitlines() if data.startswith(header) else [b""]
    window, upto, void = Window(pins), 0, dict[int, str]()
    for line in lines:
        run = _parsed(header, line)
        pinned = window.at(run.upto) if run else None
        if run is None or (pinned is not None and pinned.hex() != run.hash):
            if tidy:
                drop(pins)
            return None
        if pinned is not None and run.after <= upto:
            upto = max(upto, run.upto)
            void |= run.void
    return PinnedVerdicts(upto, void)


def add(pins: Pins, after: int, head: Head, void: Mapping[int, str]) -> None:
    """List what is said of the events with `after` < position, which end with `head`.

    `void` may say more. Where that cannot be written, they are judged again.
    """
    if not _path(pins).exists():
        if not after:
            write(pins, head, void)
        return
    flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    with suppress(OSError):
        descriptor = os.open(_path(pins), flags)
        try:
            os.write(descriptor, _line(_header(pins), after, head, void))
        finally:
            os.close(descriptor)


def write(pins: Pins, head: Head, void: Mapping[int, str]) -> None:
    """List what is said of all events up to `head`, in the place of what was listed."""
    header = _header(pins)
    with suppress(TetraEsError):
        private.replace(_path(pins), header + _line(header, 0, head, void))


def drop(pins: Pins) -> None:
    """Forget what is listed: all events are judged again."""
    with suppress(OSError):
        _path(pins).unlink(missing_ok=True)


def _line(header: bytes, after: int, head: Head, void: Mapping[int, str]) -> bytes:
    said = {at: reason for at, reason in sorted(void.items()) if after < at <= head.position}
    run = json.dumps([after, head.position, head.hash.hex(), said], separators=(",", ":")).encode()
    return sha256(header + run).hexdigest().encode() + run + b"\n"


def _parsed(header: bytes, line: bytes) -> _Run | None:
    checksum, run = line[:_CHECKSUM], line[_CHECKSUM:]
    if sha256(header + run).hexdigest().encode() != checksum:
        return None
    after, upto, hash_, void = json.loads(run)
    return _Run(after, upto, hash_, {int(at): reason for at, reason in void.items()})


def _header(pins: Pins) -> bytes:
    return f"tetra-es judged 2 {__version__} {pins.folder.name}\n".encode()


def _path(pins: Pins) -> Path:
    return pins.folder / "void"

"""What the rules said of pinned events: then opening need not judge them again.

`void` lists the few that are void, by position and reason, below a line that says which version
judged. It is written before the pins of these events are. Another version may judge by other code:
it begins again.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es import __version__
from tetra_es.gate.pins import private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tetra_es.gate.pins.pins import Pins

_HEADER: Final = f"tetra-es judged 1 {__version__}\n".encode()


class PinnedVerdicts(NamedTuple):
    """What is known of the events up to a position."""

    upto: int
    void: Mapping[int, str]
    """Position to reason; the others are valid."""


def load(pins: Pins) -> PinnedVerdicts | None:
    """Return what is known, None where nothing is."""
    # First the pins: a command that pins more events has listed before that which are void.
    upto = pins.head.position
    data = private.read(_path(pins))
    if data is None or not data.startswith(_HEADER):
        return None
    void: dict[int, str] = {}
    for line in data[len(_HEADER) :].decode("ascii", "replace").splitlines():
        position, _, reason = line.partition(" ")
        if not position.isdecimal() or not reason:
            return None
        void[int(position)] = reason
    return PinnedVerdicts(upto, void)


def add(pins: Pins, void: Mapping[int, str]) -> None:
    """List void events that are going to be pinned; durable on return. Raises `TetraEsError`."""
    if not void:
        return
    path = _path(pins)
    try:
        flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(path, flags)
        try:
            os.write(descriptor, _lines(void))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise private.unwritable(path, error) from error


def write(pins: Pins, void: Mapping[int, str]) -> None:
    """List all void events, in the place of what was listed. Raises `TetraEsError`."""
    private.replace(_path(pins), _HEADER + _lines(void))


def drop(pins: Pins) -> None:
    """Forget what is listed: all events are judged again."""
    _path(pins).unlink(missing_ok=True)


def is_known(pins: Pins) -> bool:
    """Return whether there is a list."""
    return load(pins) is not None


def _lines(void: Mapping[int, str]) -> bytes:
    return "".join(f"{position} {reason}\n" for position, reason in void.items()).encode()


def _path(pins: Pins) -> Path:
    return pins.folder / "void"

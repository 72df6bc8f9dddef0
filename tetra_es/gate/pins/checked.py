"""What the gate knew at an event, in one file beside the pins, so that opening is quick.

It is a cache of the user's own: whatever is wrong with it, it is deleted and made again from the
events.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tetra_es import __version__
from tetra_es.errors import TetraEsError
from tetra_es.gate.packing import pack, unpack
from tetra_es.gate.pins import private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tetra_es.gate.pins.pins import Pins
    from tetra_es.gate.state import State

_MAGIC: Final = f"tetra-es checked 4 {sys.byteorder} {__version__}\n".encode()
"""Another version may judge by other code: it begins again."""

WRONG: Final = (ValueError, LookupError, TypeError, AttributeError, TetraEsError)
"""What reading a file of another shape raises."""

EVERY: Final = 32
"""Events after which it is written again: fewer are admitted again quicker than it is written."""


class Checked(NamedTuple):
    """What was read."""

    state: State
    aggregates: dict[str, Any]
    """What else was kept, by stream."""


def load(pins: Pins, *, tidy: bool = True) -> Checked | None:
    """Return what was kept, if its last event is pinned; None where it was not.

    Then there is no file any more either, unless nothing is to be written.
    """
    # With a long history it is large, and so is each form of it: one goes before the next is made.
    found = _parsed(_sound(private.read(_path(pins))))
    head = found.state.head if found else None
    if (
        found is None
        or head is None
        or found.state.organization != pins.folder.name
        or pins.hash_at(head.position) != head.hash
    ):
        if tidy:
            drop(pins)
        return None
    return found


def save(pins: Pins, state: State, aggregates: Mapping[str, Any] | None = None) -> None:
    """Keep a state whose last event is pinned. Raises `TetraEsError`.

    Nobody waits for the disk: what a power cut tears is seen by its digest.
    """
    payload = json.dumps(
        {"state": pack(state), "aggregates": dict(aggregates or {})}, separators=(",", ":")
    ).encode()
    private.replace(_path(pins), _MAGIC + sha256(payload).digest() + payload, durable=False)


def drop(pins: Pins) -> None:
    """Delete what was kept."""
    with suppress(OSError):
        _path(pins).unlink(missing_ok=True)


def _path(pins: Pins) -> Path:
    return pins.folder / "checked"


def _sound(data: bytes | None) -> str | None:
    """Return what a file has, None where it is not whole or of another version."""
    if data is None:
        return None
    start = len(_MAGIC)
    payload = memoryview(data)[start + 32 :]
    if not data.startswith(_MAGIC) or sha256(payload).digest() != data[start : start + 32]:
        return None
    try:
        return str(payload, "utf-8")
    except ValueError:
        return None


def _parsed(text: str | None) -> Checked | None:
    if text is None:
        return None
    try:
        found = json.loads(text)
        del text
        return Checked(unpack(found.pop("state")), found["aggregates"])
    except WRONG:
        return None

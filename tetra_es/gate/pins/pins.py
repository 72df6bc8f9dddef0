"""The pins of one organization: the hash of every event that this account admitted, in order.

`hashes` has 32 bytes for each event, appended and synced; what a crash left of an unfinished
append, part of a hash or zeros, is ignored and then overwritten. `pin.json` has the founder's key
and every time that the pin was moved by hand.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es.gate.pins import private
from tetra_es.log.chain import START, Head

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SIZE: Final = 32
_ZERO: Final = bytes(SIZE)

_AT_ONCE: Final = 1000
"""Hashes that are read together."""


class Unexpected(IntegrityFailure):
    """A history that is new here has another event than was expected."""

    def __init__(self, position: int, found: bytes) -> None:
        super().__init__(
            f"event #{position} is not the one that was expected: it is {position}:{found.hex()}",
            hint="if what you were told is right, this is another history: get the right one",
        )


class Forked(IntegrityFailure):
    """The events that are here are not those that were admitted."""

    def __init__(
        self, position: int, pinned: bytes | None, found: bytes | None, head: Head | None = None
    ) -> None:
        """`head` is the newest event here, where that is known."""
        here = f"{position}:{found.hex()}" if found else "missing"
        super().__init__(
            f"event #{position} is another one than was admitted on this account: the histories "
            f"fork there (admitted: {position}:{(pinned or b'').hex()}, here: {here})",
            hint=compare_or_trust(head),
        )
        self.position = position
        """The first event that differs, or one before it where rows were changed."""


def compare_or_trust(head: Head | None) -> str:
    """Return the hint about a history that ends with `head` and is not the one that was admitted.

    Where its end is not known, another command has to look first.
    """
    if head is None:
        return "keep this copy, and run `tetra-es verify`"
    return (
        "keep this copy and compare it with another one; if the one here is right, "
        f"`tetra-es trust --head {head} -m WHY` says so"
    )


class Pins:
    """The pins in a folder, which need not exist yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._hashes = folder / "hashes"
        self._about = folder / "pin.json"

    @property
    def exists(self) -> bool:
        """Whether anything was ever pinned here."""
        return self.head != START

    @property
    def head(self) -> Head:
        """The last event that is pinned, `START` where there is none. Raises `TetraEsError`."""
        with self._reading() as descriptor:
            if descriptor is None:
                return START
            count = _whole(descriptor)
            return Head(count, os.pread(descriptor, SIZE, (count - 1) * SIZE)) if count else START

    def hash_at(self, position: int) -> bytes | None:
        """Return the hash that is pinned at a position, None where none is."""
        found = self.hashes(position - 1, position)
        return found[0] if found else None

    def hashes(self, after: int = 0, upto: int | None = None) -> list[bytes]:
        """Return the pinned hashes with `after` < position <= `upto`."""
        data = self.data(after, upto)
        return [data[at : at + SIZE] for at in range(0, len(data), SIZE)]

    def data(self, after: int = 0, upto: int | None = None) -> bytes:
        """Return the same, one hash after the other."""
        with self._reading() as descriptor:
            if descriptor is None:
                return b""
            count = _whole(descriptor)
            end = count if upto is None else min(count, upto)
            return os.pread(descriptor, max(0, end - after) * SIZE, after * SIZE)

    @property
    def founder(self) -> str:
        """The founder's public key line, empty where it is not known."""
        founder = self._read_about().get("founder", "")
        return founder if isinstance(founder, str) else ""

    @property
    def moves(self) -> list[dict[str, str]]:
        """Each time that the pin was moved by hand: `from`, `to`, `why`, `time`."""
        moves = self._read_about().get("moves", [])
        return moves if isinstance(moves, list) else []

    def begin(self, founder: str) -> None:
        """Make the folder, for an organization that this account has not seen before."""
        private.make_folder(self.folder)
        if not self._about.is_file():
            self._write_about({"founder": founder, "moves": []})

    def append(self, after: Head, hashes: Sequence[bytes]) -> None:
        """Pin events that follow `after`, which is pinned; durable on return.

        Those that another command has pinned meanwhile are compared. Raises `Forked` where they
        differ, `TetraEsError` where the pins cannot be written or are gone.
        """
        import fcntl  # quick answers only read

        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            descriptor = os.open(self._hashes, flags, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                self._append(descriptor, after, hashes)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise private.unwritable(self._hashes, error) from error

    def move(self, hashes: Sequence[bytes], *, why: str, time: str, founder: str) -> None:
        """Replace all pins, since a person says that another history is the right one."""
        before = self.head
        private.make_folder(self.folder)
        after = Head(len(hashes), hashes[-1]) if hashes else START
        move = {"from": str(before), "to": str(after), "why": why, "time": time}
        self._write_about({"founder": founder, "moves": [*self.moves, move]})
        private.replace(self._hashes, b"".join(hashes))

    def _append(self, descriptor: int, after: Head, hashes: Sequence[bytes]) -> None:
        count = _whole(descriptor)
        if after.position > count:
            raise TetraEsError(f"{self._hashes} has become shorter", hint="run the command again")
        start = max(0, after.position - 1)
        pinned = os.pread(descriptor, (count - start) * SIZE, start * SIZE)
        wanted = b"".join(hashes) if after == START else after.hash + b"".join(hashes)
        for at in range(0, min(len(pinned), len(wanted)), SIZE):
            if pinned[at : at + SIZE] != wanted[at : at + SIZE]:
                position = start + at // SIZE + 1
                raise Forked(position, pinned[at : at + SIZE], wanted[at : at + SIZE])
        more = wanted[len(pinned) :]
        if not more:
            return
        os.ftruncate(descriptor, count * SIZE)
        if os.pwrite(descriptor, more, count * SIZE) != len(more):
            raise OSError(0, "written in part")
        os.fsync(descriptor)
        if not count:
            from tetra_es.disk.syncing import sync_folder

            sync_folder(self.folder)

    @contextmanager
    def _reading(self) -> Iterator[int | None]:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            try:
                descriptor = os.open(self._hashes, flags)
            except (FileNotFoundError, NotADirectoryError):
                yield None
                return
            try:
                yield descriptor
            finally:
                os.close(descriptor)
        except OSError as error:
            raise TetraEsError(
                f"cannot read {self._hashes}: {error.strerror}",
                hint="check its owner and permissions",
            ) from error

    def _read_about(self) -> dict[str, Any]:
        data = private.read(self._about)
        try:
            found = json.loads(data) if data is not None else {}
        except ValueError:
            found = {}
        return found if isinstance(found, dict) else {}

    def _write_about(self, about: dict[str, Any]) -> None:
        private.replace(self._about, json.dumps(about, indent=1).encode() + b"\n")


class Window:
    """The pinned hashes, for somebody who asks for many; those that are read stay as they were."""

    def __init__(self, pins: Pins) -> None:
        self._pins = pins
        self._after, self._data = 0, b""

    def at(self, position: int) -> bytes | None:
        """Return the hash that is pinned at a position, None where none is."""
        start = (position - 1 - self._after) * SIZE
        if not 0 <= start < len(self._data):
            after = (position - 1) // _AT_ONCE * _AT_ONCE
            if self._after != after:
                self._after, self._data = after, b""
            here = len(self._data) // SIZE
            self._data += self._pins.data(after + here, after + _AT_ONCE)
            start = (position - 1 - after) * SIZE
        return self._data[start : start + SIZE] or None


def _whole(descriptor: int) -> int:
    """Return the number of hashes that were written whole."""
    count = os.fstat(descriptor).st_size // SIZE
    while count and os.pread(descriptor, SIZE, (count - 1) * SIZE) == _ZERO:
        count -= 1
    return count

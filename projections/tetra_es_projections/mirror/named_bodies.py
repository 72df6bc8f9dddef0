"""The bodies that events name, read from their commits.

Commit N has every body that event N names: below `bodies/`, or as the file that the event puts in
place. Which of the two depends on the verdict, so a reader looks below `bodies/` first, and
compares what is there with the digest.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.log.naming import bodies_named
from tetra_es_projections.mirror.format2 import body_path
from tetra_es_projections.mirror.listing import blobs
from tetra_es_projections.tree import TOMBSTONE, TOMBSTONE_2, files_of_bodies

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import TypeAlias

    from tetra_es.log.record import Record
    from tetra_es_projections.mirror.git import Git

    BlobRefs: TypeAlias = dict[bytes, "BlobRef"]
    """Digest to the blob that should have the body."""

_BLOB: Final = re.compile(rb"([0-9a-f]{40}) blob (\d+)")

_AT_ONCE: Final = 1 << 24
"""Bytes of bodies that are read at once, unless a single event has more."""


class Mirrored(NamedTuple):
    """An event with its bodies, as its commit has them."""

    record: Record
    bodies: dict[bytes, bytes | None]
    """Digest to bytes of each body that the event names, None for one that was purged. One that the
    commit lacks, or has with other bytes, is not there."""


class BlobRef(NamedTuple):
    """A blob of the mirror."""

    identifier: bytes
    size: int


def locate(root: Path, git: Git, commits: Sequence[tuple[str, Record]]) -> list[BlobRefs]:
    """Return where the bodies of some events are, given the commit of each."""
    wanted = [
        (number, digest, f"{commit}:{path}")
        for number, (commit, record) in enumerate(commits)
        for digest, path in _candidates(record)
    ]
    found: list[BlobRefs] = [{} for _ in commits]
    names = [name for _, _, name in wanted]
    for (number, digest, _), place in zip(wanted, _looked_up(root, git, names), strict=True):
        if place is not None:
            found[number].setdefault(digest, place)
    return found


def read(
    root: Path, git: Git, records: Sequence[Record], found: Sequence[BlobRefs]
) -> Iterator[Mirrored]:
    """Yield events with their bodies, which are at these places."""
    start = 0
    while start < len(records):
        end, size = start, 0
        while end < len(records) and (end == start or size < _AT_ONCE):
            size += sum(place.size for place in found[end].values())
            end += 1
        here = {place.identifier for each in found[start:end] for place in each.values()}
        contents = dict(zip(here, blobs(root, git, here), strict=True)) if here else {}
        for record, each in zip(records[start:end], found[start:end], strict=True):
            yield Mirrored(record, _compared(each, contents))
        start = end


def body_in(data: bytes, digest: bytes) -> bytes | None:
    """Return the body with this digest, None for the tombstone of a purged one.

    Raises `KeyError` where it is something else.
    """
    if sha256(data).digest() == digest:
        return data
    if data in (TOMBSTONE, TOMBSTONE_2):
        return None
    raise KeyError(digest)


def _candidates(record: Record) -> Iterator[tuple[bytes, str]]:
    """Yield digest and path of where the bodies of an event may be, the likelier one first."""
    named = bodies_named(record)
    for digest in named:
        yield digest, body_path(digest)
    for path, digest in files_of_bodies(record).items() if named else ():
        yield digest, path


def _looked_up(root: Path, git: Git, names: Sequence[str]) -> list[BlobRef | None]:
    if not names:
        return []
    data = "".join(f"{name}\n" for name in names).encode()
    lines = git.read(root, "cat-file", "--batch-check", data=data).splitlines()
    matches = map(_BLOB.fullmatch, lines)
    return [match and BlobRef(bytes.fromhex(match[1].decode()), int(match[2])) for match in matches]


def _compared(found: BlobRefs, contents: dict[bytes, bytes]) -> dict[bytes, bytes | None]:
    bodies: dict[bytes, bytes | None] = {}
    for digest, place in found.items():
        try:
            bodies[digest] = body_in(contents[place.identifier], digest)
        except KeyError:
            continue
    return bodies

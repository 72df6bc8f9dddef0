"""Commits by `git fast-import`, some fifty times as fast as by any other command.

The stream is documented in git-fast-import(1). Positions serve as marks, so the exported marks
say which commit is whose.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from tetra_es_projections.mirror.commit import BODIES
from tetra_es_projections.mirror.failures import unusable
from tetra_es_projections.mirror.refs import BRANCH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tetra_es_projections.mirror.commit import Commit
    from tetra_es_projections.mirror.git import Git

_MARKS: Final = "tetra-es-marks"

_TOGETHER: Final = 100
"""Commits whose files are told together."""

_ROOM: Final = 1 << 22
"""Bytes that those have in memory."""

_FIRST_BLOB: Final = 1 << 53
"""Marks of files; there is no position as high."""


def append(
    git: Git, root: Path, commits: Iterable[Commit], parent: str | None, ref: str = BRANCH
) -> list[tuple[int, str]]:
    """Add commits to the branch, whose head is `parent`; return position and id of each.

    All of them or none: the branch moves at the end. Raises `TetraEsError`, also when the branch
    was moved by somebody else meanwhile. Another `ref` is moved from wherever it is.
    """
    marks = root / _MARKS
    for left in (marks, marks.with_name(f"{_MARKS}.lock")):
        with suppress(OSError):  # of a killed git: nobody else writes marks here
            left.unlink()
    before = set(_debris(root))
    options = ["--quiet", "--done", f"--export-marks={_MARKS}"]
    options += [] if ref == BRANCH else ["--force"]
    try:
        git.stream(root, "fast-import", *options, chunks=_stream(commits, parent, ref))
    except BaseException:
        # Half a pack can be large, and the disk full because of it.
        for path in set(_debris(root)) - before:
            with suppress(OSError):
                path.unlink()
        raise
    try:
        lines = marks.read_text("ascii").splitlines()
        marks.unlink()
    except OSError as error:
        raise unusable(root, error) from error
    pairs = (line.removeprefix(":").split(" ") for line in lines)
    found = ((int(mark), commit) for mark, commit in pairs)
    return sorted(pair for pair in found if pair[0] < _FIRST_BLOB)


def _debris(root: Path) -> Iterator[Path]:
    yield from root.glob("fast_import_crash_*")
    yield from root.glob("objects/pack/tmp_*")


def _stream(commits: Iterable[Commit], parent: str | None, ref: str) -> Iterator[bytes]:
    source = f"from {parent}\n".encode() if parent else b""
    for some in _some(commits):
        blobs = _Blobs(_FIRST_BLOB)
        # git stores a file as what differs from the one before, and looks no further: those of
        # one kind follow each other.
        files = [(path, data) for each in some for path, data in each.files.items() if data]
        yield from (blobs.added(data) for _, data in sorted(files, key=_kind))
        for commit in some:
            yield b"".join(_commit(commit, source, ref.encode(), blobs))
            source = b""
    yield b"done\n"


def _some(commits: Iterable[Commit]) -> Iterator[list[Commit]]:
    """Yield commits by the hundred, fewer where their files are large."""
    some: list[Commit] = []
    room = _ROOM
    for commit in commits:
        some.append(commit)
        room -= sum(len(data) for data in commit.files.values() if data)
        if len(some) == _TOGETHER or room < 0:
            yield some
            some, room = [], _ROOM
    if some:
        yield some


def _kind(file: tuple[str, bytes]) -> str:
    """Return what files have in common that are alike."""
    path, _ = file
    return path if path.startswith("environments/") else path.partition("/")[0]


def _commit(commit: Commit, source: bytes, ref: bytes, blobs: _Blobs) -> Iterator[bytes]:
    about = (ref, commit.position, commit.author, commit.committer)
    yield b"commit %s\nmark :%d\nauthor %s\ncommitter %s\n" % about
    yield b"data %d\n%s\n%s" % (len(commit.message), commit.message, source)
    yield b"D %s\n" % BODIES.encode()
    for path, data in commit.files.items():
        if data is None:
            yield b"D %s\n" % _quoted(path)
        elif data:
            yield b"M 100644 :%d %s\n" % (blobs.mark(data), _quoted(path))
        else:
            yield b"M 100644 inline %s\ndata 0\n\n" % _quoted(path)


class _Blobs:
    """The contents of files in the stream, by marks beyond those of commits."""

    def __init__(self, first: int) -> None:
        self._marks: dict[bytes, int] = {}
        self._first = first

    def added(self, data: bytes) -> bytes:
        """Return what the stream has to say of a content, nothing where it was said."""
        if data in self._marks:
            return b""
        self._marks[data] = mark = self._first + len(self._marks)
        return b"blob\nmark :%d\ndata %d\n%s\n" % (mark, len(data), data)

    def mark(self, data: bytes) -> int:
        """Return the mark of a content that was said."""
        return self._marks[data]


def _quoted(path: str) -> bytes:
    """Return a path as the stream has it; ours have nothing to quote, those of people may."""
    name = os.fsencode(path)
    if not name.startswith(b'"') and b"\n" not in name:
        return name
    name = name.replace(b"\\", rb"\\").replace(b'"', rb"\"").replace(b"\n", rb"\n")
    return b'"%s"' % name

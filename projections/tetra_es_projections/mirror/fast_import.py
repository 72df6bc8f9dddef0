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
    return sorted((int(position), commit) for position, commit in pairs)


def _debris(root: Path) -> Iterator[Path]:
    yield from root.glob("fast_import_crash_*")
    yield from root.glob("objects/pack/tmp_*")


def _stream(commits: Iterable[Commit], parent: str | None, ref: str) -> Iterator[bytes]:
    source = f"from {parent}\n".encode() if parent else b""
    for commit in commits:
        parts = [
            b"commit %s\nmark :%d\nauthor %s\ncommitter %s\ndata %d\n%s\n%s"
            % (
                ref.encode(),
                commit.position,
                commit.author,
                commit.committer,
                len(commit.message),
                commit.message,
                source,
            )
        ]
        parts.append(b"D %s\n" % BODIES.encode())
        for path, data in commit.files.items():
            if data is None:
                parts.append(b"D %s\n" % _quoted(path))
            else:
                inline = (_quoted(path), len(data), data)
                parts.append(b"M 100644 inline %s\ndata %d\n%s\n" % inline)
        yield b"".join(parts)
        source = b""
    yield b"done\n"


def _quoted(path: str) -> bytes:
    """Return a path as the stream has it; ours have nothing to quote, those of people may."""
    name = os.fsencode(path)
    if not name.startswith(b'"') and b"\n" not in name:
        return name
    name = name.replace(b"\\", rb"\\").replace(b'"', rb"\"").replace(b"\n", rb"\n")
    return b'"%s"' % name

"""Which commits on the mirror's branch are ours.

Whose a commit is, nothing in it can prove: a person can amend one of ours and keep its message.
So the commit that the mirror was left at and those that the views know come first, and what a
commit says of itself counts only where both are gone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from tetra_es.errors import IntegrityFailure
from tetra_es_projections.mirror import marker, recovery, repository, trailers
from tetra_es_projections.mirror.failures import unusable
from tetra_es_projections.mirror.folder import git_folder
from tetra_es_projections.mirror.refs import BRANCH, Head, branch_head
from tetra_es_projections.mirror.stray import commits_among

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es_projections.mirror.git import Git

_PAIR: Final = re.compile(r"([0-9a-f]{40}) (\d{1,18})", re.ASCII)


class Known(Protocol):
    """Somebody who remembers the mirror's commits."""

    def position_of(self, commit: str) -> int | None:
        """Return the position of a commit's event, None for a commit that is not known."""

    def newest(self) -> tuple[str, int] | None:
        """Return the newest commit that is known, and the position of its event."""


class _Nothing:
    def position_of(self, _commit: str) -> int | None:
        return None

    def newest(self) -> tuple[str, int] | None:
        return None


NOTHING_KNOWN: Final[Known] = _Nothing()


class Line(NamedTuple):
    """Where the branch is, and where it should be."""

    head: Head | None
    """Our newest commit, None where there is none."""
    main: str | None
    """Where the branch is, None where it is at no commit that is there."""
    is_astray: bool = False
    """Whether that is not one of our commits, as far as is known."""
    was_set_back: bool = False
    """Whether the branch was at a newer one of our commits already."""


def find_line(root: Path, git: Git, known: Known) -> Line:
    """Return what is on the branch of the mirror at `root`.

    Raises `Refused` when what is there is not a mirror, `IntegrityFailure` when it is damaged.
    """
    if repository.is_missing(root):
        return Line(None, None)
    repository.check(root)
    recovery.wait(root)  # it could still move the branch
    try:
        main = branch_head(root)
    except OSError as error:
        raise unusable(root, error) from error
    last = marker.marked(root)
    if main is not None:
        if last and last.commit == main:
            return Line(last, main)
        if (position := known.position_of(main)) is not None:
            return Line(Head(main, position), main, was_set_back=_is_newer(last, position))
    both = (Head(*one) for one in (known.newest(), last) if one)
    remembered = sorted(both, key=lambda head: -head.position)
    names = [head.commit for head in remembered]
    there = commits_among(root, git, [*names, main] if main else names) if names else set()
    for head in remembered:
        if head.commit in there:
            main = main if main in there else None
            return Line(head, main, is_astray=True, was_set_back=main is None)
    return _by_what_they_say(root, git, main)


def events_of(root: Path, git: Git, commit: str, *options: str) -> list[tuple[int, str]]:
    """Return position and commit of a commit and those before it, newest first.

    `options` are those of `git log`.
    """
    form = "--format=%H %(trailers:key=Event,valueonly,separator=%x2C)"
    printed = git.read(root, "log", "--first-parent", form, *options, commit)
    pairs = (_PAIR.fullmatch(line) for line in printed.decode(errors="replace").splitlines())
    return [(int(pair[2]), pair[1]) for pair in pairs if pair]


def _is_newer(last: Head | None, position: int) -> bool:
    return last is not None and last.position > position


def _by_what_they_say(root: Path, git: Git, main: str | None) -> Line:
    """Find the line where nobody remembers one."""
    ours = marker.is_ours(root)
    if main is None:
        if not ours:
            raise repository.foreign(root, "is a repository that tetra-es did not make")
        return Line(None, None, is_astray=(git_folder(root) / BRANCH).exists())
    try:
        position = trailers.position_of(root, git, main)
    except IntegrityFailure:
        if not ours:
            raise
        return Line(None, None, is_astray=True)
    if position is not None:
        return Line(Head(main, position), main)
    if not ours:
        raise repository.foreign(root, "is a repository that tetra-es did not make")
    newest = events_of(root, git, main, "-1", "--grep=^Event-Hash: ")
    head = Head(newest[0][1], newest[0][0]) if newest else None
    return Line(head, main, is_astray=True)

"""Compares the mirror with what the events make of it. Writes nothing."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Final, Protocol

from tetra_es.errors import TetraEsError
from tetra_es.text import one_line
from tetra_es_projections.mirror import repository
from tetra_es_projections.mirror.failures import GitMissing, unusable
from tetra_es_projections.mirror.objects import commit_ids
from tetra_es_projections.mirror.rendering import render
from tetra_es_projections.mirror.repository import BRANCH, HEAD
from tetra_es_projections.tree import TreeProjector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tetra_es.store.record import Record
    from tetra_es_projections.mirror.commit import Commit
    from tetra_es_projections.mirror.projection import Mirror

_SHOWN: Final = 12
"""Digits of a commit id in a sentence."""
_FILES: Final = 10
"""Files of the work tree that are named."""
_STEP: Final = 100
"""Events between two reports of progress."""

_STATES: Final = {"?": "does not belong there", "A": "does not belong there", "D": "is missing"}
"""What a letter of `git status` means; any other is a change."""


class Events(Protocol):
    """The events of a store, such as an `EventLog`."""

    def records(self) -> Iterable[Record]:
        """Return all of them, in order."""


def expected_ids(
    records: Iterable[Record],
    report: Callable[[int], None] | None = None,
    content: TreeProjector | None = None,
) -> Iterator[tuple[int, str]]:
    """Yield position and commit id of each of a store's records, from the first one on.

    `content` is that before the first; it knows where age files are.

    What `Mirror.apply` gives is the same, byte for byte, but needs a repository.
    """

    def commits() -> Iterator[Commit]:
        before = TreeProjector() if content is None else content
        for count, record in enumerate(records, start=1):
            yield render(record, before)
            if report and not count % _STEP:
                report(record.position)

    return commit_ids(commits())


def differences(
    mirror: Mirror,
    log: Events,
    report: Callable[[int], None] | None = None,
    content: TreeProjector | None = None,
) -> list[str]:
    """Return a sentence for each thing in which the mirror is not what the events make of it.

    Of the commits only the first bad one is named: the ids of all later ones depend on it.
    Raises `TetraEsError` when there is no git to ask, or an event that cannot be rendered.
    """
    expected = list(expected_ids(log.records(), report, content))
    if repository.is_missing(mirror.path):
        return [f"the mirror {mirror.path} is missing"] if expected else []
    try:
        if bad := _commits(mirror, expected):
            return [bad]
        return [*_objects(mirror), *_work_tree(mirror)] if expected else []
    except GitMissing:
        raise
    except TetraEsError as error:
        return [error.message]
    except OSError as error:
        return [unusable(mirror.path, error).message]


def _commits(mirror: Mirror, expected: list[tuple[int, str]]) -> str | None:
    head = repository.branch_head(mirror.path)
    if head == (expected[-1][1] if expected else None):
        return None
    listing = ("rev-list", "--first-parent", "--reverse", BRANCH)
    actual = mirror.git.run(mirror.path, *listing).decode().split() if head else []
    for (position, wanted), commit in zip_longest(expected, actual[: len(expected)]):
        if commit is None:
            return f"the mirror has no commit of event #{position}, nor of any after it"
        if commit != wanted:
            found = f"it is {commit[:_SHOWN]}, not {wanted[:_SHOWN]}"
            return f"the mirror's commit of event #{position} was rewritten: {found}"
    last = expected[-1][0] if expected else 0
    more = actual[len(expected)]
    return f"the mirror goes on after event #{last} with {more[:_SHOWN]}, a commit of no event"


def _objects(mirror: Mirror) -> Iterator[str]:
    """Yield nothing, or raise: ids prove what the branch says, not that its objects are sound."""
    mirror.git.run(mirror.path, "fsck", "--strict", "--no-dangling", "--no-progress")
    if mirror.git.run(mirror.path, "for-each-ref", "--count=1", "refs/replace"):
        yield f"the mirror {mirror.path} shows replacements of its objects (refs/replace)"


def _work_tree(mirror: Mirror) -> Iterator[str]:
    if (mirror.path / ".git" / "HEAD").read_text(errors="replace") != HEAD:
        yield f"the work tree of the mirror {mirror.path} is not that of main"
        return
    options = ("--porcelain", "-z", "--no-renames", "--untracked-files=all")
    printed = mirror.git.run(mirror.path, "status", *options).decode(errors="replace")
    lines = printed.rstrip("\0").split("\0") if printed else []
    for line in lines[:_FILES]:
        index, tree, path = line[0], line[1], line[3:]
        state = _STATES.get(index if tree == " " else tree, "was changed")
        yield f"{mirror.path.name}/{one_line(path)} {state}"
    if len(lines) > _FILES:
        yield f"{len(lines) - _FILES} more files of the mirror's work tree differ"

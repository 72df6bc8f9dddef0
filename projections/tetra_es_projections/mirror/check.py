"""Compares the mirror with the events. Writes nothing."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final, Protocol

from tetra_es.errors import TetraEsError
from tetra_es_projections.mirror import repository
from tetra_es_projections.mirror.failures import GitMissing, NoRoom, unusable
from tetra_es_projections.mirror.folder import git_folder, has_work_tree
from tetra_es_projections.mirror.objects import commit_ids
from tetra_es_projections.mirror.refs import HEAD, all_refs, branch_head
from tetra_es_projections.mirror.rendering import render
from tetra_es_projections.tree import TreeProjector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tetra_es.log.record import Record
    from tetra_es_projections.mirror.commit import Commit
    from tetra_es_projections.mirror.projection import Mirror

_SHOWN: Final = 12
"""Digits of a commit id in a sentence."""
_LENGTH: Final = 20
"""Bytes of a commit id."""
_LINE: Final = 2 * _LENGTH + 1
_STEP: Final = 100
"""Events between two reports of progress."""


class Events(Protocol):
    """The events of a store, such as an `EventLog`."""

    def records(self) -> Iterable[Record]:
        """Return all of them, in order."""


class CommitIds:
    """The ids of the commits of all events, some bytes each."""

    def __init__(self) -> None:
        self._positions = array("q")
        self._ids = bytearray()

    def add(self, position: int, commit: str) -> None:
        """Take in the commit of the next event."""
        self._positions.append(position)
        self._ids += bytes.fromhex(commit)

    def __len__(self) -> int:
        return len(self._positions)

    def at(self, index: int) -> tuple[int, str]:
        """Return position and commit of an event; the first has the index 0."""
        start = index * _LENGTH
        return self._positions[index], self._ids[start : start + _LENGTH].hex()

    def end_with(self, commit: str | None, least: int) -> None:
        """Forget what comes after a commit, if it is that of `least` or a later event.

        None is before the first event.
        """
        for count in range(len(self), -1, -1):
            position, wanted = self.at(count - 1) if count else (0, None)
            if position < least:
                return
            if wanted == commit:
                del self._positions[count:]
                del self._ids[count * _LENGTH :]
                return

    @property
    def newest(self) -> str | None:
        """The commit of the last event, None where there is none."""
        return self.at(len(self) - 1)[1] if len(self) else None


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
    """Return a sentence for each thing in which the mirror does not match the events.

    Raises `TetraEsError` when there is no git to ask, or an event that cannot be rendered.
    """
    ids = CommitIds()
    for position, commit in expected_ids(log.records(), report, content):
        ids.add(position, commit)
    try:
        main = branch_head(mirror.path)
    except OSError as error:
        return [unusable(mirror.path, error).message]
    return compare(mirror, ids, main)


def compare(mirror: Mirror, expected: CommitIds, main: str | None) -> list[str]:
    """Return the same for a mirror whose branch was at `main`, given the commits of all events.

    Of the commits only the first bad one is named: the ids of all later ones depend on it.
    Raises `TetraEsError` when there is no git to ask.
    """
    if repository.is_missing(mirror.path):
        return [f"the mirror {mirror.path} is missing"] if len(expected) else []
    try:
        repository.check(mirror.path)
        if bad := _commits(mirror, expected, main):
            return [bad]
        newest = expected.newest
        return [*_objects(mirror, newest), *_head(mirror)] if newest else []
    except (GitMissing, NoRoom):
        raise
    except TetraEsError as error:
        return [error.message]
    except OSError as error:
        return [unusable(mirror.path, error).message]


def _commits(mirror: Mirror, expected: CommitIds, main: str | None) -> str | None:
    if main == expected.newest:
        return None
    arguments = ("rev-list", "--first-parent", "--reverse", main or "")
    listed = mirror.git.read(mirror.path, *arguments).decode() if main else ""
    there = len(listed) // _LINE
    for index in range(len(expected)):
        position, wanted = expected.at(index)
        if index >= there:
            return f"the mirror has no commit of event #{position}, nor of any after it"
        commit = listed[index * _LINE : (index + 1) * _LINE - 1]
        if commit != wanted:
            found = f"it is {commit[:_SHOWN]}, not {wanted[:_SHOWN]}"
            return f"the mirror's commit of event #{position} was rewritten: {found}"
    last = expected.at(len(expected) - 1)[0] if len(expected) else 0
    more = listed[len(expected) * _LINE :][:_SHOWN]
    return f"the mirror goes on after event #{last} with {more}, a commit of no event"


def _objects(mirror: Mirror, head: str) -> Iterator[str]:
    """Yield nothing, or raise: ids prove what the branch says, not that its objects are sound."""
    mirror.git.read(mirror.path, "fsck", "--no-dangling", "--no-progress", head)
    refs = all_refs(mirror.path)
    if any(name.startswith("refs/replace/") for name in refs):
        yield f"the mirror {mirror.path} shows replacements of its objects (refs/replace)"
    for name in ("shallow", "info/grafts"):
        if (git_folder(mirror.path) / name).exists():
            yield f"the mirror {mirror.path} hides a part of its history ({name})"


def _head(mirror: Mirror) -> Iterator[str]:
    root = mirror.path
    if not has_work_tree(root) and (root / "HEAD").read_text(errors="replace") != HEAD:
        yield f"HEAD of the mirror {root} is not main"

"""Changes in the mirror's work tree that nobody committed.

Bytes are compared, and the commit is made by `git fast-import` of them: no filter of git's, no
other repository in a folder there has a say.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.errors import TetraEsError
from tetra_es_projections.mirror.commit import Commit
from tetra_es_projections.mirror.failures import GitMissing
from tetra_es_projections.mirror.fast_import import append
from tetra_es_projections.mirror.listing import in_commit, in_index, in_work_tree, read_file
from tetra_es_projections.mirror.objects import blob_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from tetra_es_projections.mirror.git import Git

_COMMITTER: Final = "tetra-es <tetra-es@tetra-es.invalid>"
_MESSAGE: Final = b"changes that were found in the mirror, not committed\n"


class Changes(NamedTuple):
    """Files of the work tree that no commit has."""

    files: Mapping[str, bytes]
    complete: bool
    """Whether that is all: links and other repositories cannot be kept in a commit."""


def changes(
    root: Path,
    git: Git,
    commits: Iterable[str | None],
    other: Mapping[str, bytes] | None = None,
    *,
    everything: bool = False,
) -> Changes:
    """Return the files of the work tree that are as in none of the commits, nor in `other` files.

    Without `everything`, only those that checking out another commit would replace.
    """
    recorded: dict[str, set[bytes]] = {}
    listings = [_listed(in_commit, root, git, commit) for commit in set(commits) if commit]
    for listing in (*listings, other or {}):
        for path, identifier in listing.items():
            recorded.setdefault(path, set()).add(identifier)
    tracked = recorded.keys() | _listed(in_index, root, git).keys()
    found, complete = {}, True
    for path, identifier in in_work_tree(root):
        if identifier in recorded.get(path, ()) or not (everything or path in tracked):
            continue
        try:
            data = read_file(root / path)
        except OSError:
            complete = False
            continue
        if blob_digest(data) not in recorded.get(path, ()):
            if _may_be_committed(path):
                found[path] = data
            else:
                complete = False
    return Changes(found, complete)


def commit_changes(
    root: Path, git: Git, files: Mapping[str, bytes], parent: str | None, ref: str
) -> None:
    """Commit files on top of `parent`, as a new branch."""
    who = f"{_COMMITTER} {int(datetime.now(UTC).timestamp())} +0000".encode()
    append(git, root, [Commit(1, _MESSAGE, who, who, files)], parent, ref)


def _listed(listing: Callable[..., Mapping[str, bytes]], *of: object) -> Mapping[str, bytes]:
    """Return a listing, an empty one where git cannot make it: what is damaged tells nothing."""
    try:
        return listing(*of)
    except GitMissing:
        raise
    except TetraEsError:
        return {}


def _may_be_committed(path: str) -> bool:
    """Return whether git takes such a path; it takes none that some system reads as `.git`."""
    names = (name.lower().partition(":")[0].rstrip(" .") for name in path.split("/"))
    return not any(name == ".git" or name.startswith("git~") for name in names)

"""Copies of the mirror elsewhere: which there are, and what they lack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import Refused, UsageError
from tetra_es_projections.mirror import configuration, repository
from tetra_es_projections.mirror.addresses import (
    address,
    is_name,
    is_same,
    new_remote,
    without_account,
)
from tetra_es_projections.mirror.pushing import push_branch
from tetra_es_projections.mirror.refs import BRANCH, all_refs

if TYPE_CHECKING:
    from tetra_es_projections.mirror.addresses import Remote
    from tetra_es_projections.mirror.failures import Warn
    from tetra_es_projections.mirror.git import Git


class RemoteRow(NamedTuple):
    """One copy of the mirror."""

    remote: str
    url: str
    commit: str | None
    """What its branch was at when we last pushed or asked; None for never."""
    behind: int | None
    """Commits of ours that it lacks; None where its history is another one."""


class Pushed(NamedTuple):
    """A push to one of them."""

    commits: int
    """How many the copy had not had, by what we knew of it."""
    commit: str
    """The one that its branch is at now."""


class Remotes:
    """The remotes of the mirror at `root`; `warn` is told what was repaired in it."""

    def __init__(self, root: Path, git: Git, warn: Warn) -> None:
        self._root = root
        self._git = git
        self._warn = warn

    def rows(self) -> list[RemoteRow]:
        """Return the remotes, as of the last push. Writes nothing."""
        repository.check(self._root)
        return [self._row(remote) for remote in configuration.remotes_of(self._root, self._git)]

    def add(self, name: str, url: str, shared: str | None = None) -> None:
        """Add a remote, not the address `shared`. Raises `UsageError` or `Refused`."""
        if not is_name(name):
            raise UsageError(
                f"not a remote's name: {name!r}",
                hint="use letters, digits and . _ -, such as origin",
            )
        url = address(url, Path.cwd(), self._root.parent)
        _check_not_shared(url, shared, "a copy is one elsewhere, that nobody records in")
        known = self._known()
        if name in known:
            raise Refused(
                f"there is a remote {name} already", hint=f"`tetra-es mirror rm {name}` removes it"
            )
        configuration.write(self._root, [*known.values(), new_remote(name, url)])

    def remove(self, name: str) -> None:
        """Forget a remote; the repository there stays as it is."""
        known = self._known()
        _check_known(known, name)
        del known[name]
        configuration.write(self._root, known.values())

    def push(self, name: str, shared: str | None = None, *, force: bool = False) -> Pushed:
        """Bring a remote's branch to where ours is; not at the address `shared`.

        Raises `Refused` when it has commits that ours has not, unless `force` replaces them, and
        `TetraEsError` with what git says when it cannot be reached.
        """
        known = self._known()
        _check_known(known, name)
        _check_not_shared(known[name].url, shared, f"`tetra-es mirror rm {name}` forgets it")
        there = all_refs(self._root).get(f"refs/remotes/{name}/main")
        push_branch(self._root, name, force=force)
        here = all_refs(self._root)[BRANCH]
        new = here if there is None else f"{there}..{here}"
        return Pushed(int(self._git.read(self._root, "rev-list", "--count", new)), here)

    def _known(self) -> dict[str, Remote]:
        """Return the remotes, for changing something."""
        repository.check(self._root)
        configuration.secure(self._root, self._git, self._warn)
        return {remote.name: remote for remote in configuration.remotes_of(self._root, self._git)}

    def _row(self, remote: Remote) -> RemoteRow:
        refs = all_refs(self._root)
        there, here = refs.get(f"refs/remotes/{remote.name}/main"), refs.get(BRANCH)
        if there is None or here is None:
            return RemoteRow(remote.name, remote.url, there, None)
        counted = self._git.read(
            self._root, "rev-list", "--left-right", "--count", f"{there}...{here}"
        )
        ahead, behind = map(int, counted.split())
        return RemoteRow(remote.name, remote.url, there, None if ahead else behind)


def _check_not_shared(url: str, shared: str | None, hint: str) -> None:
    """Refuse the address where everybody's events are: what is there is not replaced."""
    if shared is not None and is_same(url, shared):
        raise Refused(
            f"{without_account(url)} is where this organization is shared: commands that record "
            "send there by themselves",
            hint=hint,
        )


def _check_known(known: dict[str, Remote], name: str) -> None:
    if name not in known:
        raise UsageError(
            f"the mirror has no remote {name!r}",
            hint=f"its remotes are {', '.join(known)}"
            if known
            else "`tetra-es mirror add origin URL` adds one",
        )

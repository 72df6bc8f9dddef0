"""What a deployment would replace that no release of ours has put there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.release.release import Link, Release, RemoteFile
    from tetra_es.remote.facts import Entry, Facts


@dataclass(frozen=True)
class Unmanaged:
    """One such file or link: somebody else made it."""

    path: str
    lost: tuple[str, ...] = ()
    """Variables that it sets and the release does not: names, never values."""
    other: tuple[str, ...] = ()
    """Secrets that the release gives another value, where both are known: names, never values."""


def same_file(file: RemoteFile, entry: Entry) -> bool:
    """Return whether a file is there as it would be deployed."""
    there = (entry.kind, entry.mode, entry.owner, entry.group, entry.digest)
    return there == ("file", file.mode, file.owner, file.group, file.digest)


def same_link(link: Link, entry: Entry) -> bool:
    """Return whether a link is there as it would be deployed."""
    return entry.kind == "link" and entry.target == link.target


def unmanaged(release: Release, facts: Facts) -> Iterator[Unmanaged]:
    """Yield everything that is in the place of the release's files and links and is not ours.

    A file that is already as it would be deployed is not replaced, so it is not among them. What
    another environment deployed is neither.
    """
    current = facts.current
    ours = {each.name for each in facts.taken if each.kind == "file"}
    ours |= {*current.links} if current else set()
    ours |= {file.path for file in current.files} if current else set()
    for file in release.files:
        entry = facts.entries[file.path]
        if _is_there(entry) and file.path not in ours and not same_file(file, entry):
            names = {*facts.names.get(file.path, ())}
            kept = {*release.secret_names, *_plain(release, file.path)}
            yield Unmanaged(file.path, tuple(sorted(names - kept)))
    for link in release.links:
        entry = facts.entries[link.path]
        if _is_there(entry) and link.path not in ours and not same_link(link, entry):
            yield Unmanaged(link.path)


def _plain(release: Release, path: str) -> set[str]:
    """Return the plain variables that all services of an env file have."""
    services = [each for each in release.settings.services if each.env_path == path]
    names = [{name for name, _ in each.variables} for each in services]
    return set.intersection(*names) if names else set()


def _is_there(entry: Entry) -> bool:
    """Return whether something is there that a deployment could replace at all."""
    return entry.kind in {"file", "link"}

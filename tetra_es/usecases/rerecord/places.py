"""Where things of the old line are on the new one: positions, revisions, versions, age files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Lost(Exception):
    """Something that an event names is not on the new line."""


class Places:
    """What both lines have in common is where it was; the rest is told as it is recorded again.

    `fork` is the last event that both have. `revisions` are files, and `versions` environments and
    keys, to the newest one that both have.
    """

    def __init__(
        self,
        fork: int,
        revisions: Mapping[str, int],
        versions: Mapping[tuple[str, str], int],
    ) -> None:
        self.fork = fork
        self._revisions = revisions
        self._versions = versions
        self._new_positions: dict[int, int] = {}
        self._new_revisions: dict[tuple[str, int], int] = {}
        self._new_versions: dict[tuple[str, str, int], int] = {}
        self._new_digests: dict[str, str] = {}

    def moved(self, old: int, new: int) -> None:
        """Note the position of an event that was recorded again."""
        self._new_positions[old] = new

    def revised(self, file: str, old: int, new: int) -> None:
        """Note the revision that stands for one of the old line."""
        self._new_revisions[file, old] = new

    def set_again(
        self, environment: str, key: str, old: tuple[int, str], new: tuple[int, str]
    ) -> None:
        """Note version and digest of a secret that was set again."""
        self._new_versions[environment, key, old[0]] = new[0]
        self._new_digests[old[1]] = new[1]

    def position(self, old: int) -> int:
        """Return the position of an event now. Raises `Lost`."""
        if old <= self.fork:
            return old
        if old not in self._new_positions:
            raise Lost(f"#{old}, which it is about, was not recorded again")
        return self._new_positions[old]

    def revision(self, file: str, old: int) -> int:
        """Return the revision of a file that has what a revision of the old line had, or more.

        Raises `Lost`.
        """
        if old <= self._revisions.get(file, 0):
            return old
        if (file, old) not in self._new_revisions:
            raise Lost(f"{file}@{old}, which it is about, was not recorded again")
        return self._new_revisions[file, old]

    def version(self, environment: str, key: str, old: int) -> int:
        """Return the version of a secret that has the same value. Raises `Lost`."""
        if old <= self._versions.get((environment, key), 0):
            return old
        if (environment, key, old) not in self._new_versions:
            raise Lost(f"version {old} of {key} was not recorded again")
        return self._new_versions[environment, key, old]

    def used(self, environment: str, key: str, version: int, digest: str) -> list[str | int]:
        """Return key, version and digest of a secret that a deployment gave. Raises `Lost`."""
        new = self.version(environment, key, version)
        return [key, new, self._new_digests.get(digest, digest)]

"""What people had in a mirror, handed over to the one that takes its place."""

from __future__ import annotations

from shlex import join
from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError
from tetra_es.layout import KEPT
from tetra_es.text import one_line
from tetra_es_projections.mirror import configuration, stray
from tetra_es_projections.mirror.failures import GitMissing
from tetra_es_projections.mirror.folder import has_work_tree
from tetra_es_projections.mirror.kept_files import keep_files, new_aside
from tetra_es_projections.mirror.refs import all_refs, is_tracking
from tetra_es_projections.mirror.successor import Successor

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es_projections.mirror.failures import Warn
    from tetra_es_projections.mirror.git import Git
    from tetra_es_projections.mirror.line import Line


class Handover:
    """From the mirror at `old` to the one at `new`, which has all events but not its place yet."""

    def __init__(self, old: Path, new: Path, git: Git, warn: Warn) -> None:
        self._old = old
        self._new = new
        self._git = git
        self._warn = warn

    def run(self, line: Line, added: list[tuple[int, str]], *, purging: bool) -> Path | None:
        """Bring refs, commits and files of people; return where the old mirror is kept, if it must.

        `line` is that of the old mirror, `added` are position and commit of all events. With
        `purging`, what reaches something that the new mirror has not is left behind, and the old
        one is never kept. Raises `TetraEsError`.
        """
        position, tip = added[-1]
        ours = line.main in {commit for _, commit in added} or (purging and not line.is_astray)
        found, complete = self._strays(None if ours else line.main)
        refs = {one.ref: one.commit for one in found}
        successor = Successor(self._old, self._new, self._git, tip, refs)
        if purging:
            gone = successor.only_in_old(line.head.commit) if line.head else None
            behind = successor.bring_refs_without(gone)
            self._say_what_was_purged(behind)
        else:
            gone, behind = set(), successor.bring_refs()
            successor.bring_work_trees()
        for one in found:
            if one.ref not in behind:
                stray.say(self._warn, self._old, one)
        readable = self._settings()
        if not purging and (behind or not complete):
            return self._aside(position)
        self._files(gone or set(), readable=readable)
        self._say_where_files_are()
        return None

    def _say_where_files_are(self) -> None:
        if has_work_tree(self._old):
            clone = join(("git", "clone", str(self._old)))
            self._warn(
                f"{self._old} is a bare repository now, without files to open",
                f"`{clone} {self._old.parent.name}-history` makes a folder with them",
            )

    def _strays(self, main: str | None) -> tuple[list[stray.Found], bool]:
        """Return the commits that no branch would have, and whether that could be told."""
        try:
            refs = all_refs(self._old)
            return stray.commits_to_keep(self._old, self._git, refs, main=main), True
        except GitMissing:
            raise
        except (TetraEsError, OSError):
            return [], False

    def _settings(self) -> bool:
        try:
            return configuration.say_what_goes(self._old, self._git, self._warn)
        except GitMissing:
            raise
        except TetraEsError:
            return True

    def _files(self, gone: set[str], *, readable: bool) -> None:
        prefix = ".git/" if has_work_tree(self._old) else ""
        more = () if readable else (f"{prefix}config",)
        folder = keep_files(self._old, self._new, self._git, gone=gone, more=more)
        if folder is None:
            return
        what = "had files that are in no commit" if readable else "had files, and a configuration"
        self._warn(f"{self._old} {what}; they are kept in {folder}", None)

    def _aside(self, position: int) -> Path:
        folder = new_aside(self._old, position)
        self._warn(
            f"not all that people had in {self._old} could be brought over; "
            f"the old mirror is kept as {folder}",
            None,
        )
        return folder

    def _say_what_was_purged(self, behind: list[str]) -> None:
        names = [ref.removeprefix("refs/") for ref in behind if not is_tracking(ref)]
        if names:
            gone = one_line(", ".join(names))
            self._warn(f"what reached the purged value is gone from {self._old}: {gone}", None)
        kept = sorted((self._old.parent / KEPT).glob(f"{self._old.name}-at-*"))
        if kept:
            names = [str(folder) for folder in kept]
            self._warn(f"old mirrors may still have the purged value: {', '.join(names)}", None)

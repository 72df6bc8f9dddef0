"""Runs git, so that nothing but the arguments decides what it does.

Git's environment is made up here: no variable of the user's, no configuration but the
repository's own. The repository is named explicitly, because git would otherwise look for one in
the folders above, and the organization's own folder may well be under git; besides, a user may
have git refuse bare repositories that are not named (`safe.bareRepository`).

`read` does without the repository's configuration as well. A caller of `run` or `stream` has
called `configuration.secure` first.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from threading import Thread
from typing import IO, TYPE_CHECKING, Final

from tetra_es.errors import TetraEsError
from tetra_es.text import one_line
from tetra_es_projections.mirror.failures import NoRoom, failure, git_missing, unusable
from tetra_es_projections.mirror.isolated import isolated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from subprocess import CompletedProcess

_ENVIRONMENT: Final = {
    "LC_ALL": "C",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    # A replaced object must not pass for the one that it hides.
    "GIT_NO_REPLACE_OBJECTS": "1",
    # Looking must not write: `verify` works on a read-only folder.
    "GIT_OPTIONAL_LOCKS": "0",
    # Missing objects stay missing: nothing is fetched.
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
    # Commit ids are SHA-1, and the branch is read as a file, whatever newer versions prefer.
    "GIT_DEFAULT_HASH": "sha1",
    "GIT_DEFAULT_REF_FORMAT": "files",
}

_GIT: Final = (
    "git",
    "--git-dir=.",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
)

_MOST_CONFLICTS: Final = 127
"""As git-merge-file(1) says: a higher status is an error."""


@dataclass(frozen=True)
class Git:
    """The git command; `path` says where to look for it, in the form of PATH."""

    path: str = f"{os.defpath}:/usr/local/bin"
    inherited: tuple[int, ...] = ()
    """Open files that git keeps open as long as it runs; see `recovery.alone`."""

    def init(self, folder: Path) -> None:
        """Make an empty bare repository with the branch `main` in an existing folder.

        Raises `TetraEsError` when git is missing or fails.
        """
        bare = ("--bare", "--initial-branch=main", "--template=")
        self._run(folder, "git", "init", "--quiet", *bare)

    def read(self, root: Path, *arguments: str, data: bytes = b"") -> bytes:
        """Run git on the objects of the mirror at `root`; return what it prints.

        There are no refs: commits are named by their ids. Raises `TetraEsError` when git is
        missing or fails.
        """
        with ExitStack() as stack:
            try:
                more = stack.enter_context(isolated(root))
            except OSError as error:
                raise NoRoom(error) from error
            return self._run(root, "git", *arguments, data=data, more=more)

    def run(
        self, root: Path, *arguments: str, data: bytes = b"", more: Mapping[str, str] | None = None
    ) -> bytes:
        """Run git on the repository at `root` and return what it prints.

        `more` are environment variables. Raises `TetraEsError` when git is missing or fails.
        """
        return self._run(root, *_GIT, *arguments, data=data, more=more)

    def stream(self, root: Path, *arguments: str, chunks: Iterable[bytes]) -> None:
        """Run git on the repository at `root`, fed with `chunks` while these are being made.

        Raises `TetraEsError` when git is missing or fails. When making a chunk fails, git is
        killed and that error raised.
        """
        import subprocess  # a few events become a commit without git

        with _readable_errors(root):
            process = subprocess.Popen(
                (*_GIT, *arguments),
                cwd=root,
                env=self.environment(),
                pass_fds=self.inherited,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            said: list[bytes] = []
            # Git would wait for ever for somebody to read what it says, as we for git.
            reader = Thread(target=_read, args=(process.stderr, said), daemon=True)
            reader.start()
            try:
                _feed(process.stdin, chunks)
                process.wait()
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
                reader.join()
            if process.returncode:
                raise failure(root, f"git {arguments[0]}", b"".join(said).decode(errors="replace"))

    def merge_file(self, folder: Path, *arguments: str) -> bytes | None:
        """Run `git merge-file` on files in `folder`; return what it prints, None for conflicts.

        Raises `TetraEsError` when git is missing or fails.
        """
        command = ("git", "merge-file", "--stdout", "--quiet", *arguments)
        # No repository above the folder has a say.
        done = self._complete(
            folder, *command, more={"GIT_CEILING_DIRECTORIES": str(folder.parent)}
        )
        if done.returncode > _MOST_CONFLICTS or done.returncode < 0:
            said = done.stderr.decode(errors="replace").strip()
            raise TetraEsError(
                f"git merge-file failed: {one_line(said) or 'it gave no reason'}",
                hint="the file was left as it is",
            )
        return None if done.returncode else done.stdout

    def _run(
        self,
        folder: Path,
        *command: str,
        data: bytes = b"",
        more: Mapping[str, str] | None = None,
    ) -> bytes:
        done = self._complete(folder, *command, data=data, more=more)
        if done.returncode:
            name = command[len(_GIT)] if command[: len(_GIT)] == _GIT else command[1]
            said = (done.stderr + done.stdout).decode(errors="replace")
            raise failure(folder, f"git {name}", said)
        return done.stdout

    def _complete(
        self,
        folder: Path,
        *command: str,
        data: bytes = b"",
        more: Mapping[str, str] | None = None,
    ) -> CompletedProcess[bytes]:
        import subprocess  # a few events become a commit without git

        with _readable_errors(folder):
            return subprocess.run(
                command,
                cwd=folder,
                env=self.environment() | dict(more or {}),
                pass_fds=self.inherited,
                input=data,
                capture_output=True,
                check=False,
            )

    def environment(self) -> dict[str, str]:
        """Return the environment variables that git gets, and no others."""
        return {**_ENVIRONMENT, "PATH": self.path}


@contextmanager
def _readable_errors(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.filename == "git":
            raise git_missing(str(error.strerror)) from error
        raise unusable(root, error) from error


def _feed(pipe: IO[bytes] | None, chunks: Iterable[bytes]) -> None:
    if pipe is None:
        raise TypeError("not a pipe")
    # When git ends early its status tells why; that it reads no more says nothing.
    try:
        with suppress(BrokenPipeError):
            for chunk in chunks:
                pipe.write(chunk)
    finally:
        with suppress(BrokenPipeError):
            pipe.close()


def _read(pipe: IO[bytes] | None, said: list[bytes]) -> None:
    if pipe is not None:
        with pipe:
            said.append(pipe.read())

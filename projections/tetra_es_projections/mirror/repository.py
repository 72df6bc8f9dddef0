"""The repository itself: made so that no user's configuration matters, told from a foreign one."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.errors import IntegrityFailure, Refused
from tetra_es_projections.mirror.failures import git_missing, unusable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tetra_es_projections.mirror.git import Git

BRANCH: Final = "refs/heads/main"
HEAD: Final = f"ref: {BRANCH}\n"
"""Content of `.git/HEAD`."""

MARKER: Final = "tetra-es-worktree"
"""File below `.git` that says what is checked out; a repository with it is a mirror of ours."""

_ATTRIBUTES: Final = "* -text -filter -ident -working-tree-encoding\n"
"""For `.git/info/attributes`, which no other attributes file overrides."""

_CONFIG: Final = {
    "core": {
        "autocrlf": "false",
        "eol": "lf",
        "safecrlf": "false",
        "hooksPath": "/dev/null",
        "attributesFile": "/dev/null",
        "excludesFile": "/dev/null",
        "fsmonitor": "false",
        "untrackedCache": "false",
        "splitIndex": "false",
        "sparseCheckout": "false",
        # A branch that only grows and can be rebuilt needs no second record of where it was.
        "logAllRefUpdates": "false",
    },
    "index": {"version": "2", "sparse": "false", "skipHash": "false"},
    "feature": {"manyFiles": "false"},
    "commit": {"gpgSign": "false"},
    "tag": {"gpgSign": "false"},
    "log": {"showSignature": "false"},
    # Packing is done between commands, never in the background.
    "gc": {"auto": "0"},
    "maintenance": {"auto": "false"},
}
"""What a user could have set otherwise globally, pinned in the repository."""

_COMMIT: Final = re.compile(r"[0-9a-f]{40}")


class Head(NamedTuple):
    """A commit of the mirror and the position of its event."""

    commit: str
    position: int


def create(path: Path, git: Git) -> None:
    """Make an empty mirror at `path`, whole or not at all: it appears by a rename.

    Raises `TetraEsError` when git is missing or the folder cannot be written.
    """
    import shutil  # for this alone

    partial = path.with_name(f".{path.name}.partial")
    try:
        if partial.exists():
            shutil.rmtree(partial)
        partial.mkdir(mode=0o700, parents=True)
        git.init(partial)
        configure(partial)
        kept = _kept_remotes(path)
        if kept.exists():
            _copy_remotes(kept, partial / ".git" / "config")
        (partial / ".git" / MARKER).touch()
        partial.replace(path)
        kept.unlink(missing_ok=True)
    except OSError as error:
        raise unusable(path, error) from error


def configure(root: Path) -> None:
    """Pin in the repository's own configuration what must not depend on the user's."""
    with needing_git(), _usable(root):
        from git.config import GitConfigParser  # 60 ms, for new mirrors only

        # By its path: `Repo.config_writer` would let GIT_COMMON_DIR lead it to another repository.
        path = str(root / ".git" / "config")
        with GitConfigParser(path, read_only=False, merge_includes=False) as config:
            for section, options in _CONFIG.items():
                for option, value in options.items():
                    config.set_value(section, option, value)
        info = root / ".git" / "info"
        info.mkdir(exist_ok=True)
        (info / "attributes").write_text(_ATTRIBUTES)


def keep_remotes(root: Path) -> None:
    """Put the remotes beside the mirror, for the one that will be made in its place."""
    config = root / ".git" / "config"
    if config.is_file() and b'[remote "' in config.read_bytes():
        partial = root.with_name(f".{root.name}.remotes.partial")
        partial.unlink(missing_ok=True)
        _copy_remotes(config, partial)
        partial.replace(_kept_remotes(root))


def _kept_remotes(root: Path) -> Path:
    return root.with_name(f".{root.name}.remotes")


def _copy_remotes(source: Path, target: Path) -> None:
    with needing_git():
        from git.config import GitConfigParser
    with (
        GitConfigParser(str(source), read_only=True, merge_includes=False) as old,
        GitConfigParser(str(target), read_only=False, merge_includes=False) as new,
    ):
        for section in old.sections():
            if section.startswith('remote "'):
                for option, values in old.items_all(section):
                    for value in values:
                        new.add_value(section, option, value)


def is_missing(path: Path) -> bool:
    """Return whether there is room for a new mirror at `path`."""
    with _usable(path):
        return not path.exists() or (path.is_dir() and next(path.iterdir(), None) is None)


def branch_head(root: Path) -> str | None:
    """Return the commit that the branch is at, None where it has none.

    Reads git's own files, which takes no time. Raises `Refused` when there is something else at
    `root` than a repository, `IntegrityFailure` when what is there is not a commit id.
    """
    git_dir = root / ".git"
    with _usable(root):
        if not (git_dir / "HEAD").is_file():
            raise foreign(root, "is not a git repository")
        try:
            commit = (git_dir / BRANCH).read_text(errors="replace").strip()
        except FileNotFoundError:
            packed = git_dir / "packed-refs"
            lines = packed.read_text(errors="replace").splitlines() if packed.exists() else []
            commit = next((line[:40] for line in lines if line[41:] == BRANCH), "")
            if not commit:
                return None
    if not _COMMIT.fullmatch(commit):
        raise IntegrityFailure(
            f"{git_dir / BRANCH} is damaged", hint="move the mirror away and run `tetra-es rebuild`"
        )
    return commit


def foreign(root: Path, what: str) -> Refused:
    """Return the error for something at `root` that is not ours."""
    return Refused(
        f"{root} {what}; the mirror belongs there", hint="move it away and run the command again"
    )


@contextmanager
def needing_git() -> Iterator[None]:
    """Around the import of GitPython, which fails where there is no git command."""
    try:
        yield
    except ImportError as error:
        raise git_missing("not found") from error


@contextmanager
def _usable(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unusable(root, error) from error

"""Fetching a copy of the mirror from elsewhere, into a folder that is gone afterwards.

As for a push, it is git as a person would use it, with the person's own configuration and keys.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError
from tetra_es_projections.mirror.addresses import address, without_account
from tetra_es_projections.mirror.failures import git_missing, said_by_git
from tetra_es_projections.mirror.pushing import allowed_protocols, without_repository
from tetra_es_projections.mirror.repository import needing_git

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def cloned(url: str) -> Iterator[Path]:
    """Yield a bare clone of the branch `main` of the repository at an address.

    Raises `UsageError` for another text, `TetraEsError` with what git says.
    """
    where = address(url, Path.cwd(), None)
    with needing_git():
        from git import GitCommandError, GitCommandNotFound, Repo
    with (
        tempfile.TemporaryDirectory(prefix="tetra-es-clone-") as name,
        without_repository(),
    ):
        folder = Path(name) / "history"
        env = {"GIT_ALLOW_PROTOCOL": allowed_protocols()}
        try:
            Repo.clone_from(
                where, folder, env=env, bare=True, branch="main", single_branch=True
            ).close()
        except GitCommandNotFound as error:
            raise git_missing("not found") from error
        except GitCommandError as error:
            raise _unreachable(where, str(error.stderr)) from error
        yield folder


def _unreachable(where: str, said: str) -> TetraEsError:
    return TetraEsError(
        f"cannot clone {without_account(where)}: {without_account(said_by_git(said))}",
        hint="check the address and your access",
    )

"""Fetching `main` of a repository elsewhere, and pushing to it.

It is git as a person would use it, with the person's own configuration and keys, through GitPython.
The address is handed over in the environment: an argument could be read by others on this machine.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from tetra_es.errors import Refused, TetraEsError
from tetra_es_projections.mirror.addresses import without_account
from tetra_es_projections.mirror.failures import access_hint, git_missing, is_full, said_by_git
from tetra_es_projections.mirror.pushing import opened
from tetra_es_projections.mirror.refs import BRANCH, SHARED, all_refs
from tetra_es_projections.mirror.repository import needing_git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from git import Repo

PATIENCE: Final = 120
"""Seconds after which a repository counts as one that does not answer."""

REMOTE: Final = "tetra-es-log"
_MISSING: Final = "couldn't find remote ref"
_REFUSED: Final = re.compile(r"^!\t\S+\t\[(remote )?rejected\] ?\((.*)\)$", re.MULTILINE)
_DAMAGED: Final = re.compile("fsck error|error in object")
_MOVED: Final = re.compile("fetch first|non-fast-forward|stale info|already exists|needs force")
"""What git here says where somebody else was first."""
_MOVED_THERE: Final = re.compile(
    "cannot lock ref|incorrect old value|failed to update ref|failed to lock|already exists"
)
"""What the other side says then."""

_MAIN_MOVED: Final = f"cannot lock ref '{BRANCH}'"
"""What it says where another branch was to be moved as well."""

_SETTINGS: Final = {
    "denying non-fast-forward": "receive.denyNonFastForwards is set there",
    "rotected branch": "main is protected there",
    "hook declined": "a hook there declined it",
}
"""Part of what the other side says to the rule that it means."""


class Moved(Exception):
    """`main` is not where it was any more: nothing was changed."""


class Lost(TetraEsError):
    """The answer did not come: it may have happened."""


def ask_main(root: Path, url: str) -> str | None:
    """Return where `main` of the repository at `url` is, None for nowhere; fetch nothing.

    Raises `TetraEsError` with what git says.
    """
    with ready(root, url) as repo:
        git: Any = repo.git  # whose types know two results of this one
        status, printed, said = git.ls_remote(
            REMOTE,
            BRANCH,
            with_extended_output=True,
            with_exceptions=False,
            kill_after_timeout=PATIENCE,
        )
    if status:
        raise unreachable(without_account(url), said)
    return next((line.split()[0] for line in printed.splitlines()), None)


class Damaged(Refused):
    """The branch there has objects that git refuses."""


class Forbidden(TetraEsError):
    """A rule there refuses it; `rule` is what it says."""

    def __init__(self, where: str, rule: str) -> None:
        hint = "nothing was recorded; a rule there forbids pushes to main: see its settings"
        if is_full(rule):
            hint = "nothing was recorded; there has to be more space there"
        super().__init__(f"{where} refused the push: {rule}", hint=hint)
        self.rule = rule


def fetch_main(root: Path, url: str, *, checked: bool = True) -> str | None:
    """Bring `main` of the repository at `url` into the one at `root`; return its commit.

    None where it has no such branch. Raises `TetraEsError` with what git says, `Damaged` where an
    object is not as it must be, unless it is not `checked`.
    """
    where = without_account(url)
    with ready(root, url, checked=checked) as repo:
        status, _, said = repo.git.fetch(
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--quiet",
            REMOTE,
            f"+{BRANCH}:{SHARED}",
            with_extended_output=True,
            with_exceptions=False,
            kill_after_timeout=PATIENCE,
        )
    if status and _MISSING in said:
        return None
    if status and _DAMAGED.search(said):
        raise Damaged(f"{where}: main there has damaged objects: {_line_of(said)}")
    if status:
        raise unreachable(where, said)
    return all_refs(root).get(SHARED)


def push_main(
    root: Path,
    url: str,
    commit: str,
    *,
    lease: str | None = None,
    keep: tuple[str, str] | None = None,
) -> None:
    """Bring `main` of the repository at `url` to a commit that the one at `root` has.

    Without `lease` only to one that follows what is there; with it, from exactly that one. `keep`
    is a commit and a new branch there: both are moved or none. Raises `Moved`, `Lost`, and
    `Forbidden` where the other side refused.
    """
    where = without_account(url)
    options = [f"--force-with-lease={BRANCH}:{lease}"] if lease else []
    options += ["--atomic"] if keep else []
    with ready(root, url) as repo:
        status, printed, said = repo.git.push(
            "--porcelain",
            "--no-verify",
            *options,
            REMOTE,
            f"{commit}:{BRANCH}",
            *([":".join(keep)] if keep else []),
            with_extended_output=True,
            with_exceptions=False,
            kill_after_timeout=PATIENCE,
        )
    if not status:
        return
    found = [match.groups() for match in _REFUSED.finditer(printed)]
    if not found:
        raise Lost(f"{where} did not answer: {_line_of(said)}")
    there, why = next((one for one in found if "atomic" not in one[1]), found[0])
    if (_MOVED_THERE if there else _MOVED).search(why) or (keep and _MAIN_MOVED in said):
        raise Moved(why)
    raise Forbidden(where, _rule_of(said, why))


def _rule_of(said: str, why: str) -> str:
    """Return what the other side says of itself, and which rule that is, in one line."""
    lines = [
        line.removeprefix("remote:").strip() for line in said.splitlines() if "remote:" in line
    ]
    told = without_account("; ".join(line for line in lines if line)[:300]) or why
    rules = [rule for part, rule in _SETTINGS.items() if part in f"{said}{why}"]
    return f"{told} ({rules[0]})" if rules else told


def unreachable(where: str, said: str) -> TetraEsError:
    """Return the error for a repository that does not answer, with what git said."""
    return TetraEsError(
        f"cannot reach {where}: {_line_of(said)}",
        hint=f"{access_hint(said)}; without it nothing is recorded, and what is here can be read",
    )


def _line_of(said: str) -> str:
    return without_account(said_by_git(said).replace(REMOTE, "it"))


@contextmanager
def ready(root: Path, url: str, *, checked: bool = True) -> Iterator[Repo]:
    """Yield the repository as GitPython has it, with a remote for the address."""
    with needing_git():
        from git import GitCommandNotFound
    with opened(root) as repo:
        first = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
        settings = {
            f"remote.{REMOTE}.url": url,
            "fetch.fsckObjects": "true" if checked else "false",
        }
        variables = {"GIT_CONFIG_COUNT": str(first + len(settings)), "LC_ALL": "C", "LANGUAGE": ""}
        for number, (name, value) in enumerate(settings.items(), first):
            variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
        repo.git.update_environment(**variables)
        try:
            yield repo
        except GitCommandNotFound as error:
            raise git_missing("not found") from error

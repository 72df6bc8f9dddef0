"""What somebody with access to the repository puts there in the place of events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.mirrors import WHO, git

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.machine import Machine
    from tests.sharing.people import Team


def tip(team: Team) -> str:
    """Return where `main` is there."""
    return git(team.hub, "rev-parse", "main").strip()


def put(team: Team, commit: str) -> str:
    """Move `main` there, as the host's administrator can; return the commit."""
    git(team.hub, "update-ref", "refs/heads/main", commit)
    return commit


def commit(
    team: Team,
    files: Mapping[str, str] | None = None,
    *,
    of: str = "main",
    parents: tuple[str, ...] = ("main",),
) -> str:
    """Commit there, as no event, the files of a commit and others; return the commit."""
    listed = git(team.hub, "ls-tree", "-r", of).splitlines()
    lines = {line.split("\t")[1]: line for line in listed}
    for path, text in (files or {}).items():
        blob = git(team.hub, "hash-object", "-w", "--stdin", data=text).strip()
        lines[path] = f"100644 blob {blob}\t{path}"
    above = [f"-p{parent}" for parent in parents]
    return git(team.hub, *WHO, "commit-tree", _tree(team.hub, lines), *above, "-m", "x").strip()


def next_event(team: Team, *words: str, by: Machine | None = None) -> str:
    """Put there the commit of an event that follows, on no branch that counts; return it."""
    aside = (by or team.alice).copy(team.hub.parent / "aside")
    aside.ok("unshare")
    aside.ok(*(words or ("set", "local", "app.lawful=1")))
    aside.git("push", "-q", str(team.hub), "main:refs/heads/lawful")
    return aside.git("rev-parse", "main").strip()


def newest(team: Team, commit: str) -> tuple[str, dict[str, Any]]:
    """Return path and content of the file of the newest event that a commit has."""
    path = max(git(team.hub, "ls-tree", "-r", "--name-only", commit, "events/").split())
    return path, json.loads(git(team.hub, "show", f"{commit}:{path}"))


def _tree(hub: Path, lines: Mapping[str, str]) -> str:
    here, below = list[str](), dict[str, dict[str, str]]()
    for path, line in lines.items():
        folder, slash, rest = path.partition("/")
        if slash:
            below.setdefault(folder, {})[rest] = f"{line.partition(chr(9))[0]}\t{rest}"
        else:
            here.append(line)
    here += [f"040000 tree {_tree(hub, each)}\t{name}" for name, each in below.items()]
    return git(hub, "mktree", data="".join(f"{line}\n" for line in here)).strip()

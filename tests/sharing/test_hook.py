"""What a host lets people do to `main`; and the hook by which one's own host lets them do less."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL, some
from tests.machine import ROOT
from tests.mirrors import git
from tests.needs import needs
from tests.sharing.people import ADDRESS, person
from tests.sharing.poison import next_event, put, tip
from tests.sharing.test_purge import PURGE, check_gone, leaked, leaked_once, refuse, there
from tests.sharing.test_repair import POISONS, a_commit_by_hand

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.machine import Machine
    from tests.sharing.people import Team

__all__ = ["leaked", "leaked_once"]

BOTH = f"{ADDRESS} accepts forced pushes to main and the deletion of main: "
FORCED = f"{ADDRESS} accepts forced pushes to main: "


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"denyDeleteCurrent": "ignore"}, BOTH),
        ({}, FORCED),
        ({"denyNonFastForwards": "true"}, ""),
    ],
    ids=["everything", "git's defaults", "appending alone"],
)
def test_what_the_host_accepts_is_said(
    alice: Machine, hub: Path, settings: dict[str, str], said: str
) -> None:
    for name, value in settings.items():
        git(hub, "config", f"receive.{name}", value)
    done = alice.ok("share", ADDRESS)
    assert said in done.err
    assert ("accepts" in done.err) == bool(said)
    assert git(hub, "for-each-ref", "--format=%(refname)").split() == ["refs/heads/main"]
    assert git(hub, "rev-parse", "main") == alice.git("rev-parse", "main")


@LONG_TAIL
@pytest.mark.parametrize("later", [False, True], ids=["always", "the second time"])
def test_a_host_that_does_not_take_pushes_as_a_whole(
    alice: Machine, hub: Path, tmp_path: Path, later: bool
) -> None:
    """It says that a push is all or nothing, and is not: main stays, or is put back."""
    alice.ok("share", ADDRESS)
    git(hub, "config", "receive.denyDeleteCurrent", "ignore")
    before = git(hub, "for-each-ref")
    pushes, program = tmp_path / "pushes", tmp_path / "bin" / "git"
    program.parent.mkdir()
    kept = f'[ -e "{pushes}" ] || kept=yes; ' if later else ""
    program.write_text(
        f"""#!/bin/sh
case " $* " in *" push "*) ;; *) exec {shutil.which("git")} "$@" ;; esac
{kept}echo "$*" >>"{pushes}"
for word; do
    shift
    [ "$word" = --atomic ] && [ -z "$kept" ] || set -- "$@" "$word"
done
exec {shutil.which("git")} "$@"
"""
    )
    program.chmod(0o755)
    lying = replace(alice, env={**alice.env, "PATH": f"{program.parent}:{os.environ['PATH']}"})
    done = lying.ok("share", ADDRESS)
    assert git(hub, "for-each-ref") == before
    assert ("accepts" in done.err) == later
    assert (":refs/heads/main" in pushes.read_text()) == later


@LONG_TAIL
def test_a_branch_in_the_way_of_the_trial(alice: Machine, hub: Path) -> None:
    """What git here refuses by itself says nothing of the host."""
    alice.ok("share", ADDRESS)
    nothing = git(hub, "mktree", data="").strip()
    known = ("-c", "user.name=x", "-c", "user.email=x@acme.example")
    other = git(hub, *known, "commit-tree", nothing, data="x").strip()
    git(hub, "update-ref", "refs/heads/tetra-es-trial", other)
    before = git(hub, "for-each-ref")
    assert "accepts" not in alice.ok("share", ADDRESS).err
    assert git(hub, "for-each-ref") == before


def install(team: Team) -> Path:
    """Put the hook there, and the program that it needs where it looks; return the hook."""
    path = team.hub / "hooks" / "pre-receive"
    team.alice.ok("share", "hook", "--output", str(path))
    program = team.hub.parent / "tetra-es-verify"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -I {ROOT}/cli/tetra_es_verify.py "$@"\n')
    program.chmod(0o755)
    text, line = path.read_text(), "verify=tetra-es-verify\n"
    assert text.count(line) == 1
    path.write_text(text.replace(line, f"verify={program}\n"))
    return path


def by_hand(team: Team, make: Callable[[Team], str]) -> tuple[Path, str]:
    """Return a copy of what is there, and a commit that somebody made in it."""
    folder = team.hub.parent / "by-hand.git"
    shutil.copytree(team.hub, folder)
    shutil.rmtree(folder / "hooks", ignore_errors=True)
    made = make(replace(team, hub=folder))
    return folder, made


def push(team: Team, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Push by hand."""
    return subprocess.run(
        ["git", "push", "--quiet", str(team.hub), *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("poison", some(POISONS, 1), ids=lambda poison: poison.__name__)
def test_the_hook_refuses_what_was_never_an_event(
    team: Team, poison: Callable[[Team], str]
) -> None:
    folder, bad = by_hand(team, poison)
    install(team)
    good = tip(team)
    refused = push(team, folder, f"+{bad}:refs/heads/main")
    assert refused.returncode
    assert tip(team) == good
    assert "pre-receive hook declined" in refused.stderr
    team.alice.ok("set", "local", "app.x=1")
    team.bob.ok("set", "local", "app.y=1")
    assert "accepts" not in team.alice.ok("share", ADDRESS).err
    team.check_equal()


@LONG_TAIL
@pytest.mark.parametrize("move", [":main", "+main~1:main"])
def test_the_hook_keeps_every_event(team: Team, move: str) -> None:
    folder, _ = by_hand(team, tip)
    install(team)
    good = tip(team)
    refused = push(team, folder, move)
    assert refused.returncode
    assert ("main is never deleted" if move[0] == ":" else "no such event") in refused.stderr
    assert tip(team) == good


@LONG_TAIL
@pytest.mark.parametrize("what", ["", "+main~1", "bad"])
def test_the_hook_looks_at_other_names_of_main(team: Team, what: str) -> None:
    """Such as the one that it had before."""
    folder, bad = by_hand(team, a_commit_by_hand)
    install(team)
    good = tip(team)
    git(team.hub, "symbolic-ref", "refs/heads/former", "refs/heads/former-main")
    git(team.hub, "symbolic-ref", "refs/heads/former-main", "refs/heads/main")
    git(team.hub, "config", "receive.denyDeleteCurrent", "ignore")
    for name in ("former", "former-main"):
        assert push(team, folder, f"{what.replace('bad', bad)}:refs/heads/{name}").returncode
    assert tip(team) == good


@LONG_TAIL
def test_the_hook_leaves_other_branches_alone(team: Team) -> None:
    folder, bad = by_hand(team, a_commit_by_hand)
    install(team)
    assert push(team, folder, f"{bad}:refs/heads/mine").returncode == 0


@LONG_TAIL
def test_the_hook_refuses_another_organization(team: Team, tmp_path: Path) -> None:
    """Where main is not there, as in a repository that was made again."""
    other = person(tmp_path / "other", "other")
    other.ok("init", "acme")
    install(team)
    git(team.hub, "update-ref", "-d", "refs/heads/main")
    refused = push(team, other.mirror, "main")
    assert "verification failed: #1: its hash is not" in refused.stderr
    team.bob.ok("pull")
    team.check_equal()


@LONG_TAIL
def test_the_hook_without_its_program(team: Team) -> None:
    path = install(team)
    path.write_text(path.read_text().replace("verify=", "verify=/nowhere"))
    refused = team.alice.fails(1, "set", "local", "app.x=1")
    assert "is not installed here: nothing is accepted" in refused.error()


@LONG_TAIL
@pytest.mark.parametrize("when", ["before", "after"])
def test_the_hook_lets_a_purge_replace_main(leaked: Team, when: str) -> None:
    """Its event comes first, while what it destroys is still there."""
    install(leaked)
    if when == "after":
        refuse(leaked)
    leaked.alice.ok(*PURGE)
    assert there(leaked) == (when == "after")
    leaked.bob.ok("set", "local", "app.x=1")
    refuse(leaked, really=False)
    leaked.bob.ok("set", "local", "app.y=1")
    check_gone(leaked)


@LONG_TAIL
def test_the_hook_lets_a_bad_tip_be_repaired(team: Team) -> None:
    """It may have been there before the hook was."""
    put(team, a_commit_by_hand(team))
    install(team)
    team.bob.ok("share", "repair")
    team.check_equal()


@LONG_TAIL
def test_the_hook_refuses_another_line_of_lawful_events(team: Team) -> None:
    fork = next_event(team)
    team.bob.ok("set", "local", "app.x=1")
    folder, _ = by_hand(team, tip)
    install(team)
    refused = push(team, folder, f"+{fork}:refs/heads/main")
    assert "verification failed: #4: its hash is not" in refused.stderr


@needs("shellcheck")
def test_shellcheck_finds_nothing(alice: Machine) -> None:
    text = alice.ok("share", "hook").out
    done = subprocess.run(
        ["shellcheck", "-s", "sh", "-"], input=text.encode(), capture_output=True, check=False
    )
    assert done.stdout == b""

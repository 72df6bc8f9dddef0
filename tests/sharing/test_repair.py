"""`share repair`: whatever somebody did to `main` there, it has both machines record again."""

from __future__ import annotations

import json
import shutil
from itertools import product
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL, some
from tests.mirrors import git
from tests.sharing.people import ADDRESS
from tests.sharing.poison import commit, newest, next_event, put, tip
from tests.verify_alone.bundle import key_of
from tests.verify_alone.clone import file_of, signed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.machine import Machine
    from tests.sharing.people import Team


def a_commit_by_hand(team: Team) -> str:
    return commit(team, {"notes.txt": "mine\n"})


def an_empty_commit(team: Team) -> str:
    return commit(team)


def a_merge_by_a_button(team: Team) -> str:
    branch = commit(team, {"environments/local.toml": "[app]\n"}, parents=("main~1",))
    return commit(team, {"environments/local.toml": "[app]\n"}, parents=("main", branch))


def another_repository(team: Team) -> str:
    nothing = git(team.hub, "mktree", data="").strip()
    return commit(team, {"README.md": "hello\n"}, of=nothing, parents=())


def an_amended_tip(team: Team) -> str:
    return commit(team, {"notes.txt": "mine\n"}, parents=("main~1",))


def a_file_too_many(team: Team) -> str:
    return commit(team, {"environments/prod.toml": "x = 1\n"}, of=next_event(team))


def a_forged_signature(team: Team) -> str:
    good = next_event(team)
    path, event = newest(team, good)
    event["signature"] = newest(team, "main")[1]["signature"]
    return commit(team, {path: json.dumps(event)}, of=good)


def a_changed_event(team: Team) -> str:
    good = next_event(team)
    path, event = newest(team, good)
    event["state"]["metadata"]["reason"] = "another"
    return commit(team, {path: json.dumps(event)}, of=good)


def a_changed_event_before(team: Team) -> str:
    path, event = newest(team, "main")
    event["state"]["metadata"]["reason"] = "another"
    return commit(team, {path: json.dumps(event)}, parents=("main~1",))


def an_event_that_is_no_json(team: Team) -> str:
    good = next_event(team)
    return commit(team, {newest(team, good)[0]: "no"}, of=good)


def a_name_that_is_no_text(team: Team) -> str:
    good = next_event(team)
    path, event = newest(team, good)
    return commit(team, {path: json.dumps({**event, "stream": "env:\ud800"})}, of=good)


def a_damaged_object(team: Team) -> str:
    tree = git(team.hub, "rev-parse", "main^{tree}").strip()
    text = f"tree {tree}\nparent {tip(team)}\nauthor nobody\ncommitter nobody\n\nx\n"
    literally = ("hash-object", "-w", "-t", "commit", "--literally", "--stdin")
    return git(team.hub, *literally, data=text).strip()


POISONS = (
    a_commit_by_hand,
    a_merge_by_a_button,
    an_amended_tip,
    a_file_too_many,
    a_forged_signature,
    another_repository,
    an_empty_commit,
    a_changed_event,
    a_changed_event_before,
    an_event_that_is_no_json,
    a_name_that_is_no_text,
    a_damaged_object,
)


def of_a_newer_version(team: Team) -> str:
    good = next_event(team)
    path, event = newest(team, good)
    state = event["state"] | {"metadata": event["state"]["metadata"] | {"rules": 99}}
    made = signed(event, key_of(team.alice), state=state)
    return commit(team, {path: file_of(made).decode()}, of=good)


def test_what_says_to_be_of_a_newer_version(team: Team) -> None:
    """Anybody who may push can say so; a person decides whether there is such a version."""
    good, before = tip(team), team.bob.last_position()
    bad = put(team, of_a_newer_version(team))
    for machine in team:
        done = machine.fails(1, "set", "local", "app.x=1")
        assert "`tetra-es share repair --newer`" in done.hint()
    assert "newer tetra-es" in team.bob.fails(1, "share", "repair").error()
    assert tip(team) == bad
    done = team.bob.ok("share", "repair", "--newer")
    assert done.out.startswith(f"main is at #{before} again: set 1 commit aside")
    assert tip(team) == good
    team.alice.ok("set", "local", "app.x=1")
    team.bob.ok("pull")
    team.check_equal()


@pytest.mark.parametrize("poison", some(POISONS, 1), ids=lambda poison: poison.__name__)
def test_main_has_something_that_was_never_an_event(
    team: Team, poison: Callable[[Team], str]
) -> None:
    good, before = tip(team), team.bob.last_position()
    bad = put(team, poison(team))
    for machine in team:
        assert "`tetra-es share repair`" in machine.fails(4, "set", "local", "app.x=1").hint()
    assert tip(team) == bad
    done = team.bob.ok("share", "repair")
    first, kept = done.out.splitlines()
    assert first.startswith(f"main is at #{before} again: set ")
    assert tip(team) == good
    branch = kept.removeprefix("  kept there in the branch ")
    assert git(team.hub, "rev-parse", branch).strip() == bad
    team.alice.ok("set", "local", "app.x=1")
    team.bob.ok("set", "local", "app.y=1")
    team.alice.ok("pull")
    assert team.bob.last_position() == before + 2
    team.check_equal()


@LONG_TAIL
def test_what_is_lawful_below_it_stays(team: Team) -> None:
    before = team.bob.last_position()
    good = put(team, next_event(team))
    put(team, commit(team, {"notes.txt": "mine\n"}))
    put(team, commit(team, {"notes.txt": "more\n"}))
    done = team.bob.ok("share", "repair")
    assert done.out.startswith(f"main is at #{before + 1} again: set 2 commits aside\n")
    assert tip(team) == good
    team.alice.ok("pull")
    team.check_equal()


@LONG_TAIL
def test_a_host_that_refuses_forced_pushes(team: Team) -> None:
    git(team.hub, "config", "receive.denyNonFastForwards", "true")
    good, bad = tip(team), put(team, commit(team))
    refused = team.bob.fails(3, "share", "repair")
    assert "receive.denyNonFastForwards is set there" in refused.error()
    assert f"--force-with-lease=refs/heads/main:{bad}" in refused.hint()
    assert tip(team) == bad
    assert "found" not in git(team.hub, "for-each-ref")
    git(team.hub, "config", "receive.denyNonFastForwards", "false")
    team.alice.ok("share", "repair")
    assert tip(team) == good
    team.check_equal()


@LONG_TAIL
@pytest.mark.parametrize(
    ("words", "back"),
    some(product((("pull",), ("set", "local", "app.x=1")), (1, None, 2)), 1),
)
def test_a_log_that_got_shorter(team: Team, words: tuple[str, ...], back: int | None) -> None:
    """As after the host put back a backup, or somebody deleted the branch."""
    before = tip(team)
    if back is None:
        git(team.hub, "update-ref", "-d", "refs/heads/main")
    else:
        put(team, git(team.hub, "rev-parse", f"main~{back}").strip())
    team.bob.ok(*words)
    assert before in team.shared()
    team.check_equal()


def test_somebody_else_is_first(team: Team) -> None:
    """What they put there meanwhile is looked at, too."""
    good, before = tip(team), team.bob.last_position()
    put(team, commit(team, {"notes.txt": "mine\n"}))
    more = commit(team, {"notes.txt": "more\n"})
    move = f"git -C {team.hub} update-ref refs/heads/main {more}"
    team.on_push(f'env -i PATH="$PATH" {move}')
    done = team.bob.ok("share", "repair")
    assert done.out.startswith(f"main is at #{before} again: set 2 commits aside\n")
    assert tip(team) == good
    team.check_equal()


@LONG_TAIL
def test_a_branch_in_the_way(team: Team) -> None:
    """Somebody calls a branch `found`."""
    git(team.hub, "update-ref", "refs/heads/found", "main")
    good, bad = tip(team), put(team, commit(team))
    done = team.bob.ok("share", "repair")
    branch = done.out.split()[-1]
    assert branch.startswith("found-")
    assert git(team.hub, "rev-parse", branch).strip() == bad
    assert tip(team) == good


def test_the_history_of_others_is_never_set_aside(team: Team) -> None:
    """Lawful events that fork from those here are no rubbish."""
    fork = next_event(team)
    team.bob.ok("set", "local", "app.x=1")
    put(team, fork)
    assert "the histories fork there" in team.bob.fails(4, "share", "repair").error()
    assert tip(team) == fork


def test_where_nothing_is_wrong(team: Team) -> None:
    assert team.bob.ok("share", "repair").out == "nothing is wrong there\n"
    team.bob.ok("unshare")
    refused = team.bob.fails(3, "share", "repair")
    assert refused.error() == "this organization is not shared: all of its events are here"


@LONG_TAIL
def test_a_bad_tip_where_one_shares_again(team: Team) -> None:
    """Somebody whose state folder was lost finds it."""
    team.bob.ok("unshare")
    put(team, commit(team))
    assert "`tetra-es share repair`" in team.bob.fails(4, "share", ADDRESS).hint()
    team.bob.ok("share", "repair")
    team.check_equal()


@LONG_TAIL
def test_the_host_s_rule_is_named(alice: Machine, hub: Path) -> None:
    hook = hub / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'commits have to be signed off' >&2\nexit 1\n")
    hook.chmod(0o755)
    refused = alice.fails(1, "share", ADDRESS)
    assert "refused the push: commits have to be signed off" in refused.error()
    assert not list(alice.home.rglob("shared.json"))
    alice.ok("set", "local", "app.x=1")  # nothing was changed here
    hook.unlink()
    alice.ok("share", ADDRESS)


@LONG_TAIL
def test_nothing_of_it_comes_into_the_mirror(team: Team) -> None:
    bad = put(team, commit(team, {"notes.txt": "mine\n"}))
    team.bob.fails(4, "pull")
    team.bob.ok("share", "repair")
    with pytest.raises(AssertionError):
        team.bob.git("cat-file", "-e", bad)


@LONG_TAIL
@pytest.mark.parametrize("words", some([("rebuild",), ("purge", "local", "app.x", "--yes")], 1))
def test_a_new_mirror_is_known_to_be_shared(team: Team, words: tuple[str, ...]) -> None:
    """Else somebody whose state folder is lost would go on alone."""
    team.bob.ok("set", "local", "app.x=hunter-two-9")
    team.bob.ok("unset", "local", "app.x")
    team.bob.ok(*words, *(["-m", "leaked"] if words[0] == "purge" else []))
    shutil.rmtree(team.bob.home / ".local" / "state")
    refused = team.bob.fails(3, "set", "local", "app.y=1")
    assert "this account does not know where" in refused.error()


@LONG_TAIL
def test_the_disk_of_the_host_is_full(team: Team) -> None:
    """No rule of the host is to be changed then."""
    said = "fatal: unable to write loose object file: No space left on device"
    team.on_push(f"echo '{said}' >&2; exit 1")
    refused = team.bob.fails(1, "set", "local", "app.x=1")
    assert said in refused.error()
    assert refused.hint() == "nothing was recorded; there has to be more space there"
    team.bob.ok("set", "local", "app.x=1")
    team.check_equal()

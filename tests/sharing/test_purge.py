"""A purge of what others have as well: on their machines, and in the repository that all share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.examples import LONG_TAIL, some
from tests.mirrors import git
from tests.purging.remains import remains
from tests.sharing.people import ADDRESS, Team, knows, person
from tests.sharing.poison import commit, put, tip
from tetra_es_projections.mirror.shared import git_log
from tetra_es_projections.mirror.shared.transfer import push_main

if TYPE_CHECKING:
    from pathlib import Path

VALUE = "hunter-two-9"
PURGE = ("purge", "local", "app.entry", "-m", "it was a secret", "--yes")


@pytest.fixture(scope="session")
def leaked_once(joined: Team, tmp_path_factory: pytest.TempPathFactory) -> Team:
    """A secret got in, and both have it. For copies alone."""
    team = joined.copy(tmp_path_factory.mktemp("leaked"))
    team.alice.ok("set", "local", f"app.entry={VALUE}", "app.other=1")
    team.bob.ok("unset", "local", "app.entry")
    team.alice.ok("pull")
    return team


@pytest.fixture
def leaked(leaked_once: Team, tmp_path: Path) -> Team:
    """A secret got in, and both have it; the newest state has not."""
    team = leaked_once.copy(tmp_path)
    git(team.hub, "config", "core.logAllRefUpdates", "false")
    return team


def there(team: Team) -> bool:
    """Return whether `main` there still reaches the value."""
    return VALUE in git(team.hub, "log", "-p", "main")


def refuse(team: Team, *, really: bool = True) -> None:
    """Have the host refuse forced pushes."""
    git(team.hub, "config", "receive.denyNonFastForwards", str(really).lower())


def check_gone(team: Team) -> None:
    """Check that nobody has the value, and that all is sound."""
    team.check_equal()
    assert not there(team)
    for each in team:
        assert remains(VALUE, each) == []


@LONG_TAIL
def test_the_one_who_recorded_it_last_follows(team: Team) -> None:
    """Bob's newest event is the one with the value, and he did not look there after it."""
    team.bob.ok("set", "local", f"app.entry={VALUE}")
    team.alice.ok("set", "local", "app.entry=none")
    team.alice.ok("purge", "local", "app.entry", "--at", "local@2", "-m", "a secret", "--yes")
    assert "received" in team.bob.ok("pull").out
    check_gone(team)


@LONG_TAIL
def test_a_value_that_only_others_have_seen_yet_is_found(team: Team) -> None:
    team.bob.ok("set", "local", f"app.entry={VALUE}")
    team.bob.ok("set", "local", "app.entry=none")
    team.alice.ok("purge", "local", "app.entry", "--at", "local@2", "-m", "a secret", "--yes")
    check_gone(team)


def test_the_others_follow(leaked: Team) -> None:
    """Bob was away; his next command destroys it on his machine as well."""
    old = leaked.bob.git("rev-parse", "main~1:environments/local.toml").strip()
    assert len(remains(VALUE, leaked.bob)) > 2
    said = leaked.alice.ok(*PURGE)
    assert "hint" not in said.err or "share repair" not in said.err
    assert not there(leaked)
    assert "received #6" in leaked.bob.ok("set", "local", "app.x=1").err
    with pytest.raises(AssertionError):
        leaked.bob.git("cat-file", "-e", old)
    check_gone(leaked)


@LONG_TAIL
def test_more_follows_before_the_others_come(leaked: Team) -> None:
    leaked.alice.ok(*PURGE)
    leaked.alice.ok("set", "local", "app.x=1")
    leaked.alice.ok("promote", "dev")
    leaked.bob.ok("promote", "staging")
    check_gone(leaked)


@LONG_TAIL
def test_a_host_that_refuses_forced_pushes(leaked: Team) -> None:
    """The purge is recorded, both go on, and it is finished when the host lets it."""
    alice, bob = leaked
    refuse(leaked)
    said = alice.ok(*PURGE)
    assert "what was purged can still be read at" in said.err
    assert "receive.denyNonFastForwards is set there" in said.err
    assert "`tetra-es share repair`" in said.err
    for number, each in enumerate((bob, alice, bob, alice)):
        done = each.ok("set", "local", f"app.x={number}")
        assert done.err.count("what was purged can still be read at") == 1
    bob.ok("pull")
    assert there(leaked)
    for each in leaked:
        assert remains(VALUE, each) == []
        each.ok("verify")
    assert alice.history() == bob.history()
    refused = bob.fails(3, "share", "repair")
    assert "receive.denyNonFastForwards is set there" in refused.error()
    refuse(leaked, really=False)
    assert bob.ok("share", "repair").out == "main is at #10, without what was purged\n"
    check_gone(leaked)
    alice.ok("set", "local", "app.x=9")
    check_gone(leaked)


@LONG_TAIL
def test_tampering_while_a_purge_is_unfinished(leaked: Team) -> None:
    """What tells the old commits from others is that they were seen before."""
    alice, bob = leaked
    refuse(leaked)
    alice.ok(*PURGE)
    bob.ok("set", "local", "app.x=1")
    put(leaked, commit(leaked, {"notes.txt": "mine\n"}, parents=("main~1",)))
    for each in leaked:
        assert "`tetra-es share repair`" in each.fails(4, "set", "local", "app.y=1").hint()
    refuse(leaked, really=False)
    bob.ok("share", "repair")
    alice.ok("set", "local", "app.y=1")
    check_gone(leaked)


@LONG_TAIL
def test_other_commits_of_the_same_events_are_no_purge(leaked: Team) -> None:
    leaked.alice.ok(*PURGE)
    leaked.bob.ok("pull")
    bad = put(leaked, commit(leaked, {"notes.txt": "mine\n"}, parents=("main~1",)))
    for each in leaked:
        assert "`tetra-es share repair`" in each.fails(4, "pull").hint()
    assert tip(leaked) == bad
    assert "kept there" in leaked.bob.ok("share", "repair").out
    check_gone(leaked)


@LONG_TAIL
@pytest.mark.parametrize("first", some(["alice", "bob"], 1))
def test_cut_short_before_the_forced_push(
    leaked: Team, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next command that records finishes it, on any machine."""

    def interrupted(*arguments: Any, **more: Any) -> None:
        if more.get("lease"):
            raise KeyboardInterrupt
        push_main(*arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(git_log, "push_main", interrupted)
        assert leaked.alice.run(*PURGE).code == 130
    assert there(leaked)
    assert leaked.alice.last_position() == 6
    getattr(leaked, first).ok("set", "local", "app.x=1")
    assert not there(leaked)
    check_gone(leaked)


@LONG_TAIL
def test_killed_when_the_event_was_sent(leaked: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: Any, **more: Any) -> None:
        push_main(*arguments, **more)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(git_log, "push_main", interrupted)
        assert leaked.alice.run(*PURGE).code == 130
    leaked.bob.ok("set", "local", "app.x=1")
    check_gone(leaked)


@LONG_TAIL
def test_a_clone_while_a_purge_is_unfinished(leaked: Team, tmp_path: Path) -> None:
    refuse(leaked)
    leaked.alice.ok(*PURGE)
    carol = person(tmp_path / "carol", "carol")
    knows(carol, leaked.hub)
    carol.ok("clone", ADDRESS)
    assert remains(VALUE, carol) == []
    carol.ok("verify")
    leaked.alice.ok("member", "add", "carol", "-", stdin=carol.ok("identity", "line").out)
    carol.ok("set", "local", "app.x=1")
    refuse(leaked, really=False)
    carol.ok("pull")
    check_gone(Team(leaked.hub, leaked.alice, carol))


@LONG_TAIL
def test_a_backup_from_before_the_purge(leaked: Team) -> None:
    """The host put it back: it is set right, and nothing that was purged is kept."""
    before = tip(leaked)
    leaked.alice.ok(*PURGE)
    leaked.bob.ok("pull")
    put(leaked, before)
    assert "`tetra-es share repair`" in leaked.bob.fails(4, "pull").hint()
    assert "not kept there: what was purged is in them" in leaked.bob.ok("share", "repair").out
    assert "found" not in git(leaked.hub, "for-each-ref")
    check_gone(leaked)


@LONG_TAIL
def test_two_purges_while_somebody_is_away(leaked: Team) -> None:
    alice, bob = leaked
    alice.ok(*PURGE)
    alice.ok("set", "local", "app.entry=another-one-8")
    alice.ok("unset", "local", "app.entry")
    alice.ok(*PURGE)
    bob.ok("set", "local", "app.x=1")
    check_gone(leaked)
    assert remains("another-one-8", bob) == []


@LONG_TAIL
def test_the_newest_state_of_somebody_who_was_away_had_it(team: Team) -> None:
    """Its removal and the purge come at once: the files follow."""
    alice, bob = team
    alice.ok("set", "local", f"app.entry={VALUE}")
    alice.ok("promote", "dev")
    bob.ok("pull")
    alice.ok("unset", "local", "app.entry")
    alice.ok("promote", "dev")
    alice.ok(*PURGE)
    said = bob.ok("pull")
    assert "not recorded" not in said.err
    check_gone(team)


def kept(team: Team) -> str:
    """Have what somebody pushed by hand set aside there; return the branch that keeps it."""
    put(team, commit(team, {"notes.txt": "mine\n"}))
    said = team.bob.ok("share", "repair").out
    team.alice.ok("pull")
    return said.split("kept there in the branch ")[1].strip()


def branches(team: Team) -> list[str]:
    """Return the branches and tags there, but for main."""
    found = git(team.hub, "for-each-ref", "--format=%(refname:short)").split()
    return [name for name in found if name != "main"]


@LONG_TAIL
def test_what_a_repair_kept_there_goes_with_the_value(leaked: Team) -> None:
    name = kept(leaked)
    assert branches(leaked) == [name]
    said = leaked.alice.ok(*PURGE)
    assert f"deleted {name} there, which had what was purged" in said.err
    assert branches(leaked) == []
    check_gone(leaked)


@LONG_TAIL
def test_branches_of_people_are_named_and_stay(leaked: Team) -> None:
    git(leaked.hub, "branch", "mine", "main")
    git(leaked.hub, "tag", "v1", "main")
    before = tip(leaked)
    git(leaked.hub, "update-ref", "refs/pull/1/head", commit(leaked))
    git(leaked.hub, "branch", "other", git(leaked.hub, "rev-parse", "main~3").strip())
    said = leaked.alice.ok(*PURGE)
    assert "what was purged can still be read at" in said.err
    assert "in mine, refs/pull/1/head, v1\n" in said.err
    assert git(leaked.hub, "rev-parse", "mine").strip() == before
    assert "other" in branches(leaked)
    leaked.bob.ok("pull")
    told = leaked.bob.run("doctor").out
    assert all(f"{name} at {ADDRESS} keeps what was purged" in told for name in ("mine", "v1"))
    check_gone(leaked)


@LONG_TAIL
def test_a_host_that_deletes_no_branch(leaked: Team) -> None:
    """`doctor` names it, and `share repair` deletes it later."""
    name = kept(leaked)
    git(leaked.hub, "config", "receive.denyDeletes", "true")
    said = leaked.alice.ok(*PURGE)
    assert f"can still be read at {ADDRESS}, in {name}\n" in said.err
    check_gone(leaked)
    assert f"{name} at {ADDRESS} keeps what was purged" in leaked.bob.run("doctor").out
    git(leaked.hub, "config", "receive.denyDeletes", "false")
    done = leaked.bob.ok("share", "repair")
    assert done.out.endswith("without what was purged\n")
    assert branches(leaked) == []
    assert "keeps what" not in leaked.bob.run("doctor").out


@LONG_TAIL
def test_what_has_nothing_of_the_value_is_kept(leaked: Team) -> None:
    leaked.alice.ok(*PURGE)
    leaked.bob.ok("pull")
    name = kept(leaked)
    leaked.alice.ok("set", "local", "app.entry=another-one-8")
    leaked.alice.ok("unset", "local", "app.entry")
    leaked.alice.ok(*PURGE)
    assert branches(leaked) == [name]
    assert leaked.bob.ok("share", "repair").out == "nothing is wrong there\n"

"""`pull --rerecord`: two lawful lines with one beginning, and both go on."""

from __future__ import annotations

import shutil
import signal
import sqlite3
from contextlib import closing
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from tests.crash.killing import count_effects, once
from tests.examples import LONG_TAIL
from tests.log.events import KEY
from tests.mirrors import git
from tests.sharing.people import ADDRESS, bare_repository, knows
from tests.sharing.people import person as new_machine
from tests.sharing.poison import commit, put, tip
from tests.sharing.test_deployments import CLAIM
from tests.sharing.test_moving import noted

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine, Result
    from tests.sharing.people import Team


def set_back(team: Team, position: int) -> None:
    """Have the repository lose what comes after an event, as an administrator can."""
    git(team.hub, "update-ref", "refs/heads/main", team.shared()[position - 1])


def state(person: Machine, position: int) -> dict[str, Any]:
    """Return the stored state of an event."""
    found: dict[str, Any] = person.ok("event", str(position), "-o", "json").json["state"]
    return found


def again(person: Machine, position: int) -> int | None:
    """Return the position of the event that another one was decided again for."""
    origin = state(person, position)["metadata"].get("rerecorded_from")
    return origin and int(origin["position"])


def left(person: Machine) -> Result:
    """Have somebody record again what can be, which is not all."""
    done = person.run("pull", "--rerecord")
    assert done.code == 3, (done.out, done.err)
    assert "not recorded again" in done.error()
    return done


def events_in(store: Path) -> int:
    """Return the position of the newest event in a store."""
    with closing(sqlite3.connect(store)) as connection:
        return int(connection.execute("SELECT max(position) FROM events").fetchone()[0])


def files(*folders: Path) -> dict[str, str]:
    """Return path to digest of the files in folders."""
    return {
        str(path): sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_edits_and_a_promotion_are_decided_again_on_top(team: Team) -> None:
    alice, bob = team
    fork = len(team.shared())
    alice.ok("set", "local", "app.alices=1", "-m", "mine")
    alice.ok("promote", "dev")
    old = alice.history("-n", "1")[0]
    set_back(team, fork)
    bob.ok("set", "local", "app.bobs=2")
    done = alice.fails(4, "pull")
    assert "histories fork there" in done.error()
    assert "`tetra-es pull --rerecord`" in done.hint()
    before = files(alice.folder, alice.home / ".local/state", team.hub)
    planned = alice.ok("pull", "--rerecord", "--dry-run").out
    assert "would be recorded again as" in planned
    assert files(alice.folder, alice.home / ".local/state", team.hub) == before
    alice.ok("pull", "--rerecord")
    team.check_equal(whole=True)
    for person in team:
        lines = person.ok("show", "dev").out.splitlines()
        assert {"alices = 1", "bobs = 2"} <= set(lines)
    assert [again(alice, fork + each) for each in (1, 2, 3)] == [None, fork + 1, fork + 2]
    assert state(alice, fork + 2)["metadata"]["reason"] == "mine"
    newest = state(alice, fork + 3)
    assert newest["source_revision"] == state(alice, fork + 2)["revision"]
    assert newest["metadata"]["rerecorded_from"]["hash"] == old["hash"]
    assert git(alice.mirror, "for-each-ref", "refs/tetra/forks")
    assert "nothing to record again" in alice.ok("pull", "--rebase").out
    # Who follows for a SIEM is told, also when started again since.
    cursor = f"{old['event']}:{old['hash']}"
    done = alice.fails(4, "audit", "follow", "--no-wait", "--after", cursor)
    assert f"#{old['event']} is another event" in done.error()
    shared = f"{fork}:{alice.history('--before', str(fork + 1), '-n', '1')[0]['hash']}"
    rows = alice.ok("audit", "follow", "--no-wait", "--after", shared).out.splitlines()
    assert len(rows) == alice.last_position() - fork


@LONG_TAIL
def test_what_cannot_be_decided_again_is_listed_and_the_rest_stands(team: Team) -> None:
    alice, bob = team
    alice.ok("promote", "dev")
    alice.ok("recipient", "add", "dev", "alice", alice.ok("identity", "new").out.strip())
    bob.ok("pull")
    fork = len(team.shared())
    alice.ok("set", "local", "app.name=alices")
    alice.ok("promote", "dev")
    alice.ok("set", "local", "app.other=1")
    alice.ok("promote", "staging")
    alice.ok("rollback", "dev", "--to", "dev@1")
    alice.ok("secret", "set", "dev", "TOKEN", stdin="one")
    alice.ok("secret", "set", "dev", "OWN", stdin="mine")
    alice.ok("secret", "rm", "dev", "OWN")
    set_back(team, fork)
    bob.ok("set", "local", "app.name=bobs")
    bob.ok("secret", "set", "dev", "TOKEN", stdin="two")
    done = left(alice)
    said = {
        int(line.split()[0].strip("#")): line.partition(": ")[2]
        for line in done.out.splitlines()
        if line.startswith("  #")
    }
    assert 'app.name is "bobs" there, "alices" here' in said[fork + 1]
    assert "local@2, which it is about, was not recorded again" in said[fork + 2]
    assert said[fork + 3].startswith("recorded again as")
    assert said[fork + 4].startswith("recorded again as")
    assert said[fork + 5] == "is there already"
    assert "TOKEN of dev is at version 1 there" in said[fork + 6]
    assert said[fork + 7].startswith("recorded again as")
    assert said[fork + 8].startswith("recorded again as")
    team.check_equal(whole=True)
    assert alice.ok("secret", "get", "dev", "TOKEN").out.strip() == "two"
    for person in team:
        assert 'name = "bobs"' in person.ok("show", "staging").out


def test_secrets_people_and_servers(team: Team) -> None:
    alice, bob = team
    keys = [alice.ok("identity", "new").out.strip(), bob.ok("identity", "show").out.strip()]
    alice.ok("recipient", "add", "dev", "alice", keys[0])
    alice.ok("promote", "dev")
    bob.ok("pull")
    fork, of_position = len(team.shared()), len(team.shared())
    alice.ok("secret", "set", "dev", "TOKEN", stdin="one")
    alice.ok("secret", "set", "dev", "TOKEN", stdin="two")
    alice.ok("secret", "compromised", "dev", "TOKEN", "--version", "1")
    alice.ok("signer", "add", "carol", KEY.public_line, "--may", "edit:local")
    code = CLAIM.replace("of_position=3", f"of_position={of_position}")
    done = alice.process("1", "claim", "facts", code=code)
    assert done.code == 0, done.err
    alice.ok("set", "local", "ports.tetra=5001")
    alice.ok("undo", str(alice.last_position()), "-m", "a slip")
    tail = len(team.shared())
    set_back(team, fork)
    bob.ok("set", "local", "app.bobs=2")
    bob.ok("recipient", "add", "dev", "bob", keys[1])
    done = alice.run("pull", "--rerecord")
    assert done.code == 0, done.out
    team.check_equal(whole=True)
    assert alice.ok("secret", "get", "dev", "TOKEN").out.strip() == "two"
    assert bob.ok("secret", "get", "dev", "TOKEN").out.strip() == "two"
    assert "carol" in alice.ok("signer", "list").out
    new = {again(alice, each): state(alice, each) for each in range(fork + 3, tail + 3)}
    observed = [each for each in new.values() if "deployment" in each]
    assert len(observed) == 3
    assert all(each["observed"] for each in observed)
    assert {each.get("of_position", of_position) for each in observed} == {of_position}
    assert new[tail]["undoes"] is None
    assert new[tail]["metadata"]["reason"] == "a slip"


def test_edits_that_are_not_recorded_stay_and_merge(team: Team) -> None:
    alice, bob = team
    fork = len(team.shared())
    alice.ok("set", "local", "app.alices=1")
    set_back(team, fork)
    bob.ok("set", "local", "app.bobs=2")
    path = alice.toml("local")
    path.write_text(f"{path.read_text()}\n[typed]\nby = 'hand'\n")
    done = alice.ok("pull", "--rerecord")
    assert "environments/local.toml has changes that are not recorded" in done.out
    assert "[typed]" in path.read_text()
    alice.ok("record", "local")
    assert {"alices = 1", "bobs = 2", "by = 'hand'"} <= set(path.read_text().splitlines())
    team.check_equal()


@LONG_TAIL
def test_others_events_are_left_to_them_and_are_recorded_once(team: Team) -> None:
    alice, bob = team
    fork = len(team.shared())
    early = bob.copy(team.hub.parent / "early")
    bob.ok("set", "local", "app.bobs=1")
    alice.ok("promote", "dev")
    bob.ok("pull")
    set_back(team, fork)
    early.ok("set", "local", "app.early=1")
    done = left(alice)
    assert "not recorded again: bob recorded it" in done.out
    assert "local@2, which it is about, was not recorded again" in done.out
    done = left(bob)
    assert f"#{fork + 1} environment.edited env:local: recorded again as #{fork + 2}" in done.out
    assert "not recorded again: alice recorded it" in done.out
    done = alice.ok("pull", "--rerecord")
    assert f"#{fork + 2} environment.promoted env:dev: recorded again as #{fork + 3}" in done.out
    for each in (alice, bob, early):
        each.ok("pull")
        assert again(each, fork + 3) == fork + 2
    team.check_equal(whole=True)
    assert "nothing to record again" in alice.ok("pull", "--rerecord").out


@LONG_TAIL
def test_who_only_reads_takes_over_the_line_there(team: Team, tmp_path: Path) -> None:
    """An auditor's account, which has no key: nothing there is its own."""
    alice, bob = team
    auditor = new_machine(tmp_path / "auditor", "auditor")
    knows(auditor, team.hub)
    fork = alice.history("-n", "1")[0]
    auditor.ok("--no-input", "clone", ADDRESS, "--expect", f"{fork['event']}:{fork['hash']}")
    alice.ok("set", "local", "app.alices=1")
    auditor.ok("pull")
    set_back(team, fork["event"])
    bob.ok("set", "local", "app.bobs=2")
    assert "`tetra-es pull --rerecord`" in auditor.fails(4, "pull").hint()
    assert "alice recorded it, and does that again" in left(auditor).out
    assert not (auditor.home / ".config/tetra-es").exists()
    alice.ok("pull", "--rerecord")
    for machine in (auditor, bob):
        machine.ok("pull")
    assert auditor.history() == alice.history() == bob.history()
    auditor.ok("verify")


@LONG_TAIL
def test_a_signer_who_was_removed_does_not_have_it_back(team: Team) -> None:
    alice, bob = team
    fork = len(team.shared())
    alice.ok("signer", "rm", "bob")
    set_back(team, fork)
    bob.ok("set", "local", "app.bobs=1")
    before = files(alice.folder / "store", alice.home / ".local/state", team.hub)
    done = alice.fails(4, "pull", "--rerecord")
    assert f"#{fork + 1} there is recorded by bob, who was removed here" in done.error()
    assert files(alice.folder / "store", alice.home / ".local/state", team.hub) == before
    alice.ok("pull", "--rerecord", "-m", "bob had not heard of it")
    assert again(alice, fork + 2) == fork + 1
    assert "bobs = 1" in alice.ok("show", "local").out
    bob.ok("pull")
    bob.fails(3, "set", "local", "app.bobs=2")


@LONG_TAIL
def test_a_bad_tip_on_top_of_the_other_line(team: Team) -> None:
    """Each of the two commands takes care of its own part, in any order of being told."""
    alice, bob = team
    fork = len(team.shared())
    alice.ok("set", "local", "app.alices=1")
    set_back(team, fork)
    bob.ok("set", "local", "app.bobs=2")
    good = tip(team)
    put(team, commit(team, {"notes.txt": "mine\n"}))
    assert "`tetra-es share repair`" in alice.fails(4, "pull", "--rerecord").hint()
    assert "set 1 commit aside" in alice.ok("share", "repair").out
    assert tip(team) == good
    assert "`tetra-es pull --rerecord`" in alice.fails(4, "share", "repair").hint()
    alice.ok("pull", "--rerecord")
    team.check_equal(whole=True)
    assert {"alices = 1", "bobs = 2"} <= set(bob.ok("show", "local").out.splitlines())


@LONG_TAIL
def test_two_forks_in_one_second(team: Team) -> None:
    """Both old stores are kept, the newer one last."""
    alice, bob = team
    for number in range(3):
        fork = len(team.shared())
        alice.ok("set", "local", f"app.alices={number}")
        set_back(team, fork)
        bob.ok("set", "local", f"app.bobs={number}")
        alice.ok("pull", "--rerecord")
        bob.ok("pull")
    kept = sorted((alice.folder / "store").glob("fork-*.db"))
    assert len(kept) == 3
    assert sorted(kept, key=events_in) == kept
    team.check_equal()


@LONG_TAIL
@pytest.mark.parametrize("is_gone", [False, True])
def test_the_other_line_moved_elsewhere(team: Team, is_gone: bool) -> None:
    """As where a host lost what one person alone had, and the others went to another."""
    alice, bob = team
    new = str(bare_repository(team.hub.with_name("new.git")))
    fork = len(team.shared())
    alice.ok("set", "local", "app.alices=1")
    aside, stray = bob.copy(team.hub.with_name("aside")), bare_repository(team.hub.with_name("x"))
    aside.ok("unshare")
    aside.ok("set", "local", "app.x=1")
    aside.git("push", "-q", str(stray), "main")
    alice.fails(4, "share", str(stray))
    assert noted(alice) == ADDRESS  # where all is right
    set_back(team, fork)
    bob.ok("share", new)
    bob.ok("set", "local", "app.bobs=2")
    if is_gone:
        shutil.rmtree(team.hub)
    assert "`tetra-es pull --rerecord`" in alice.fails(4, "share", new).hint()
    alice.ok("pull", "--rerecord")
    assert noted(alice) == new
    for each in team:
        each.ok("pull")
        assert {"alices = 1", "bobs = 2"} <= set(each.ok("show", "local").out.splitlines())
        each.ok("verify")


def test_it_is_for_organizations_that_are_shared(alice: Machine) -> None:
    assert "is not shared" in alice.fails(3, "pull", "--rerecord").error()
    assert "go with --rerecord" in alice.fails(2, "pull", "-m", "why").error()


PULL = ["pull", "--rerecord"]
POINTS = 8
"""Where it is killed."""


@LONG_TAIL
def test_killed_anywhere_it_goes_on_and_records_nothing_twice(team: Team, tmp_path: Path) -> None:
    alice, bob = team
    fork = len(team.shared())
    alice.ok("set", "local", "app.alices=1")
    alice.ok("promote", "dev")
    set_back(team, fork)
    bob.ok("set", "local", "app.bobs=2")
    effects = count_effects(team.copy(tmp_path / "counted").alice, PULL)
    spread = [effects * (2 * number + 1) // (2 * POINTS) for number in range(POINTS)]
    last = range(effects - effects // 5, effects, max(1, effects // (5 * POINTS)))
    for point in (*spread, *last):
        copy = team.copy(tmp_path / f"killed-{point}")
        assert once(copy.alice, PULL, signal.SIGKILL, point).code == -signal.SIGKILL
        copy.alice.run("status")
        copy.alice.ok(*PULL)
        copy.check_equal(whole=point == spread[-1])
        origins = [again(copy.bob, position) for position in range(1, fork + 4)]
        assert [each for each in origins if each] == [fork + 1, fork + 2]
        assert len(copy.shared()) == fork + 3
        store = copy.alice.folder / "store"
        assert not [*store.glob("rerecording-*")]
        (kept,) = store.glob("fork-*.db")
        with closing(sqlite3.connect(kept)) as connection:
            assert connection.execute("SELECT count(*) FROM events").fetchone() == (fork + 2,)
        shutil.rmtree(tmp_path / f"killed-{point}")

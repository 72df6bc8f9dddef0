"""Sharing, joining, and everyday work of two people in one organization."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL, some
from tests.mirrors import commit_on, git
from tests.sharing.people import ADDRESS, bare_repository, knows

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine
    from tests.sharing.people import Team


def head_of(machine: Machine) -> str:
    """Return the newest event as `--expect` has it."""
    (newest,) = machine.history("-n", "1")
    return f"{newest['event']}:{newest['hash']}"


def test_an_empty_repository_gets_every_event(alice: Machine, hub: Path) -> None:
    said = alice.ok("share", ADDRESS).out
    assert said.startswith(f"shared acme at {ADDRESS}: 2 events\n")
    assert f"`tetra-es clone {ADDRESS} --expect {head_of(alice)}`" in said
    assert git(hub, "rev-parse", "main") == alice.git("rev-parse", "main")
    alice.ok("set", "local", "ports.tetra=5001")
    assert git(hub, "rev-parse", "main") == alice.git("rev-parse", "main")
    assert "tetra = 5001" in git(hub, "show", "main:environments/local.toml")


def test_a_repository_with_this_history_is_joined(alice: Machine, hub: Path) -> None:
    """Such as a copy of the mirror that was pushed before, and lacks the newest events."""
    alice.ok("mirror", "add", "origin", str(hub))
    alice.ok("mirror", "push")
    alice.ok("mirror", "rm", "origin")
    alice.ok("set", "local", "ports.tetra=5001")
    assert alice.ok("share", ADDRESS).out.startswith(f"joined acme at {ADDRESS}: 3 events\n")
    assert git(hub, "rev-parse", "main") == alice.git("rev-parse", "main")


@LONG_TAIL
def test_another_history_is_refused(alice: Machine, bob: Machine, hub: Path) -> None:
    bob.ok("init", "acme")
    bob.ok("share", ADDRESS)
    before = git(hub, "rev-parse", "main")
    refused = alice.fails(3, "share", ADDRESS)
    assert refused.error() == f"{ADDRESS} has the history of another organization"
    alice.ok("set", "local", "ports.tetra=5001")  # nothing was changed here
    assert git(hub, "rev-parse", "main") == before


@LONG_TAIL
def test_other_content_is_refused(alice: Machine, hub: Path) -> None:
    tree = git(hub, "mktree", data="").strip()
    commit = git(
        hub, "-c", "user.name=c", "-c", "user.email=c@c", "commit-tree", tree, "-m", "x"
    ).strip()
    git(hub, "update-ref", "refs/heads/main", commit)
    refused = alice.fails(3, "share", ADDRESS)
    assert refused.error() == f"{ADDRESS}: main there has commits that no event made"
    assert refused.hint() == "share this one by an empty repository"
    alice.ok("set", "local", "ports.tetra=5001")
    assert git(hub, "rev-parse", "main").strip() == commit


@LONG_TAIL
def test_sharing_twice_changes_nothing(team: Team) -> None:
    said = team.alice.ok("share", ADDRESS).out
    assert said.startswith(f"acme is shared at {ADDRESS} already: 3 events\n")
    assert "tetra-es clone" in said


@pytest.mark.parametrize("address", ["ext::sh -c id", "-x", "", "a b://c", "ssh://-x/y"])
@pytest.mark.parametrize("command", ["share", "clone"])
def test_what_is_no_address(alice: Machine, command: str, address: str) -> None:
    assert alice.run(command, "--", address).code == 2


@LONG_TAIL
def test_a_clone_has_all_of_it(team: Team) -> None:
    alice, bob = team
    team.check_equal()
    assert bob.toml("local").read_bytes() == alice.toml("local").read_bytes()
    bob.ok("verify")


@LONG_TAIL
def test_a_clone_shows_what_it_took(alice: Machine, bob: Machine) -> None:
    alice.ok("share", ADDRESS)
    done = bob.ok("clone", ADDRESS)
    assert f"shared   {ADDRESS}\n" in done.out
    assert f"head     #{head_of(alice).replace(':', ' ')}\n" in done.out
    assert "founder  SHA256:" in done.out
    assert "compare head and founder" in done.err


@pytest.mark.parametrize("before", [(), ("--no-input",)])
def test_a_clone_with_the_expected_event(
    alice: Machine, bob: Machine, before: tuple[str, ...]
) -> None:
    alice.ok("share", ADDRESS)
    done = bob.ok(*before, "clone", ADDRESS, "--expect", head_of(alice))
    assert "compare" not in done.err


def test_a_clone_of_something_else_than_expected(alice: Machine, bob: Machine) -> None:
    alice.ok("share", ADDRESS)
    assert bob.run("clone", ADDRESS, "--expect", f"2:{'0' * 64}").code == 4
    longer = bob.run("clone", ADDRESS, "--expect", f"9:{'0' * 64}")
    assert longer.code == 4
    assert "event #9 was expected, and is not here" in longer.error()
    assert bob.run("--no-input", "clone", ADDRESS).code == 3
    assert not bob.folder.exists()
    bob.ok("clone", ADDRESS)  # nothing is left that stands in its way


@LONG_TAIL
def test_a_clone_where_something_is(alice: Machine, bob: Machine) -> None:
    alice.ok("share", ADDRESS)
    bob.folder.mkdir(parents=True)
    (bob.folder / "manifest.toml").touch()
    refused = bob.fails(3, "clone", ADDRESS)
    assert refused.error() == f"{bob.folder} is there already"
    elsewhere = ("--dir", str(bob.home / "elsewhere"))
    bob.ok(*elsewhere, "clone", ADDRESS, "acme")
    assert bob.ok(*elsewhere, "history").out == alice.ok("history").out
    bob.fails(2, "clone", ADDRESS, "other")  # it is the history of acme


def test_a_clone_of_what_is_no_history(bob: Machine, hub: Path) -> None:
    assert "cannot clone" in bob.fails(1, "clone", ADDRESS).error()  # it is empty
    git(hub, "hash-object", "-w", "--stdin", data="x\n")
    blob = git(hub, "hash-object", "-w", "--stdin", data="x\n").strip()
    tree = git(hub, "mktree", data=f"100644 blob {blob}\tREADME\n").strip()
    who = ("-c", "user.name=c", "-c", "user.email=c@c")
    commit = git(hub, *who, "commit-tree", tree, "-m", "x").strip()
    git(hub, "update-ref", "refs/heads/main", commit)
    commit_on(hub, "refs/heads/main")
    failed = bob.fails(1, "clone", ADDRESS)
    assert failed.error() == f"{ADDRESS} has no events: it is not a clone of a mirror"
    assert not bob.folder.exists()


def test_a_newcomer_reads_and_is_added(alice: Machine, bob: Machine) -> None:
    alice.ok("share", ADDRESS)
    said = bob.ok("clone", ADDRESS).out
    assert bob.ok("show", "local").out == alice.ok("show", "local").out
    refused = bob.fails(3, "set", "local", "ports.tetra=5001")
    assert refused.error() == "your key is not a signer of acme"
    (line,) = re.findall(r"^ssh-ed25519 \S+ age1\S+$", said, re.MULTILINE)
    invited = alice.ok("member", "add", "bob", "-", "--reads", "dev", stdin=f"{line}\n").out
    assert f"`tetra-es clone {ADDRESS} --expect {head_of(alice)}`" in invited
    assert "received #3" in bob.ok("set", "local", "ports.tetra=5001").err
    bob.ok("secret", "set", "dev", "API_KEY", stdin="hunter2-of-bob")
    assert bob.ok("secret", "get", "dev", "API_KEY").out == "hunter2-of-bob"


@LONG_TAIL
def test_a_clone_of_a_signer_tells_nothing(team: Team) -> None:
    """Nor one where nobody sits, as in CI: keys come from elsewhere there."""
    _, bob = team
    second = bob.ok("--dir", str(bob.home / "second"), "clone", ADDRESS)
    assert second.err == ""
    assert "ssh-ed25519" not in second.out
    shutil.rmtree(bob.home / ".config")
    third = bob.ok("--no-input", "--dir", str(bob.home / "third"), "clone", ADDRESS)
    assert third.err == ""
    assert not (bob.home / ".config").exists()


def test_both_record(team: Team) -> None:
    alice, bob = team
    alice.ok("set", "local", "ports.tetra=5001")
    alice.ok("promote", "dev")
    said = bob.ok("set", "local", "logging.level=warn")
    assert "tetra-es: received #4 to #5\n" in said.err
    assert "(#6)" in said.out
    assert "tetra = 5001" in bob.toml("local").read_text()
    assert bob.toml("dev").read_bytes() == alice.toml("dev").read_bytes()
    assert alice.ok("pull").out == "received #6\n"
    assert alice.ok("pull").out == "up to date: #6\n"
    assert alice.toml("local").read_bytes() == bob.toml("local").read_bytes()
    team.check_equal()


@LONG_TAIL
def test_a_dry_run_receives_and_sends_nothing(team: Team) -> None:
    alice, bob = team
    alice.ok("set", "local", "ports.tetra=5001")
    before = team.shared()
    assert "#5" not in bob.ok("set", "local", "logging.level=warn", "--dry-run").err
    assert team.shared() == before
    assert bob.last_position() == 4


@LONG_TAIL
def test_unsharing_and_sharing_again(team: Team) -> None:
    alice, bob = team
    assert bob.ok("unshare").out == f"not shared any more at {ADDRESS}\n"
    assert bob.ok("unshare").out == "nothing to do: it was not shared\n"
    refused = bob.fails(3, "pull")
    assert refused.error() == "this organization is not shared: all of its events are here"
    alice.ok("set", "local", "ports.tetra=5001")
    said = bob.ok("share", ADDRESS).out
    assert said.startswith(f"joined acme at {ADDRESS}: 4 events\n")
    assert head_of(alice) in said
    team.check_equal()


def test_what_was_recorded_alone_is_a_fork(team: Team) -> None:
    alice, bob = team
    bob.ok("unshare")
    bob.ok("set", "local", "ports.tetra=5002")
    alice.ok("set", "local", "ports.tetra=5001")
    before = team.shared()
    assert "#4" in bob.fails(4, "share", ADDRESS).error()
    assert team.shared() == before
    bob.ok("set", "local", "ports.tetra=5003")  # still alone


UNREACHED = [
    ("set", "local", "ports.tetra=5001"),
    ("pull",),
    ("promote", "dev"),
    ("record",),
    ("signer", "rm", "bob"),
]


@pytest.mark.parametrize("command", some(UNREACHED, 1), ids=lambda words: words[0])
def test_an_unreachable_repository(team: Team, command: tuple[str, ...]) -> None:
    alice, _ = team
    team.hub.rename(team.hub.with_name("away"))
    failed = alice.fails(1, *command)
    assert failed.error().startswith(f"cannot reach {ADDRESS}: ")
    assert alice.ok("history", "-n", "1").out
    assert alice.ok("status").code == 0
    assert "ports" in alice.ok("show", "local").out
    team.hub.with_name("away").rename(team.hub)
    alice.ok("set", "local", "ports.tetra=5001")


@LONG_TAIL
def test_a_lost_state_folder_does_not_fork(team: Team) -> None:
    alice, bob = team
    shutil.rmtree(bob.home / ".local" / "state")
    for words in (
        ("set", "local", "ports.tetra=5001"),
        ("promote", "dev"),
        ("signer", "rm", "bob"),
        ("host", "forget", "h"),
    ):
        refused = bob.run(*words)
        assert refused.code == 3
        assert "this account does not know where" in refused.error()
    assert bob.last_position() == 3
    bob.ok("history", "-n", "1")
    assert bob.ok("share", ADDRESS).out.startswith("joined acme")
    bob.ok("set", "local", "ports.tetra=5001")
    alice.ok("pull")
    team.check_equal()


@LONG_TAIL
def test_two_folders_of_one_account(team: Team) -> None:
    """A second clone of the same person, such as one for experiments or for `apply`."""
    _, bob = team
    bob.ok("--dir", str(bob.home / "second"), "clone", ADDRESS)
    bob.ok("--dir", str(bob.home / "second"), "set", "local", "ports.tetra=5001")
    assert "received #4" in bob.ok("set", "local", "ports.tetra=5002").err
    assert bob.ok("--dir", str(bob.home / "second"), "pull").out == "received #5\n"
    team.check_equal()


@LONG_TAIL
def test_an_older_copy_of_the_store_pulls_first(team: Team, tmp_path: Path) -> None:
    alice, bob = team
    shutil.copytree(bob.folder / "store", tmp_path / "store")
    bob.ok("set", "local", "ports.tetra=5001")
    alice.ok("set", "local", "logging.level=warn")
    shutil.rmtree(bob.folder / "store")
    shutil.copytree(tmp_path / "store", bob.folder / "store")
    bob.ok("show", "local")
    said = bob.ok("promote", "dev")
    assert "received #4 to #5" in said.err
    assert "(#6)" in said.out
    team.check_equal()


@LONG_TAIL
def test_an_older_copy_of_the_whole_folder_pulls_first(team: Team, tmp_path: Path) -> None:
    _, bob = team
    shutil.copytree(bob.folder, tmp_path / "folder", symlinks=True)
    bob.ok("set", "local", "ports.tetra=5001")
    shutil.rmtree(bob.folder)
    shutil.copytree(tmp_path / "folder", bob.folder, symlinks=True)
    assert bob.ok("pull").out == "received #4\n"
    team.check_equal()


@LONG_TAIL
def test_the_address_is_beside_the_pins_alone(team: Team) -> None:
    """A folder that somebody sent must not choose where events are sent to."""
    for each in team:
        for path in each.folder.rglob("*"):
            assert path.is_dir() or ADDRESS.encode() not in path.read_bytes(), path
    (found,) = (team.bob.home / ".local" / "state").rglob("shared.json")
    assert json.loads(found.read_text())["address"] == ADDRESS
    assert found.stat().st_mode & 0o777 == 0o600


@LONG_TAIL
def test_a_damaged_address_stops_recording(team: Team) -> None:
    alice, _ = team
    (found,) = (alice.home / ".local" / "state").rglob("shared.json")
    found.write_text("{")
    failed = alice.fails(1, "set", "local", "ports.tetra=5001")
    assert f"`rm {found}`" in failed.hint()
    found.unlink()
    alice.ok("share", ADDRESS)
    alice.ok("set", "local", "ports.tetra=5001")
    team.check_equal()


@LONG_TAIL
def test_another_address_of_the_same_repository(team: Team) -> None:
    _, bob = team
    moved = "ssh://git.acme.example/moved.git"
    knows(bob, team.hub, moved)
    bob.ok("unshare")
    assert bob.ok("share", moved).out.startswith(f"joined acme at {moved}")
    team.check_equal()


def test_an_account_in_the_address_is_not_shown(alice: Machine, hub: Path) -> None:
    with_account = "https://bob:hunter2@git.acme.example/acme.git"
    knows(alice, hub, with_account)
    said = alice.ok("share", with_account)
    assert "hunter2" not in said.err
    assert said.out.startswith("shared acme at https://git.acme.example/acme.git: ")
    assert "hunter2" not in said.out
    hub.rename(hub.with_name("away"))
    assert "hunter2" not in alice.fails(1, "set", "local", "ports.tetra=5001").err


@LONG_TAIL
def test_a_clone_that_was_killed_is_begun_again(alice: Machine, bob: Machine) -> None:
    """Before the events were in their place; a folder with anything else is not touched."""
    alice.ok("share", ADDRESS)
    left = bob.folder / "store" / "restoring-0123456789abcdef"
    left.mkdir(parents=True)
    (left / "events.db").write_bytes(b"")
    (bob.folder / "store" / "lock").touch()
    (bob.folder / "mine").touch()
    assert "is there already" in bob.fails(3, "clone", ADDRESS).error()
    (bob.folder / "mine").unlink()
    bob.ok("clone", ADDRESS)
    bob.ok("verify")


@LONG_TAIL
def test_a_host_with_another_default_branch_is_read_by_main(team: Team, tmp_path: Path) -> None:
    """As `git init --bare` makes one; git then clones it without a checkout."""
    git(team.hub, "symbolic-ref", "HEAD", "refs/heads/master")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(team.hub), str(clone))
    for place in (team.hub, clone):
        team.alice.ok("verify", "--against", str(place))


@LONG_TAIL
def test_a_second_folder_that_is_behind_when_the_first_stops_sharing(team: Team) -> None:
    """What it lacks is where it was shared: nobody is told to trust the older copy."""
    _, bob = team
    second = ("--dir", str(bob.home / "second"))
    bob.ok(*second, "clone", ADDRESS)
    bob.ok("set", "local", "ports.tetra=5001")
    bob.ok("unshare")
    for words in (("set", "local", "ports.tetra=5002"), ("promote", "dev"), ("record",)):
        refused = bob.fails(3, *second, *words)
        assert "this account does not know where" in refused.error()
    assert "joined acme" in bob.ok(*second, "share", ADDRESS).out
    bob.ok(*second, "set", "local", "ports.tetra=5002")
    bob.ok("pull")
    team.check_equal()


@LONG_TAIL
def test_an_older_copy_is_not_shared_anew(team: Team, tmp_path: Path) -> None:
    _, bob = team
    second = ("--dir", str(bob.home / "second"))
    bob.ok(*second, "clone", ADDRESS)
    bob.ok("set", "local", "ports.tetra=5001")
    bob.ok("unshare")
    empty = bare_repository(tmp_path / "empty.git")
    refused = bob.fails(4, *second, "share", str(empty))
    assert "#4 was admitted on this account already" in refused.error()
    assert git(empty, "for-each-ref") == ""


def test_a_clone_without_a_key_pulls(alice: Machine, bob: Machine) -> None:
    """Such as one for `apply`, which a timer keeps up to date."""
    alice.ok("share", ADDRESS)
    bob.ok("--no-input", "clone", ADDRESS, "--expect", head_of(alice))
    alice.ok("set", "local", "ports.tetra=5001")
    bob.toml("local").write_text(bob.toml("local").read_text() + "# mine\n")
    assert bob.ok("--no-input", "pull").out == "received #3\n"
    assert not (bob.home / ".config" / "tetra-es").exists()
    assert bob.ok("share", "repair").out == "nothing is wrong there\n"
    refused = bob.fails(1, "set", "local", "ports.tetra=5002")
    assert "no signing key" in refused.error()
    bob.ok("unshare")


@LONG_TAIL
def test_a_secret_that_one_may_read_since_somebody_else_s_last_event(team: Team) -> None:
    alice, bob = team
    own = alice.ok("identity", "line").out
    alice.ok("member", "add", "alice", "-", "--reads", "dev", stdin=own)
    alice.ok("secret", "set", "dev", "A", stdin="value")
    bob.ok("pull")
    alice.ok("member", "add", "bob", "-", "--reads", "dev", stdin=bob.ok("identity", "line").out)
    refused = bob.fails(3, "secret", "get", "dev", "A")
    assert refused.hint().startswith("`tetra-es pull`, if a signer has added you since; else ")
    bob.ok("pull")
    assert bob.ok("secret", "get", "dev", "A").out == "value"

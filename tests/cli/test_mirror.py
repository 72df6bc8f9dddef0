"""The git mirror as a reviewer sees it, with the user's own git."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL, some
from tests.mirrors import commit_on

if TYPE_CHECKING:
    from tests.conftest import Machine

HOSTILE = """\
[user]
    useConfigOnly = true
[commit]
    gpgsign = true
[gpg]
    program = /bin/false
[core]
    autocrlf = true
    hooksPath = {home}/hooks
    attributesFile = {home}/attributes
    excludesFile = {home}/excludes
[init]
    templateDir = {home}/template
    defaultBranch = trunk
"""


def busy(machine: Machine) -> None:
    machine.ok("set", "local", "ports.tetra=5555", "-m", "first\n\nEvent: 99\nActor: mallory")
    for environment in ("dev", "staging", "prod"):
        machine.ok("promote", environment)
    machine.ok("set", "local", "ports.tetra=6666")
    machine.ok("promote", "dev")
    machine.ok("rollback", "dev")


def make_hostile(machine: Machine) -> None:
    (machine.home / ".gitconfig").write_text(HOSTILE.format(home=machine.home))
    for folder in ("hooks", "template/hooks"):
        (machine.home / folder).mkdir(parents=True)
        for hook in ("pre-commit", "post-checkout", "reference-transaction", "post-index-change"):
            path = machine.home / folder / hook
            path.write_text("#!/bin/sh\nexit 1\n")
            path.chmod(0o755)
    (machine.home / "attributes").write_text("* text eol=crlf filter=x\n")
    (machine.home / "excludes").write_text("*.toml\n*.json\n")


def trailer_format(*names: str) -> str:
    """Return git's format for these trailers of a commit, with a bar between them."""
    return "|".join(f"%(trailers:key={name},valueonly,separator=%x2C)" for name in names)


def test_every_commit_has_the_trailers(machine: Machine) -> None:
    busy(machine)
    form = trailer_format("Event", "Event-Hash", "Topic", "Actor")
    lines = machine.git("log", "--reverse", f"--format={form}").splitlines()
    rows = list(reversed(machine.history()))
    assert lines == [f"{r['event']}|{r['hash']}|{r['type']}|{r['actor']}" for r in rows]
    form = trailer_format("Environment", "Revision")
    last = machine.git("log", "-1", f"--format={form}").strip()
    assert last == "dev|3"


def test_a_reviewer_reads_what_happened(machine: Machine) -> None:
    busy(machine)
    subjects = machine.git("log", "--format=%s").splitlines()
    assert "promote(dev): local@2 -> dev@1" in subjects
    log = machine.git("log", "-p", "--", "environments/prod.toml")
    assert "+tetra = 5555" in log
    assert machine.git("blame", "main", "--", "environments/dev.toml")
    tree = machine.git("ls-tree", "-r", "--name-only", "main").splitlines()
    assert {"manifest.toml", "allowed_signers", "environments/local.toml"} <= set(tree)
    assert sum(name.startswith("events/") for name in tree) == machine.last_position()


def test_the_event_file_regenerates_the_signed_hash(machine: Machine) -> None:
    import rfc8785

    from tetra_es.crypto.ssh.sshsig import dearmor, verify
    from tetra_es.log.chain import link, signed_bytes

    busy(machine)
    paths = machine.git("ls-tree", "-r", "--name-only", "main", "events/").split()
    assert len(paths) == machine.last_position()
    for path in paths:
        event = json.loads(machine.git("show", f"main:{path}"))
        state = rfc8785.dumps(event["state"])
        hashed = link(
            bytes.fromhex(event["previous"]),
            event["event"],
            event["stream"],
            event["version"],
            event["topic"],
            state,
        )
        assert hashed.hex() == event["hash"]
        verify(signed_bytes(hashed), dearmor(event["signature"]))


def test_fsck_and_a_clone_are_clean(machine: Machine) -> None:
    busy(machine)
    assert machine.git("fsck", "--strict", "--full").strip() == ""
    machine.git("clone", "-q", str(machine.mirror), str(machine.home / "clone"))
    assert (machine.home / "clone/environments/dev.toml").read_bytes() == machine.toml(
        "dev"
    ).read_bytes()


def test_a_hostile_git_configuration_changes_nothing(bare: Machine) -> None:
    make_hostile(bare)
    hostile = {
        "GIT_AUTHOR_NAME": "mallory",
        "GIT_DIR": "/nowhere",
        "GIT_INDEX_FILE": "/nowhere/index",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.autocrlf",
        "GIT_CONFIG_VALUE_0": "true",
    }
    bare.env.update(hostile)
    bare.ok("init", "acme")
    bare.ok("set", "local", "ports.tetra=5555")
    bare.ok("promote", "dev")
    for name in hostile:
        del bare.env[name]
    assert bare.git("branch", "--show-current").strip() == "main"
    assert "mallory" not in bare.git("log", "--format=%an %cn")
    assert bare.git("show", "main:environments/dev.toml") == bare.toml("dev").read_text()
    bare.ok("rebuild", "--check")
    bare.ok("verify")


DELETED = ["environments", "history", "everything", "store/views.db"]


@pytest.mark.parametrize("what", some(DELETED, 2))
def test_rebuild_restores_what_was_deleted(machine: Machine, what: str) -> None:
    busy(machine)
    head = machine.git("rev-parse", "main")
    names = ("local", "dev", "staging", "prod")
    before = {name: machine.toml(name).read_bytes() for name in names}
    parts = ["environments", "history", "store/views.db"] if what == "everything" else [what]
    for part in parts:
        path = machine.folder / part
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if what == "everything":
        for suffix in ("-wal", "-shm"):
            (machine.folder / f"store/views.db{suffix}").unlink(missing_ok=True)
    machine.ok("rebuild")
    assert {name: machine.toml(name).read_bytes() for name in names} == before
    assert machine.git("rev-parse", "main") == head
    machine.ok("rebuild", "--check")
    machine.ok("verify")


def test_rebuild_check_says_what_differs_and_writes_nothing(machine: Machine) -> None:
    busy(machine)
    machine.ok("rebuild", "--check")
    machine.toml("dev").write_text("x = 1\n")
    machine.toml("prod").unlink()
    commit_on(machine.mirror, "refs/heads/main", parent="main~1")
    done = machine.run("rebuild", "--check")
    assert done.code == 4
    assert "environments/dev.toml" in done.out
    assert "environments/prod.toml: is missing" in done.out
    assert f"#{machine.last_position()}" in done.out
    assert machine.toml("dev").read_text() == "x = 1\n"
    assert not machine.toml("prod").exists()


def test_a_deleted_mirror_comes_back_with_the_next_command(machine: Machine) -> None:
    busy(machine)
    head = machine.git("rev-parse", "main")
    shutil.rmtree(machine.mirror)
    machine.ok("promote", "dev")
    assert machine.git("rev-parse", "main~1") == head


def test_rebuild_keeps_edits_that_are_not_recorded(machine: Machine) -> None:
    with machine.toml("local").open("a") as file:
        file.write("\n[mine]\nx = 1\n")
    text = machine.toml("local").read_text()
    machine.ok("rebuild")
    assert machine.toml("local").read_text() == text
    assert "mine.x = 1" in machine.ok("record").out


@LONG_TAIL
def test_views_made_anew_know_the_commits(machine: Machine) -> None:
    busy(machine)
    for name in ("views.db", "views.db-wal", "views.db-shm"):
        (machine.folder / "store" / name).unlink(missing_ok=True)
    commit = machine.git("rev-parse", "main~2").strip()
    assert machine.ok("event", commit, "-o", "json").json["event"] == machine.last_position() - 2
    assert machine.ok("event", "1", "-o", "json").json["commit"] is not None


def test_an_ordinary_command_starts_no_git(machine: Machine) -> None:
    """Each process is time that everybody waits."""
    git, calls = shutil.which("git"), machine.home / "calls"
    wrapper = machine.home / "bin" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\necho "$*" >>{calls}\nexec {git} "$@"\n')
    wrapper.chmod(0o755)
    machine.env["PATH"] = f"{wrapper.parent}:{machine.environment()['PATH']}"
    for command in (("set", "local", "ports.tetra=5556"), ("promote", "dev"), ("promote", "prod")):
        machine.ok(*command)
    assert not calls.exists()
    machine.ok("verify")
    assert calls.exists()

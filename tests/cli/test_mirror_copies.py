"""Copies of the mirror elsewhere: pushed with git, and nothing there is overwritten unasked."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine

_NAMED = ("NAME", "EMAIL")


@pytest.fixture
def copy(machine: Machine, tmp_path: Path) -> Path:
    """An empty repository elsewhere, the remote origin."""
    path = tmp_path / "copy.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(path)], check=True)
    machine.ok("mirror", "add", "origin", str(path))
    return path


def log(copy: Path) -> list[str]:
    command = ["git", "-C", str(copy), "log", "--format=%H", "main"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def row(machine: Machine) -> dict[str, object]:
    (found,) = machine.ok("mirror", "list", "-o", "json").json
    assert isinstance(found, dict)
    return found


def test_a_push_brings_every_commit(machine: Machine, copy: Path) -> None:
    assert row(machine) == {"remote": "origin", "url": str(copy), "commit": None, "behind": None}
    machine.ok("promote", "dev")
    machine.ok("mirror", "push")
    assert log(copy) == machine.git("log", "--format=%H").split()
    machine.ok("set", "local", "ports.tetra=5555")
    machine.ok("promote", "dev")
    assert row(machine)["behind"] == 2
    machine.ok("mirror", "push", "origin")
    assert (row(machine)["behind"], row(machine)["commit"]) == (0, log(copy)[0])


def test_what_a_copy_has_beyond_is_not_replaced_unasked(
    machine: Machine, copy: Path, tmp_path: Path
) -> None:
    machine.ok("mirror", "push")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(copy), str(clone)], check=True)
    identity = ["-c", "user.name=bob", "-c", "user.email=bob@example.org"]
    foreign = ["git", "-C", str(clone), *identity, "commit", "-qm", "mine", "--allow-empty"]
    subprocess.run(foreign, check=True)
    subprocess.run(["git", "-C", str(clone), "push", "-q"], check=True)
    machine.ok("promote", "dev")
    assert (
        "origin has commits that the mirror has not" in machine.fails(3, "mirror", "push").error()
    )
    machine.ok("mirror", "push", "--force")
    assert log(copy) == machine.git("log", "--format=%H").split()


@LONG_TAIL
def test_force_replaces_nothing_by_what_no_event_made(machine: Machine, copy: Path) -> None:
    """A copy may be the only proof of what the mirror was before somebody changed it."""
    machine.ok("promote", "dev")
    machine.ok("mirror", "push")
    pushed, message = log(copy), machine.git("log", "-1", "--format=%B", "main")
    forger = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in _NAMED}
    tree = ("commit-tree", "main^{tree}", "-p", "main~1", "-m", message)
    forged = machine.git(*tree, env=forger).strip()
    machine.git("update-ref", "refs/heads/main", forged)
    with closing(sqlite3.connect(machine.folder / "store/views.db")) as views:
        ids = bytes.fromhex(forged), bytes.fromhex(pushed[0])
        assert views.execute("UPDATE commits SET id = ? WHERE id = ?", ids).rowcount == 1
        views.commit()
    failed = machine.fails(4, "mirror", "push", "--force")
    assert "the mirror's commit of event #3 was rewritten" in failed.error()
    assert log(copy) == pushed
    machine.ok("rebuild")
    machine.ok("mirror", "push", "--force")
    assert log(copy) == pushed


@LONG_TAIL
def test_a_purge_and_a_rebuild_keep_the_remotes(machine: Machine, copy: Path) -> None:
    machine.ok("promote", "dev")
    recipient = machine.ok("identity", "new").out.strip()
    machine.ok("recipient", "add", "dev", "alice", recipient)
    for value in ("one", "two"):
        machine.ok("secret", "set", "dev", "A", stdin=value)
    machine.ok("mirror", "push")
    machine.ok("secret", "purge", "dev", "A", "--version", "1", "-m", "leaked")
    assert row(machine)["url"] == str(copy)
    assert "after a purge, --force" in machine.fails(3, "mirror", "push").err
    machine.ok("mirror", "push", "--force")
    machine.ok("rebuild")
    machine.ok("mirror", "push")
    assert row(machine)["behind"] == 0
    machine.ok("verify")
    assert not list(machine.folder.glob(".history.*"))


def test_git_s_variables_lead_nowhere_else(machine: Machine, copy: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    subprocess.run(["git", "init", "-q", str(other)], check=True)
    env = {
        "GIT_DIR": str(other / ".git"),
        "GIT_OBJECT_DIRECTORY": str(other / ".git/objects"),
        "GIT_COMMON_DIR": str(other / ".git"),
    }
    machine.ok("mirror", "push", env=env)
    assert log(copy) == machine.git("log", "--format=%H").split()
    assert "remote" not in (other / ".git/config").read_text()


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c touch% x",
        "fd::7",
        "foo://example.org/x",
        "ssh://-oProxyCommand=x/y",
        "-oProxyCommand=x:y",
        "me@-oProxyCommand=x:y",
        "https://example.org/x\nsshCommand = x",
        " https://example.org/x",
    ],
)
def test_an_address_that_would_run_something(machine: Machine, url: str) -> None:
    assert "not a repository's address" in machine.fails(2, "mirror", "add", "--", "x", url).error()


@pytest.mark.parametrize(
    "url",
    [
        "git@example.org:acme/history.git",
        "example.org:history",
        "[::1]:history",
        "ssh://git@example.org:22/history",
        "https://alice@example.org/acme/history.git",
        "git://example.org/x",
        '/srv/a b/"c"\\d',
    ],
)
def test_an_address_is_kept_as_it_is(machine: Machine, url: str) -> None:
    machine.ok("mirror", "add", "origin", url)
    assert machine.git("remote", "get-url", "origin") == f"{url}\n"
    machine.ok("set", "local", "ports.tetra=5555")
    assert row(machine)["url"] == url


def test_a_path_starts_where_the_person_is(machine: Machine, copy: Path, tmp_path: Path) -> None:
    machine.ok("mirror", "add", "second", "copy.git", cwd=tmp_path)
    machine.ok("mirror", "push", "second")
    assert log(copy) == machine.git("log", "--format=%H").split()


def test_a_copy_in_the_folder_itself_is_none(machine: Machine, tmp_path: Path) -> None:
    """The person who made the folder could have put hooks there."""
    inside = machine.folder / "evil.git"
    subprocess.run(["git", "init", "-q", "--bare", str(inside)], check=True)
    (tmp_path / "link").symlink_to(inside)
    for url in (str(inside), f"file://{inside}", str(tmp_path / "link"), f"{tmp_path}/x/../link"):
        error = machine.fails(2, "mirror", "add", "origin", url).error()
        assert "the organization's own folder" in error
        machine.git("remote", "add", "x", url)
        assert "no remote 'x'" in machine.fails(2, "mirror", "push", "x").error()


def test_of_a_remote_only_address_and_branches_are_kept(machine: Machine, copy: Path) -> None:
    for key, value in (
        ("fetch", "+refs/notes/*:refs/notes/*"),
        ("fetch", "+refs/heads/*:refs/heads/*"),
        ("url", "/second"),
        ("pushurl", "/elsewhere"),
        ("mirror", "true"),
        ("tagOpt", "--tags"),
    ):
        machine.git("config", "--add", f"remote.origin.{key}", value)
    machine.git("config", "remote.../x.url", "/x")
    said = machine.ok("set", "local", "ports.tetra=5555").err
    for key in ("../x.url", "origin.fetch", "origin.mirror", "origin.pushurl", "origin.tagopt"):
        assert f"remote.{key}" in said
    assert machine.git("config", "--local", "--get-regexp", "^remote").splitlines() == [
        f"remote.origin.url {copy}",
        "remote.origin.fetch +refs/heads/*:refs/remotes/origin/*",
        "remote.origin.fetch +refs/notes/*:refs/notes/*",
    ]
    machine.ok("mirror", "push")
    assert log(copy) == machine.git("log", "--format=%H").split()


def test_the_person_s_own_configuration_counts_for_a_push(machine: Machine, copy: Path) -> None:
    machine.ok("mirror", "add", "short", "https://copies.example/copy.git")
    (machine.home / ".gitconfig").write_text(
        f'[url "{copy.parent}/"]\n\tinsteadOf = https://copies.example/\n'
    )
    machine.ok("mirror", "push", "short")
    assert log(copy) == machine.git("log", "--format=%H").split()
    (machine.home / ".gitconfig").write_text(
        '[url "ext::sh -c touch% ran "]\n\tinsteadOf = https://copies.example/\n'
        '[protocol "ext"]\n\tallow = always\n'
    )
    machine.fails(1, "mirror", "push", "short")
    assert not (machine.home / "ran").exists()


def test_a_push_where_there_is_no_git(machine: Machine, copy: Path) -> None:
    """GitPython looks for it on the process's own PATH."""
    assert copy.exists()
    error = machine.fails(1, "mirror", "push", env={"PATH": "/nonexistent"}).error()
    assert error == "git cannot be run: not found"


def test_clear_words_when_it_cannot_be(machine: Machine, copy: Path) -> None:
    assert "no remote 'nope'" in machine.fails(2, "mirror", "push", "nope").error()
    assert "there is a remote origin" in machine.fails(3, "mirror", "add", "origin", "x").error()
    for name, url in (("-x", "x"), ("a b", "x"), ("ok", "--upload-pack=x"), ("ok", "")):
        machine.fails(2, "mirror", "add", "--", name, url)
    hook = copy / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    refused = machine.fails(1, "mirror", "push")
    assert "origin refused the push: [remote rejected]" in refused.error()
    copy.rename(copy.with_name("gone"))
    done = machine.fails(1, "mirror", "push")
    assert "cannot push to origin: " in done.error()
    assert "does not appear to be a git repository" in done.error()
    machine.ok("mirror", "rm", "origin")
    assert machine.ok("mirror", "list", "-o", "json").json == []

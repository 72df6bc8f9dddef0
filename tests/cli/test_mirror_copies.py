"""Copies of the mirror elsewhere: pushed with git, and nothing there is overwritten unasked."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine


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


def test_clear_words_when_it_cannot_be(machine: Machine, copy: Path) -> None:
    assert "no remote 'nope'" in machine.fails(2, "mirror", "push", "nope").error()
    assert "there is a remote origin" in machine.fails(3, "mirror", "add", "origin", "x").error()
    for name, url in (("-x", "x"), ("a b", "x"), ("ok", "--upload-pack=x"), ("ok", "")):
        machine.fails(2, "mirror", "add", "--", name, url)
    machine.fails(2, "mirror", "add", "ok", "ext::sh -c touch% x")
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

"""A `history/` that came from somebody else runs nothing, whatever stands in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.integrity.canaries import ATTRIBUTES, Canaries
from tetra_es_projections.mirror.pinned import PINNED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Machine

LOOKING = (
    ("verify",),
    ("rebuild", "--check"),
    ("status",),
    ("show", "dev"),
    ("history",),
    ("blame", "dev"),
    ("doctor",),
    ("mirror", "list"),
    ("apply", "dev", "--local", "--dry-run"),
)
CHANGING = (
    ("set", "local", "ports.tetra=5555"),
    ("promote", "dev"),
    ("mirror", "push"),
    ("mirror", "add", "second", "/nonexistent"),
    ("mirror", "rm", "second"),
    ("rebuild",),
    ("secret", "purge", "dev", "A", "--version", "1", "-m", "leaked"),
)


@pytest.fixture
def canaries(tmp_path: Path) -> Canaries:
    return Canaries(tmp_path / "canaries")


@pytest.fixture
def received(machine: Machine) -> Machine:
    """An organization with a copy of its mirror, and with something of everything."""
    machine.ok("promote", "dev")
    recipient = machine.ok("identity", "new").out.strip()
    machine.ok("recipient", "add", "dev", "alice", recipient)
    for value in ("one", "two"):
        machine.ok("secret", "set", "dev", "A", stdin=value)
    path = copy_of(machine)
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(path)], check=True)
    machine.ok("mirror", "add", "origin", str(path))
    return machine


def copy_of(machine: Machine) -> Path:
    return machine.home / "copy.git"


def config(machine: Machine) -> Path:
    return machine.mirror / ".git" / "config"


def check_config(machine: Machine) -> None:
    """Check that nothing is configured but what we pin, and addresses and branches of remotes."""
    for line in machine.git("config", "--local", "--list").splitlines():
        key, _, value = line.partition("=")
        assert PINNED.get(key) == value or re.fullmatch(r"remote\.\w+\.(url|fetch)", key), line


def plant(machine: Machine, canaries: Canaries) -> None:
    """Put a canary wherever git's documentation names a program."""
    git_dir = machine.mirror / ".git"
    config(machine).write_text(canaries.config(str(copy_of(machine))))
    (git_dir / "config.worktree").write_text(canaries.config())
    (git_dir / "info" / "attributes").write_text(ATTRIBUTES)
    canaries.plant_hooks(git_dir)


def sings_for(machine: Machine, *command: str) -> None:
    """Run a person's git, which these canaries are for."""
    subprocess.run(
        ["git", "-C", str(machine.mirror), *command],
        env=machine.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


def all_quiet(machine: Machine, canaries: Canaries, found: int = 0) -> None:
    """Check that no command runs a canary; each ends well, those that compare with `found`."""
    canaries.sang()
    for command in LOOKING + CHANGING:
        done = machine.run(*command)
        assert canaries.sang() == [], command
        assert "Traceback" not in done.err
        if command[0] == "apply":  # this machine is not a server
            assert "chain and signatures are sound" in done.err
        else:
            compares = command in (("verify",), ("rebuild", "--check"))
            assert done.code == (found if compares else 0), (command, done.err)


def test_the_canaries_are_alive(received: Machine, canaries: Canaries) -> None:
    plant(received, canaries)
    (received.mirror / "manifest.toml").write_text("x = 1\n")
    (received.mirror / ".git" / "index").touch()
    for command in (
        ("status",),
        ("add", "manifest.toml"),
        ("log", "-1", "--ext-diff", "-p"),
        ("push", "origin", "main"),
        ("fetch", "evil"),
        ("x",),
    ):
        sings_for(received, *command)
        assert canaries.sang(), command


def test_no_setting_runs_anything(received: Machine, canaries: Canaries) -> None:
    plant(received, canaries)
    all_quiet(received, canaries)
    check_config(received)


def test_what_was_removed_is_said(received: Machine, canaries: Canaries) -> None:
    config(received).write_text(canaries.config(str(copy_of(received))))
    said = received.ok("set", "local", "ports.tetra=5555").err
    assert f"warning: removed settings that do not belong in {config(received)}: " in said
    assert re.search(r": alias\.log, .* and \d+ more\n", said)
    assert received.ok("set", "local", "ports.tetra=5556").err == ""


def test_no_setting_that_this_git_knows_runs_anything(
    received: Machine, canaries: Canaries
) -> None:
    lines = []
    for key, value in canaries.every_key():
        section, _, rest = key.partition(".")
        subsection, _, name = rest.rpartition(".")
        below = f' "{subsection}"' if subsection else ""
        lines.append(f"[{section}{below}]\n\t{name} = {value}\n")
    assert len(lines) > 500
    with config(received).open("a") as file:
        file.write("".join(lines))
    all_quiet(received, canaries)
    check_config(received)


@pytest.mark.parametrize("where", [".git/info/attributes", ".gitattributes"])
def test_attributes(received: Machine, canaries: Canaries, where: str) -> None:
    plant(received, canaries)
    (received.mirror / ".git" / "info" / "attributes").unlink()
    (received.mirror / where).write_text(ATTRIBUTES)
    all_quiet(received, canaries, 0 if where.startswith(".git/") else 4)


def nested(machine: Machine, canaries: Canaries, folder: str) -> Path:
    """Put a repository into the mirror's work tree, and it into the index."""
    path = machine.mirror / folder
    subprocess.run(["git", "init", "-q", str(path)], check=True)
    who = ("-c", "user.name=mallory", "-c", "user.email=m@example.org")
    commit = ["git", "-C", str(path), *who, "commit", "-qm", "x", "--allow-empty"]
    subprocess.run(commit, check=True)
    machine.git("-c", "advice.addEmbeddedRepo=false", "add", folder)
    (path / ".git" / "config").write_text(canaries.config())
    canaries.plant_hooks(path / ".git")
    (path / ".gitattributes").write_text(ATTRIBUTES)
    (path / "file").touch()
    return path


@pytest.mark.parametrize("folder", ["nested", "environments/nested"])
def test_a_nested_repository(received: Machine, canaries: Canaries, folder: str) -> None:
    nested(received, canaries, folder)
    sings_for(received, "status")
    assert canaries.sang(), "git itself follows it"
    done = received.fails(4, "verify")
    assert canaries.sang() == []
    assert f"history/{folder}" in done.out
    for command in LOOKING[1:] + CHANGING:
        received.run(*command)
        assert canaries.sang() == [], command
    received.ok("verify")


def test_a_configuration_that_git_cannot_read(received: Machine, canaries: Canaries) -> None:
    text = canaries.config() + "[not closed\n"
    config(received).write_text(text)
    received.ok("verify")
    assert received.ok("mirror", "list", "-o", "json").json == []
    assert config(received).read_text() == text
    copy = config(received).with_name("config.unreadable")
    assert str(copy) in received.ok("set", "local", "ports.tetra=5555").err
    assert copy.read_text() == text
    assert canaries.sang() == []
    check_config(received)


def test_a_missing_object_is_not_fetched(received: Machine, canaries: Canaries) -> None:
    """As git does in a partial clone, from wherever the configuration says."""
    plant(received, canaries)
    with config(received).open("a") as file:
        file.write('[remote "evil"]\n\tpartialclonefilter = blob:none\n')
        file.write("[extensions]\n\tpartialClone = evil\n[core]\n\trepositoryFormatVersion = 1\n")
    objects = received.mirror / ".git" / "objects"
    for path in objects.rglob("*"):
        if path.is_file():
            path.unlink()
    sings_for(received, "log")
    assert canaries.sang()
    received.fails(4, "verify")
    for command in (*LOOKING[1:], ("set", "local", "ports.tetra=5555"), ("rebuild",)):
        received.run(*command)
        assert canaries.sang() == [], command


def as_link(git_dir: Path, elsewhere: Path) -> None:
    git_dir.rename(elsewhere)
    git_dir.symlink_to(elsewhere)


def as_file(git_dir: Path, elsewhere: Path) -> None:
    git_dir.rename(elsewhere)
    git_dir.write_text(f"gitdir: {elsewhere}\n")


def with_common_folder(git_dir: Path, elsewhere: Path) -> None:
    shutil.copytree(git_dir, elsewhere)
    (git_dir / "commondir").write_text(f"{elsewhere}\n")


def with_alternates(git_dir: Path, elsewhere: Path) -> None:
    (git_dir / "objects").rename(elsewhere)
    (git_dir / "objects" / "info").mkdir(parents=True)
    (git_dir / "objects" / "info" / "alternates").write_text(f"{elsewhere}\n")


def with_linked_objects(git_dir: Path, elsewhere: Path) -> None:
    (git_dir / "objects").rename(elsewhere)
    (git_dir / "objects").symlink_to(elsewhere)


def with_a_pipe(git_dir: Path, _elsewhere: Path) -> None:
    (git_dir / "config").unlink()
    os.mkfifo(git_dir / "config")


@pytest.mark.parametrize(
    "lead",
    [as_link, as_file, with_common_folder, with_alternates, with_linked_objects, with_a_pipe],
)
def test_a_repository_that_leads_elsewhere(
    received: Machine, canaries: Canaries, lead: Callable[[Path, Path], None]
) -> None:
    plant(received, canaries)
    lead(received.mirror / ".git", received.home / "elsewhere")
    assert "history" in received.fails(4, "verify").error()
    for command in LOOKING[2:7]:
        received.ok(*command)
    for command in (("rebuild",), ("mirror", "push"), ("mirror", "list")):
        done = received.fails(3, *command)
        assert str(received.mirror) in done.error()
    assert canaries.sang() == []
    subprocess.run(done.hint().split("`")[1], shell=True, check=True)  # noqa: S602, as people do
    received.ok("set", "local", "ports.tetra=5555")
    received.ok("verify")


def test_what_looks_right_through_a_filter_is_changed(received: Machine) -> None:
    """Git calls the work tree clean; its bytes are others."""
    path = received.mirror / "environments" / "dev.toml"
    wrong = path.read_bytes().replace(b"4444", b"6666")
    path.write_bytes(wrong)
    (received.mirror / ".git" / "info" / "attributes").write_text("*.toml filter=right\n")
    received.git("config", "filter.right.clean", "sed s/6666/4444/")
    received.git("add", "environments/dev.toml")
    assert received.git("status", "--porcelain") == ""
    done = received.fails(4, "verify")
    assert "history/environments/dev.toml was changed" in done.out
    received.ok("rebuild")
    received.ok("verify")


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_what_the_index_says_not_to_look_at_is_changed(received: Machine, flag: str) -> None:
    received.git("update-index", flag, "environments/dev.toml")
    (received.mirror / "environments" / "dev.toml").write_text("x = 1\n")
    assert received.git("status", "--porcelain") == ""
    assert "history/environments/dev.toml was changed" in received.fails(4, "verify").out


def test_a_folder_that_is_a_link_is_not_written_through(received: Machine) -> None:
    target = received.home / "target"
    (received.mirror / "environments").rename(target)
    (received.mirror / "environments").symlink_to(target)
    before = (target / "local.toml").read_bytes()
    received.ok("set", "local", "ports.tetra=5555")
    assert (target / "local.toml").read_bytes() == before
    assert "5555" in (received.mirror / "environments" / "local.toml").read_text()
    received.ok("verify")


@pytest.mark.parametrize("name", ["tetra-es-marks", "tetra-es-worktree.partial"])
def test_a_link_where_we_write_is_not_written_through(received: Machine, name: str) -> None:
    target = received.home / "target"
    target.write_text("mine")
    (received.mirror / ".git" / name).symlink_to(target)
    received.ok("set", "local", "ports.tetra=5555")
    assert target.read_text() == "mine"

"""A `history/` that came from somebody else runs nothing, whatever stands in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL, some
from tests.integrity.canaries import ATTRIBUTES, Canaries
from tests.mirrors import give_work_tree
from tetra_es_projections.mirror.folder import git_folder
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
    ("why", "dev", "ports.tetra"),
    ("search", "4444"),
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


@pytest.fixture(scope="module")
def kept(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization with something of everything. For copies alone."""
    machine = founded.copy(tmp_path_factory.mktemp("kept") / "home")
    machine.ok("promote", "dev")
    recipient = machine.ok("identity", "new").out.strip()
    machine.ok("recipient", "add", "dev", "alice", recipient)
    for value in ("one", "two"):
        machine.ok("secret", "set", "dev", "A", stdin=value)
    path = copy_of(machine)
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(path)], check=True)
    return machine


@pytest.fixture
def received(kept: Machine, tmp_path: Path) -> Machine:
    """A copy of it, with a copy of its mirror."""
    machine = kept.copy(tmp_path / "home")
    path = copy_of(machine)
    machine.ok("mirror", "add", "origin", str(path))
    return machine


def copy_of(machine: Machine) -> Path:
    return machine.home / "copy.git"


def config(machine: Machine) -> Path:
    return git_folder(machine.mirror) / "config"


def check_config(machine: Machine) -> None:
    """Check that nothing is configured but what we pin, and addresses and branches of remotes."""
    for line in machine.git("config", "--local", "--list").splitlines():
        key, _, value = line.partition("=")
        assert PINNED.get(key) == value or re.fullmatch(r"remote\.\w+\.(url|fetch)", key), line


def plant(machine: Machine, canaries: Canaries) -> None:
    """Put a canary wherever git's documentation names a program."""
    git_dir = git_folder(machine.mirror)
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


def all_quiet(machine: Machine, canaries: Canaries) -> None:
    """Check that no command runs a canary, and that each ends well."""
    canaries.sang()
    for command in LOOKING + CHANGING:
        done = machine.run(*command)
        assert canaries.sang() == [], command
        assert "Traceback" not in done.err
        if command[0] == "apply":  # this machine is not a server
            assert "chain and signatures are sound" in done.err
        else:
            assert done.code == 0, (command, done.err)


def test_the_canaries_are_alive(received: Machine, canaries: Canaries) -> None:
    plant(received, canaries)
    for command in (
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


@LONG_TAIL
def test_no_setting_of_a_mirror_with_a_work_tree_runs_anything(
    received: Machine, canaries: Canaries
) -> None:
    """As in the first edition, where filters ran for every file."""
    give_work_tree(received.mirror)
    plant(received, canaries)
    (received.mirror / ".gitattributes").write_text(ATTRIBUTES)
    (received.mirror / "manifest.toml").write_text("x = 1\n")
    (received.mirror / ".git" / "index").touch()
    for command in (("status",), ("add", "manifest.toml")):
        sings_for(received, *command)
        assert canaries.sang(), command
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


@pytest.mark.parametrize("folder", some(["nested", "environments/nested"], 1))
def test_a_nested_repository(received: Machine, canaries: Canaries, folder: str) -> None:
    give_work_tree(received.mirror)
    nested(received, canaries, folder)
    sings_for(received, "status")
    assert canaries.sang(), "git itself follows it"
    for command in LOOKING + CHANGING:
        received.run(*command)
        assert canaries.sang() == [], command
    assert (received.folder / "kept" / "history" / folder / "file").exists()
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
    objects = received.mirror / "objects"
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
    git_dir.mkdir()
    (git_dir / ".git").write_text(f"gitdir: {elsewhere}\n")


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
    lead(received.mirror, received.home / "elsewhere")
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


@pytest.mark.parametrize("name", ["tetra-es-marks", "tetra-es-file", "tetra-es-mirror"])
def test_a_link_where_we_write_is_not_written_through(received: Machine, name: str) -> None:
    target = received.home / "target"
    target.write_text("mine")
    (received.mirror / name).unlink(missing_ok=True)
    (received.mirror / name).symlink_to(target)
    received.ok("set", "local", "ports.tetra=5555")
    assert target.read_text() == "mine"

"""Edited files that are links, or nothing that can be read: written through, or one clear line."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import HANG, Result
from tetra_es_projections.working_files import Files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Machine

EDITED = ("environments/local.toml", "manifest.toml", "profiles/dev.toml")
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMtjcOJ2bz7JfQnCIaP8YxPIG2GCllUMdKGHLye2e068"
WORDS = {EDITED[0]: ["local"], EDITED[1]: ["manifest"], EDITED[2]: ["profile", "dev"]}
"""How commands name them."""

# Permissions do not bind root, unless it gives that privilege away.
_BOUND = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner")


@pytest.fixture
def elsewhere(machine: Machine) -> Path:
    """A folder of the user's own, such as that of their dotfiles."""
    folder = machine.home / "dotfiles"
    folder.mkdir()
    return folder


def link(machine: Machine, path: str, target: Path) -> Path:
    """Move an edited file to `target` and put a link in its place."""
    file = machine.folder / path
    shutil.move(file, target)
    file.symlink_to(target)
    return file


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def change(machine: Machine, path: str, number: int) -> None:
    """Have a command write the file at `path`."""
    machine.ok("set", *WORDS[path], f"x.n={number}")


@pytest.mark.parametrize("path", EDITED)
def test_a_link_is_written_through_and_the_mode_kept(
    machine: Machine, elsewhere: Path, path: str
) -> None:
    change(machine, path, 1)
    target = elsewhere / "file.toml"
    file = link(machine, path, target)
    target.chmod(0o640)
    change(machine, path, 2)
    assert file.readlink() == target
    assert "n = 2" in target.read_text()
    assert mode(target) == 0o640
    assert [each.name for each in elsewhere.iterdir()] == ["file.toml"]
    assert not list(file.parent.glob(".*.partial"))
    machine.ok("rebuild", "--check")


@pytest.mark.parametrize("path", EDITED)
def test_a_rewrite_keeps_the_mode(machine: Machine, path: str) -> None:
    change(machine, path, 1)
    (machine.folder / path).chmod(0o600)
    change(machine, path, 2)
    assert mode(machine.folder / path) == 0o600


def test_a_generated_file_keeps_its_mode(machine: Machine) -> None:
    machine.ok("promote", "dev")
    machine.toml("dev").chmod(0o600)
    machine.ok("set", "local", "ports.tetra=5555")
    machine.ok("promote", "dev")
    assert "5555" in machine.toml("dev").read_text()
    assert mode(machine.toml("dev")) == 0o600


def test_a_chain_of_relative_links(machine: Machine, elsewhere: Path) -> None:
    target = elsewhere / "real" / "local.toml"
    target.parent.mkdir()
    file = link(machine, EDITED[0], target)
    (elsewhere / "second").symlink_to("real/local.toml")
    (elsewhere / "first").symlink_to("second")
    file.unlink()
    file.symlink_to(os.path.relpath(elsewhere / "first", file.parent))
    machine.ok("set", "local", "x.n=3")
    assert file.is_symlink()
    assert (elsewhere / "first").is_symlink()
    assert (elsewhere / "second").is_symlink()
    assert "n = 3" in target.read_text()


@pytest.mark.parametrize(
    "command",
    [
        ("rollback", "local", "--to", "local@1"),
        ("unset", "local", "x.n"),
        ("rebuild",),
        ("rebuild", "--force"),
        ("edit",),
        ("promote", "dev"),
    ],
    ids=" ".join,
)
def test_every_command_leaves_the_link(
    machine: Machine, elsewhere: Path, command: tuple[str, ...]
) -> None:
    machine.ok("set", "local", "x.n=1")
    target = elsewhere / "local.toml"
    file = link(machine, EDITED[0], target)
    target.chmod(0o600)
    editor = 'sh -c \'cp "$0" "$0.new"; echo "y = 1" >> "$0.new"; cat "$0.new" > "$0"\''
    machine.ok(*command, env={"EDITOR": editor, "VISUAL": ""})
    assert file.readlink() == target
    assert mode(target) == 0o600
    assert target.read_text() == machine.ok("show", "local").out


def test_an_edit_through_the_link_is_recorded(machine: Machine, elsewhere: Path) -> None:
    target = elsewhere / "local.toml"
    file = link(machine, EDITED[0], target)
    target.write_text(target.read_text() + "[x]\nn = 7\n")
    machine.ok("promote", "dev")
    assert file.is_symlink()
    assert tomllib.loads(machine.toml("dev").read_text())["x"]["n"] == 7


def test_adding_an_environment_writes_the_manifest_through(
    machine: Machine, elsewhere: Path
) -> None:
    file = link(machine, EDITED[1], elsewhere / "manifest.toml")
    machine.ok("env", "add", "qa", "--profile", "dev")
    assert file.is_symlink()
    assert '"qa"' in (elsewhere / "manifest.toml").read_text()


def test_a_link_that_leads_nowhere(machine: Machine, elsewhere: Path) -> None:
    """Nothing is ever created through a link: where it leads is not for the folder to say."""
    target = elsewhere / "local.toml"
    file = link(machine, EDITED[0], target)
    target.unlink()
    says = f"{file} is a link to {target}, where no file is"
    for command in (("set", "local", "x.n=1"), ("promote", "dev"), ("diff", "dev")):
        failed = machine.fails(1, *command)
        assert says in failed.error()
        assert f"rm {file}" in failed.hint()
    assert says in machine.ok("rebuild").err
    assert f"cannot be read: {says}" in machine.ok("status").out
    assert list(elsewhere.iterdir()) == []
    file.unlink()
    machine.ok("rebuild")
    machine.ok("set", "local", "x.n=1")


def test_an_overlay_that_leads_nowhere(machine: Machine, elsewhere: Path) -> None:
    (machine.folder / "profiles").mkdir(exist_ok=True)
    (machine.folder / "profiles/dev.toml").symlink_to(elsewhere / "dev.toml")
    assert "where no file is" in machine.fails(1, "edit", "profile", "dev").error()
    assert "where no file is" in machine.fails(1, "promote", "dev").error()


def a_loop(file: Path, elsewhere: Path) -> None:
    (elsewhere / "back").symlink_to(file)
    file.symlink_to(elsewhere / "back")


def a_folder(file: Path, _: Path) -> None:
    file.mkdir()


def a_link_to_a_folder(file: Path, elsewhere: Path) -> None:
    file.symlink_to(elsewhere)


def a_fifo(file: Path, _: Path) -> None:
    os.mkfifo(file)


def a_link_to_a_fifo(file: Path, elsewhere: Path) -> None:
    os.mkfifo(elsewhere / "fifo")
    file.symlink_to(elsewhere / "fifo")


def a_link_to_a_device(file: Path, _: Path) -> None:
    file.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("path", "make", "says"),
    [
        (EDITED[0], a_loop, "a link that leads back to itself"),
        (EDITED[0], a_folder, "a folder, not a file"),
        (EDITED[0], a_link_to_a_folder, "a folder, not a file"),
        (EDITED[0], a_fifo, "a FIFO, not a file"),
        (EDITED[0], a_link_to_a_device, "a device, not a file"),
        (EDITED[1], a_link_to_a_fifo, "a FIFO, not a file"),
        (EDITED[2], a_fifo, "a FIFO, not a file"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_is_not_a_file(
    machine: Machine,
    elsewhere: Path,
    path: str,
    make: Callable[[Path, Path], None],
    says: str,
) -> None:
    machine.ok("signer", "add", "bob", KEY)
    change(machine, path, 1)
    file = machine.folder / path
    file.unlink()
    make(file, elsewhere)
    words = WORDS[path]
    for command in (("set", *words, "x.n=2"), ("record",), ("edit", *words)):
        failed = machine.fails(1, *command, env={"EDITOR": "true"})
        assert f"{file} is {says}" in failed.error()
        assert "tetra-es rebuild" in failed.hint()
    done = machine.ok("signer", "rm", "bob")  # which does not depend on it
    assert f"{path} has changes that are not recorded" in done.err
    machine.fails(1, "promote", "dev")
    file.rename(machine.home / "away")
    machine.ok("rebuild")
    change(machine, path, 2)


@pytest.mark.parametrize(
    ("path", "make"),
    [(EDITED[0], a_folder), (EDITED[1], a_fifo), (EDITED[2], a_link_to_a_device)],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_is_not_a_file_is_named_and_all_else_goes_on(
    machine: Machine, elsewhere: Path, path: str, make: Callable[[Path, Path], None]
) -> None:
    machine.ok("promote", "staging")
    change(machine, path, 1)
    file = machine.folder / path
    machine.toml("staging").unlink()
    file.unlink()
    make(file, elsewhere)
    kind, before = file.lstat().st_mode, machine.ok("status", "-o", "json").json
    (row,) = before["unreadable"]
    assert (row["path"], before["unrecorded"]) == (path, [])
    assert str(file) in row["problem"]
    assert "move it away" in row["remedy"]
    said = machine.ok("status").out
    assert f"cannot be read: {row['problem']}" in said
    assert "missing: environments/staging.toml" in said
    done = machine.ok("rebuild")
    assert row["problem"] in done.err
    assert "tetra-es rebuild" in done.err
    assert machine.toml("staging").exists()
    assert file.lstat().st_mode == kind
    assert machine.ok("status", "-o", "json").json == {**before, "missing": []}
    found = machine.fails(4, "rebuild", "--check", "-o", "json").json["findings"]
    assert found == [row["problem"]]
    doctor = machine.run("doctor", "-o", "json").json
    assert [one["what"] for one in doctor if one["name"] == "files"] == [row["problem"]]


def test_a_folder_that_comes_while_a_file_is_recorded(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, apply = machine.toml("local"), Files.apply

    def blocked(self: Files, *arguments: Any, **more: Any) -> None:
        file.unlink()
        file.mkdir()
        apply(self, *arguments, **more)

    before = machine.last_position()
    monkeypatch.setattr(Files, "apply", blocked)
    done = machine.run("set", "local", "x.n=1")
    monkeypatch.undo()
    assert machine.last_position() == before + 1
    assert done.code == 1
    assert f"recorded as #{before + 1}, but not everything" in done.error()
    assert f"{file} is a folder" in done.error()
    machine.ok("signer", "add", "bob", KEY)
    file.rmdir()
    machine.ok("rebuild")
    assert "n = 1" in file.read_text()


def test_a_difference_needs_only_the_files_that_it_is_about(machine: Machine) -> None:
    machine.ok("set", "profile", "staging", "x.n=1")
    path = machine.folder / "profiles/staging.toml"
    path.unlink()
    path.mkdir()
    machine.ok("promote", "dev")
    machine.ok("diff", "dev")
    assert f"{path} is a folder" in machine.fails(1, "diff", "staging").error()


def test_init_does_not_wait_for_a_fifo(bare: Machine) -> None:
    (bare.folder / "environments").mkdir(parents=True)
    os.mkfifo(bare.toml("local"))
    assert "a FIFO, not a file" in bare.fails(1, "init", "acme").error()


def bound(machine: Machine, *arguments: str) -> Result:
    """Run a command as somebody whom permissions bind."""
    done = subprocess.run(
        [*(_BOUND if os.geteuid() == 0 else ()), *machine.argv(*arguments)],
        env=machine.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
    )
    return Result(done.returncode, done.stdout, done.stderr)


@pytest.mark.skipif(
    os.geteuid() == 0 and shutil.which("setpriv") is None,
    reason="permissions do not bind root, and there is no setpriv to change that",
)
@pytest.mark.parametrize(
    ("path", "command"),
    [
        (EDITED[0], ("set", "local", "x.n=2")),
        (EDITED[0], ("unset", "local", "x.n")),
        (EDITED[0], ("rollback", "local", "--to", "local@1")),
        (EDITED[1], ("set", "manifest", "x.n=2")),
        (EDITED[1], ("env", "add", "qa", "--profile", "dev")),
        (EDITED[2], ("set", "profile", "dev", "x.n=2")),
    ],
    ids=str,
)
def test_a_link_to_where_nothing_can_be_written(
    machine: Machine, elsewhere: Path, path: str, command: tuple[str, ...]
) -> None:
    """It is refused before anything is recorded, and reading goes on."""
    change(machine, path, 1)
    if path != EDITED[0]:
        change(machine, EDITED[0], 1)
    file = link(machine, path, elsewhere / "file.toml")
    before = machine.last_position()
    elsewhere.chmod(0o500)
    done = bound(machine, *command)
    assert done.code == 1
    assert f"{file} is a link to {elsewhere / 'file.toml'}" in done.error()
    assert f"cp --remove-destination {elsewhere / 'file.toml'} {file}" in done.hint()
    assert machine.last_position() == before
    assert bound(machine, "status").code == 0
    assert bound(machine, "promote", "dev").code == 0
    elsewhere.chmod(0o700)
    machine.ok(*command)


def test_a_hard_link_is_parted_and_that_is_said(machine: Machine, elsewhere: Path) -> None:
    other = elsewhere / "local.toml"
    os.link(machine.toml("local"), other)
    before = other.read_text()
    done = machine.ok("set", "local", "x.n=1")
    assert other.read_text() == before
    assert "environments/local.toml" in done.err
    assert "hard link" in done.err
    assert "hard link" not in machine.ok("set", "local", "x.n=2").err


@pytest.mark.parametrize("same", [True, False])
def test_a_link_in_the_place_of_a_generated_file_is_not_followed(
    machine: Machine, elsewhere: Path, same: bool
) -> None:
    machine.ok("promote", "dev")
    target = elsewhere / "dev.toml"
    link(machine, "environments/dev.toml", target)
    if not same:
        target.write_text("x = 1\n")
    text = target.read_text()
    machine.ok("set", "local", "ports.tetra=5555")
    assert "drift: environments/dev.toml" in machine.ok("status").out
    for command in (("promote", "dev"), ("rebuild",)):
        assert "environments/dev.toml" in machine.fails(3, *command).error()
    assert machine.toml("dev").is_symlink()
    kept = machine.ok("promote", "dev", "--force").err
    assert not machine.toml("dev").is_symlink()
    assert "5555" in machine.toml("dev").read_text()
    assert target.read_text() == text
    (aside,) = (machine.folder / "kept/environments").iterdir()
    assert aside.samefile(target)
    assert f"as kept/environments/{aside.name}" in kept


def test_a_fifo_in_the_place_of_a_generated_file_is_drift(machine: Machine) -> None:
    machine.ok("promote", "dev")
    machine.toml("dev").unlink()
    os.mkfifo(machine.toml("dev"))
    assert "drift: environments/dev.toml" in machine.ok("status").out
    machine.fails(3, "promote", "dev")
    machine.ok("promote", "dev", "--force")
    machine.ok("rebuild", "--check")


def test_a_fifo_in_the_place_of_a_secret(machine: Machine) -> None:
    recipient = machine.ok("identity", "new").out.strip()
    machine.ok("recipient", "add", "dev", "alice", recipient)
    machine.ok("secret", "set", "dev", "KEY", stdin="value")
    file = machine.folder / "secrets/dev/KEY.age"
    file.unlink()
    os.mkfifo(file)
    assert (
        f"{file} is a FIFO, not a file" in machine.fails(1, "secret", "get", "dev", "KEY").error()
    )


def test_what_was_planted_beside_the_target_is_not_followed(
    machine: Machine, elsewhere: Path
) -> None:
    """The name of the temporary file is known to everybody who can write to the folder."""
    link(machine, EDITED[0], elsewhere / "local.toml")
    victim = machine.home / "victim"
    victim.write_text("mine")
    (elsewhere / ".local.toml.partial").symlink_to(victim)
    machine.ok("set", "local", "x.n=1")
    assert victim.read_text() == "mine"
    assert "n = 1" in (elsewhere / "local.toml").read_text()
    assert not (elsewhere / "local.toml").is_symlink()

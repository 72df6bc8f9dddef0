"""A source of truth that lost all its keys: a slip until somebody says that it is meant."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine, Result

EMPTY = ["", "\n \t\n", "# all gone\n\n", "[ports]\n[services.tetra]\n", "\r\n"]


def run_hint(machine: Machine, failed: Result) -> None:
    """Run the first command of a hint as somebody who pastes it."""
    command = failed.hint().split("`")[1].replace("tetra-es", " ".join(machine.argv()), 1)
    subprocess.run(["sh", "-c", command], env=machine.environment(), check=True)


@pytest.mark.parametrize("text", EMPTY)
def test_promote_refuses_and_the_hint_brings_it_back(machine: Machine, text: str) -> None:
    before = machine.toml("local").read_bytes()
    machine.toml("local").write_bytes(text.encode())
    failed = machine.fails(3, "promote", "dev")
    assert failed.error().startswith("environments/local.toml has no keys: ")
    assert machine.toml("local").read_bytes() == text.encode()
    assert not machine.toml("dev").exists()
    run_hint(machine, failed)
    assert machine.toml("local").read_bytes() == before
    machine.ok("promote", "dev")


@pytest.mark.parametrize(
    "command",
    [
        ("record",),
        ("record", "--dry-run"),
        ("set", "local", "ports.tetra=1"),
        ("rollback", "local"),
        ("edit",),
    ],
    ids=" ".join,
)
def test_every_way_in_refuses(machine: Machine, command: tuple[str, ...]) -> None:
    machine.ok("set", "local", "x.n=1")
    machine.toml("local").write_text("")
    failed = machine.fails(3, *command, env={"EDITOR": "true"})
    assert "environments/local.toml has no keys" in failed.error()
    assert "tetra-es record --allow-empty" in failed.hint()


def test_an_editor_that_saves_nothing(machine: Machine) -> None:
    editor = {"EDITOR": "sh -c ': > \"$0\"'"}
    failed = machine.fails(3, "edit", env=editor)
    assert "has no keys" in failed.error()
    run_hint(machine, failed)
    machine.ok("edit", "--allow-empty", env=editor)
    assert machine.ok("show", "local").out == ""


def test_it_is_recorded_where_that_is_meant(machine: Machine) -> None:
    machine.toml("local").write_text("# begin again\n")
    machine.ok("record", "--allow-empty", "-m", "begin again")
    assert machine.ok("show", "local").out == "# begin again\n"
    # What is empty already loses nothing more.
    machine.toml("local").write_text("# begin again, really\n")
    machine.ok("record")
    machine.ok("promote", "dev")
    machine.ok("rollback", "local", "--to", "local@1")
    assert "[ports]" in machine.toml("local").read_text()
    machine.ok("verify")


def test_the_last_key_goes_only_where_that_is_meant(machine: Machine) -> None:
    machine.toml("local").write_text("[a]\nb = 1\nc = 2\n")
    machine.ok("record")
    machine.ok("unset", "local", "a.b")
    failed = machine.fails(3, "unset", "local", "a.c")
    assert "environments/local.toml would have no keys" in failed.error()
    assert "--allow-empty" in failed.hint()
    assert "c = 2" in machine.toml("local").read_text()
    machine.ok("unset", "local", "a.c", "--allow-empty")
    assert machine.ok("show", "local").out == "[a]\n"


def test_an_emptied_overlay_means_the_built_in_profile(machine: Machine) -> None:
    machine.ok("set", "profile", "dev", "logging.level=error")
    (machine.folder / "profiles/dev.toml").write_text("")
    said = machine.ok("promote", "dev").err
    assert "recorded the changes in profiles/dev.toml" in said
    assert 'level = "debug"' in machine.toml("dev").read_text()
    machine.ok("env", "add", "qa", "--profile", "dev")
    (machine.folder / "profiles/qa.toml").write_text("")
    assert "qa has no profile" in machine.fails(3, "promote", "qa").error()


def test_an_emptied_manifest_is_not_valid(machine: Machine) -> None:
    (machine.folder / "manifest.toml").write_text("")
    failed = machine.fails(1, "promote", "dev")
    assert failed.error().startswith("manifest.toml:1: name: ")


@pytest.mark.parametrize("name", ["environments/local.toml", "manifest.toml"])
def test_init_takes_no_empty_file_over(bare: Machine, name: str) -> None:
    file = bare.folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("# to be written\n")
    failed = bare.fails(3, "init", "acme")
    assert f"{name} is there and has no keys" in failed.error()
    run_hint(bare, failed)
    bare.ok("init", "acme")
    bare.ok("promote", "dev")


def test_import_of_an_emptied_source(bare: Machine, tmp_path: Path) -> None:
    old = tmp_path / "old"
    for name, text in (
        ("environments/local.toml", "# \n"),
        ("environments/dev.toml", ""),
        ("history/local_20240102_101500.toml", "[ports]\ntetra = 1\n"),
    ):
        (old / name).parent.mkdir(parents=True, exist_ok=True)
        (old / name).write_text(text)
    failed = bare.fails(3, "import", str(old), "--as", "acme")
    assert "environments/local.toml has no keys" in failed.error()
    assert "--allow-empty" in failed.hint()
    assert not bare.store.exists()
    bare.ok("import", str(old), "--as", "acme", "--allow-empty")
    assert bare.ok("show", "local").out == "# \n"

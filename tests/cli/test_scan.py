"""No secret gets into an event through TOML: refused, named by key and line, never echoed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine, Result

# In parts, so that nobody's scanner takes this file for a leak.
TOKEN = "gh" + "p_" + "k3J9vQ2xLm8RtY6wZ1bN4cD7fG0hS5aE2uPq"
LOCAL = "environments/local.toml"


def refused(machine: Machine, *arguments: str) -> Result:
    """Run what must be refused without a trace: no event, the token nowhere."""
    before = machine.last_position()
    done = machine.fails(3, *arguments)
    assert TOKEN not in done.out + done.err
    assert machine.last_position() == before
    assert not [path for path in stored(machine) if TOKEN.encode() in path.read_bytes()]
    return done


def stored(machine: Machine) -> list[Path]:
    parts = (machine.folder / "store", machine.folder / "history")
    return [path for part in parts for path in part.rglob("*") if path.is_file()]


def append(machine: Machine, text: str) -> None:
    path = machine.toml("local")
    path.write_text(path.read_text() + text)


def test_set_refuses_a_token(machine: Machine) -> None:
    done = refused(machine, "set", "local", f"services.tetra.build={TOKEN}")
    assert "services.tetra.build: looks like a secret" in done.error()
    assert f"{LOCAL}:" in done.error()
    assert "tetra-es secret set" in done.err
    assert "--allow" in done.err


@pytest.mark.parametrize("command", [("record",), ("promote", "dev"), ("set", "local", "a.b=1")])
def test_an_edit_by_hand_is_refused_wherever_it_would_be_recorded(
    machine: Machine, command: tuple[str, ...]
) -> None:
    append(machine, f'\n[queue]\npassword = "{TOKEN}"\n')
    line = machine.toml("local").read_text().count("\n")
    assert f"{LOCAL}:{line}: queue.password" in refused(machine, *command).error()


def test_a_comment_and_the_other_files_are_read_too(machine: Machine) -> None:
    append(machine, f"\n# token was {TOKEN}\n")
    assert "comment on line" in refused(machine, "record").error()
    machine.toml("local").write_text(machine.ok("show", "local").out)
    assert "profiles/dev.toml" in refused(machine, "set", "profile", "dev", f"a.b={TOKEN}").error()
    assert "manifest.toml" in refused(machine, "set", "manifest", f"note={TOKEN}").error()


def test_an_exception_is_recorded_with_its_reason_and_holds(machine: Machine) -> None:
    allow = ("--allow", 'services."tetra".build')
    unsaid = machine.fails(2, "set", "local", f"services.tetra.build={TOKEN}", *allow)
    assert "an exception needs a reason" in unsaid.error()
    why = ("-m", "a made-up value")
    machine.ok("set", "local", f"services.tetra.build={TOKEN}", *allow, *why)
    rows = machine.history("--type", "scan.exception_added")
    assert [(row["summary"], row["reason"]) for row in rows] == [
        ("scan exception(local): services.tetra.build", "a made-up value")
    ]
    # That value is still not a secret; another token is one until somebody says otherwise.
    machine.ok(
        "set", "local", "app.api_key=label-of-a-key", "--allow", "app.api_key", "-m", "label"
    )
    machine.ok("set", "local", "app.api_key=label-of-another")
    for key in ("services.tetra.build", "app.api_key"):
        assert key in machine.fails(3, "set", "local", f"{key}={TOKEN[:-1]}X").error()
    refused_value = f"services.tetra.other={TOKEN[:-1]}Y"
    assert "services.tetra.other" in machine.fails(3, "set", "local", refused_value).error()
    machine.ok("promote", "dev")
    machine.ok("verify")
    machine.ok("rebuild", "--check")


def test_an_exception_that_nothing_needs_is_not_recorded(machine: Machine) -> None:
    done = machine.ok("set", "local", "ports.tetra=5555", "--allow", "ports.tetra", "-m", "x")
    assert "nothing new at ports.tetra looks like a secret" in done.err
    assert machine.history("--type", "scan.exception_added") == []


def test_a_dry_run_refuses_too_and_records_no_exception(machine: Machine) -> None:
    refused(machine, "set", "local", f"a.b={TOKEN}", "--dry-run")
    before = machine.last_position()
    machine.ok("set", "local", f"a.b={TOKEN}", "--allow", "a.b", "-m", "x", "--dry-run")
    assert machine.last_position() == before


def test_init_refuses_a_file_that_was_there(machine: Machine) -> None:
    folder = machine.folder.parent / "fresh"
    (folder / "environments").mkdir(parents=True)
    (folder / "environments/local.toml").write_text(f'[x]\ny = "{TOKEN}"\n')
    done = machine.fails(3, "init", "fresh")
    assert f"{LOCAL}:2: x.y: looks like a secret" in done.error()
    assert not (folder / "store").exists()


def test_import_refuses_before_anything_is_made(machine: Machine, tmp_path: Path) -> None:
    old = tmp_path / "old"
    (old / "environments").mkdir(parents=True)
    (old / "history").mkdir()
    clean = machine.ok("show", "local").out
    for name in ("local", "dev"):
        (old / f"environments/{name}.toml").write_text(clean)
    (old / "history/dev_20240101_101500.toml").write_text(f'{clean}\n[x]\ny = "{TOKEN}"\n')
    for dry in ((), ("--dry-run",)):
        done = machine.fails(3, "import", str(old), "--as", "taken", *dry)
        assert "history/dev_20240101_101500.toml:" in done.error()
        assert "x.y: looks like a secret" in done.error()
        assert TOKEN not in done.err
    assert not (machine.folder.parent / "taken").exists()
    machine.ok("import", str(old), "--as", "taken", "--allow", "x.y", "-m", "revoked long ago")


@pytest.mark.parametrize(
    "line",
    [
        "db_password = hunter2-unquoted",
        'api_key = "hunter2-not-closed',
        f"label = {TOKEN}",
        f"{TOKEN}",
        "url = postgres://app:hunter2@db/app",
    ],
)
def test_what_is_not_valid_is_not_echoed_where_it_may_be_a_secret(
    machine: Machine, line: str
) -> None:
    append(machine, f"\n{line}\n")
    error = machine.fails(1, "record").error()
    assert LOCAL in error
    assert not any(bait in error for bait in ("hunter2", TOKEN))


def test_nor_is_a_value_of_the_wrong_type(machine: Machine) -> None:
    error = machine.run("set", "local", f"ports.tetra={TOKEN}").error()
    assert "must be an integer" in error
    assert TOKEN not in error

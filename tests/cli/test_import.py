"""Taking over an organization of the system that people used before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine


@pytest.fixture
def old(tmp_path: Path) -> Path:
    folder = tmp_path / "old" / "my-company"
    files = {
        "environments/local.toml": "[ports]\ntetra = 4444\n",
        "environments/dev.toml": "# generated\n[ports]\ntetra = 4444\n",
        "environments/qa.toml": "[ports]\ntetra = 4444\n",
        "history/dev_20240102_101500.toml": "[ports]\ntetra = 1\n",
        "history/dev_20240103_101500.toml": "[ports]\ntetra = 2\n",
        "history/dev_pre_rollback_20240104_101500.toml": "[ports]\ntetra = 3\n",
        "history/notes.txt": "not a backup",
        "secrets/local.env": "API_KEY=canary-value\n",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_backups_become_events_with_their_times(bare: Machine, old: Path) -> None:
    done = bare.ok("import", str(old), "--as", "acme", "--domain", "acme.example", "--utc")
    assert "secrets of the old organization were not imported" in done.err
    rows = [row for row in reversed(bare.history("dev")) if row["type"] == "environment.imported"]
    assert [row["time"][:19] for row in rows][:3] == [
        "2024-01-02T10:15:00",
        "2024-01-03T10:15:00",
        "2024-01-04T10:15:00",
    ]
    assert bare.ok("show", "dev", "--at", "2024-01-03T12:00").out == "[ports]\ntetra = 2\n"
    assert bare.toml("dev").read_bytes() == (old / "environments/dev.toml").read_bytes()
    assert bare.toml("local").read_bytes() == (old / "environments/local.toml").read_bytes()
    event = bare.ok("event", str(rows[2]["event"]), "-o", "json").json
    assert event["state"]["metadata"]["imported"] == "history/dev_pre_rollback_20240104_101500.toml"
    bare.ok("rollback", "dev", "--to", "dev@1")
    assert bare.toml("dev").read_text() == "[ports]\ntetra = 1\n"
    bare.ok("promote", "dev", "-m", "on with it")
    bare.ok("promote", "qa")
    bare.ok("verify")


def test_author_dates_in_the_mirror_are_the_original_ones(bare: Machine, old: Path) -> None:
    bare.ok("import", str(old), "--as", "acme", "--utc")
    dates = bare.git("log", "--reverse", "--format=%aI", "--", "environments/dev.toml").split()
    assert dates[0] == "2024-01-02T10:15:00Z" or dates[0].startswith("2024-01-02T10:15:00")
    committed = bare.git("log", "-1", "--format=%cI", "--", "environments/dev.toml").strip()
    assert not committed.startswith("2024")


def test_a_dry_run_lists_and_makes_nothing(bare: Machine, old: Path) -> None:
    out = bare.ok("import", str(old), "--as", "acme", "--dry-run").out
    assert "history/dev_20240102_101500.toml" in out
    assert not bare.folder.exists()


def test_secrets_do_not_come_along(bare: Machine, old: Path) -> None:
    bare.ok("import", str(old), "--as", "acme")
    for path in bare.folder.rglob("*"):
        if path.is_file():
            assert b"canary-value" not in path.read_bytes()


def test_a_folder_that_is_no_organization(bare: Machine, tmp_path: Path) -> None:
    assert "local.toml" in bare.fails(1, "import", str(tmp_path), "--as", "acme").error()
    assert not bare.folder.exists()


def test_a_broken_file_is_named_and_nothing_is_made(bare: Machine, old: Path) -> None:
    (old / "history/dev_20240103_101500.toml").write_text("= broken\n")
    failed = bare.fails(1, "import", str(old), "--as", "acme")
    assert "history/dev_20240103_101500.toml:1:" in failed.error()
    assert not bare.store.exists()

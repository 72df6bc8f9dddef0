"""Taking over an organization of the system that people used before."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
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
    assert dates[0] in {"2024-01-02T10:15:00Z", "2024-01-02T10:15:00+00:00"}  # as git prints UTC
    committed = bare.git("log", "-1", "--format=%cI", "--", "environments/dev.toml").strip()
    assert not committed.startswith("2024")


def test_a_dry_run_lists_and_makes_nothing(bare: Machine, old: Path) -> None:
    out = bare.ok("import", str(old), "--as", "acme", "--dry-run").out
    assert "history/dev_20240102_101500.toml" in out
    assert not bare.folder.exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--domain", "not a domain"), "not a DNS name: 'not a domain'"),
        (("--actor", "alice b"), "not a signer's name: 'alice b'"),
    ],
)
def test_a_dry_run_is_refused_as_the_import_is(
    bare: Machine, old: Path, words: tuple[str, ...], says: str
) -> None:
    for more in (("--dry-run",), ()):
        assert bare.fails(2, "import", str(old), "--as", "acme", *words, *more).error() == says
    assert not bare.folder.exists()
    bare.ok("import", str(old), "--as", "acme", "--utc")
    for more in (("--dry-run",), ()):
        refused = bare.fails(3, "import", str(old), "--as", "acme", *words, *more)
        assert refused.error().startswith("the organization acme exists already")


def test_a_file_that_is_not_valid_is_named(bare: Machine, old: Path) -> None:
    (old / "environments/local.toml").write_text('[ports]\ntetra = "4444"\n')
    for more in (("--dry-run",), ()):
        err = bare.ok("import", str(old), "--as", "acme", "--utc", *more).err
        told = "imported as it is: environments/local.toml:2: ports.tetra: must be an integer from"
        assert f"tetra-es: warning: {told}" in err
    bare.fails(1, "promote", "dev")


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


def age(file: Path, moment: str) -> None:
    """Give a file the time at which it was last changed."""
    seconds = datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()
    os.utime(file, (seconds, seconds))


def test_an_old_backup_never_becomes_the_present_file(bare: Machine, old: Path) -> None:
    """Copying gives a file an old time, and names tell the time of another clock or zone."""
    present = (old / "environments/dev.toml").read_bytes()
    age(old / "environments/dev.toml", "2024-01-02T12:00")
    done = bare.ok("import", str(old), "--as", "acme", "--utc")
    assert bare.toml("dev").read_bytes() == present
    assert bare.ok("show", "dev").out.encode() == present
    newest = bare.history("dev")[0]
    assert "environments/dev.toml" in newest["summary"]
    assert newest["time"].startswith("2024-01-04T10:15:00")
    assert "environments/dev.toml is dated before its newest backup" in done.err
    # The same times answer which state was there when.
    assert bare.ok("show", "dev", "--at", "2024-01-03T12:00").out == "[ports]\ntetra = 2\n"
    assert bare.ok("show", "dev", "--at", "2024-01-05").out.encode() == present
    bare.ok("verify")


def test_an_old_local_toml_stays_the_source_of_truth(bare: Machine, old: Path) -> None:
    (old / "history/local_20240601_000000.toml").write_text("[ports]\ntetra = 1\n")
    age(old / "environments/local.toml", "2024-01-01T00:00")
    bare.ok("import", str(old), "--as", "acme", "--utc")
    bare.ok("promote", "dev")
    assert "tetra = 4444" in bare.toml("local").read_text()
    assert "tetra = 4444" in bare.toml("dev").read_text()


def test_a_backup_from_the_future_is_no_event_of_the_future(bare: Machine, old: Path) -> None:
    (old / "history/dev_20990101_000000.toml").write_text("[ports]\ntetra = 9\n")
    age(old / "environments/qa.toml", "2098-01-01T00:00")
    present = (old / "environments/dev.toml").read_text()
    done = bare.ok("import", str(old), "--as", "acme", "--utc")
    assert "history/dev_20990101_000000.toml is dated in the future" in done.err
    assert "environments/qa.toml is dated in the future" in done.err
    rows = bare.history()
    assert max(row["time"] for row in rows) < "2090"
    assert bare.toml("dev").read_text() == present
    assert bare.ok("show", "dev", "--at", "2098-12-31").out == present


def test_a_present_file_that_equals_an_old_backup(bare: Machine, old: Path) -> None:
    """So it is after a rollback with the old system."""
    (old / "environments/dev.toml").write_text("[ports]\ntetra = 1\n")
    age(old / "environments/dev.toml", "2023-01-01T00:00")
    bare.ok("import", str(old), "--as", "acme", "--utc")
    assert bare.toml("dev").read_text() == "[ports]\ntetra = 1\n"
    states = [row for row in bare.history("dev") if row["type"] == "environment.imported"]
    assert len(states) == 4


def test_backups_with_other_names_are_named(bare: Machine, old: Path) -> None:
    names = ("dev-20240102.toml", "dev_20240102_101500.toml.bak", "dev_20241399_999999.toml")
    for name in names:
        (old / "history" / name).write_text("[ports]\ntetra = 8\n")
    (old / "history/.hidden").write_text("")
    (old / "history/2023").mkdir()
    (old / "history/dev\x1b[2J.toml").write_text("")
    (old / "environments/Dev.toml").write_text("[ports]\ntetra = 8\n")
    for options in (("--dry-run",), ()):
        err = bare.ok("import", str(old), "--as", "acme", "--utc", *options).err
        for name in (*names, "notes.txt", "2023"):
            assert f"not imported: history/{name}: it is not named like a backup" in err
        assert "ENV_YYYYMMDD_HHMMSS.toml or ENV_pre_rollback_YYYYMMDD_HHMMSS.toml" in err
        assert "environments/Dev.toml: it is not named like an environment" in err
        assert ".hidden" not in err
        assert "\x1b" not in err
    assert "tetra = 8" not in bare.ok("show", "dev").out


def test_many_backups_with_other_names_are_counted(bare: Machine, old: Path) -> None:
    for number in range(30):
        (old / f"history/backup-{number:02}.toml").write_text("")
    err = bare.ok("import", str(old), "--as", "acme", "--dry-run").err
    assert "history/backup-00.toml and 30 more files" in err
    assert err.count("not imported") == 1


def test_backups_of_an_environment_that_is_gone(bare: Machine, old: Path) -> None:
    """There is no present file, and an old backup does not stand for it."""
    (old / "history/beta_20240102_101500.toml").write_text("[ports]\ntetra = 8\n")
    done = bare.ok("import", str(old), "--as", "acme", "--utc")
    assert "history/beta_20240102_101500.toml: there is no environments/beta.toml" in done.err
    assert not bare.toml("beta").exists()
    assert "beta" not in bare.ok("env", "list").out


def test_what_is_not_a_file_is_not_waited_for(bare: Machine, old: Path) -> None:
    os.mkfifo(old / "history/dev_20240202_101500.toml")
    assert "a FIFO, not a file" in bare.fails(1, "import", str(old), "--as", "acme").error()
    assert not bare.store.exists()


SECRET = "hunter2-" + "sEcr3t-9"


def test_all_findings_are_told_at_once(bare: Machine, old: Path) -> None:
    (old / "environments/qa.toml").write_text("x = [1,\n")
    (old / "history/dev_20240102_101500.toml").write_bytes(b'x = "\xff"\n')
    for name in ("history/dev_20240103_101500.toml", "environments/dev.toml"):
        (old / name).write_text(f'[db]\npassword = "{SECRET}"\n')
    (old / "environments/local.toml").write_text(f'token = "{SECRET}"\n')
    failed = bare.fails(1, "import", str(old), "--as", "acme", "--utc")
    assert failed.error() == "4 problems; nothing was recorded"
    said = failed.err.splitlines()
    assert any("environments/qa.toml:1:" in line for line in said)
    assert any("dev_20240102_101500.toml is not UTF-8" in line for line in said)
    (password,) = [line for line in said if "db.password: looks like a secret" in line]
    assert "history/dev_20240103_101500.toml:2" in password
    assert password.endswith("; so it does in 1 more")
    (token,) = [line for line in said if "token: looks like a secret" in line]
    assert "environments/local.toml:1" in token
    hint = said[said.index(password) + 1]
    assert hint.startswith("tetra-es: hint: ")
    assert "--allow db.password -m REASON" in hint
    assert said[-1] == "tetra-es: error: 4 problems; nothing was recorded"
    assert SECRET not in failed.out + failed.err
    (old / "environments/qa.toml").unlink()
    (old / "history/dev_20240102_101500.toml").unlink()
    bare.fails(3, "import", str(old), "--as", "acme")
    allowed = ("--allow", "db.password", "--allow", "token", "-m", "examples")
    bare.ok("import", str(old), "--as", "acme", "--utc", *allowed)


@pytest.mark.parametrize(
    ("manifest", "options", "domain"),
    [
        ('domain = "old.example"\n', (), "old.example"),
        ('[org]\nname = "x"\ndomain = "old.example"\n', (), "old.example"),
        ('domain = "old.example"\n', ("--domain", "new.example"), "new.example"),
        ('domain = "not a domain"\n', (), "acme.example"),
        ("domain = 1\n", (), "acme.example"),
        ('name = "x"\n', (), "acme.example"),
        (None, (), "acme.example"),
    ],
)
def test_the_domain_is_that_of_the_old_manifest(
    bare: Machine, old: Path, manifest: str | None, options: tuple[str, ...], domain: str
) -> None:
    if manifest is not None:
        (old / "manifest.toml").write_text(manifest)
    bare.ok("import", str(old), "--as", "acme", *options)
    assert f'domain = "{domain}"' in (bare.folder / "manifest.toml").read_text()


def test_a_broken_old_manifest_is_a_finding(bare: Machine, old: Path) -> None:
    (old / "manifest.toml").write_text("domain = \n")
    assert bare.fails(1, "import", str(old), "--as", "acme").error().startswith("manifest.toml:1:")


def test_an_environment_of_its_own_gets_its_place(bare: Machine, old: Path) -> None:
    order = "local,dev,qa,staging,prod"
    done = bare.ok("import", str(old), "--as", "acme", "--environments", order)
    assert "promotion order" not in done.err
    rows = bare.ok("env", "list", "-o", "json").json
    assert [row["environment"] for row in rows] == order.split(",")


def test_without_a_place_it_comes_before_prod_and_that_is_told(bare: Machine, old: Path) -> None:
    done = bare.ok("import", str(old), "--as", "acme")
    assert "in promotion order the environments are local, dev, staging, qa, prod" in done.err
    assert "--environments says where qa belongs" in done.err
    rows = bare.ok("env", "list", "-o", "json").json
    assert [row["environment"] for row in rows] == ["local", "dev", "staging", "qa", "prod"]


@pytest.mark.parametrize(
    ("order", "says"),
    [
        ("local,dev,prod", "qa would have no place"),
        ("dev,local,qa,prod", "not environments in promotion order"),
        ("local,dev,qa,dev", "not environments in promotion order"),
    ],
)
def test_an_order_that_is_none_is_refused(bare: Machine, old: Path, order: str, says: str) -> None:
    failed = bare.fails(2, "import", str(old), "--as", "acme", "--environments", order)
    assert says in failed.error()
    assert "local,dev,staging,qa,prod" in failed.hint()


def test_a_relative_folder(bare: Machine, old: Path) -> None:
    inside = old / "environments"
    for cwd, folder in ((old, "."), (inside, ".."), (old.parent, "my-company/"), (old, "./")):
        said = bare.ok("import", folder, "--dry-run", cwd=cwd).out
        assert "environments/dev.toml" in said
    bare.ok("--org", "my-company", "import", "..", cwd=inside)
    assert (bare.home / "tetra/org/my-company/manifest.toml").is_file()


def test_what_is_not_the_folder_of_an_organization_is_named(bare: Machine) -> None:
    file = bare.home / "x.toml"
    file.write_text("")
    for path, said in (
        (bare.home, f"{bare.home} has no environments/local.toml"),
        (file, f"{file} is not a folder"),
        (bare.home / "nope", f"there is no {bare.home / 'nope'}"),
    ):
        assert bare.fails(1, "import", str(path), "--as", "acme").error() == said


def test_the_command_that_takes_the_secrets_over_is_named(bare: Machine, old: Path) -> None:
    machine = replace(bare, reads=True)
    done = machine.ok("import", str(old), "--as", "acme", "--domain", "acme.example", "--utc")
    command = f"tetra-es secret import local {old}/secrets/local.env"
    assert f"tetra-es: hint: `{command}` takes them over\n" in done.err
    machine.ok(*command.split()[1:])
    assert machine.ok("secret", "get", "local", "API_KEY").out == "canary-value"

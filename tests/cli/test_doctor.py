"""`doctor`: it finds what is really wrong, names the remedy, and the remedy helps."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine


def checks(machine: Machine, code: int = 0, **more: Any) -> dict[str, dict[str, str]]:
    done = machine.run("doctor", "-o", "json", **more)
    assert done.code == code, done.out
    return {row["name"]: row for row in done.json}


def test_a_sound_organization(machine: Machine) -> None:
    machine.ok("identity", "new")
    machine.ok("promote", "dev")
    found = checks(machine)
    missing = {tool for tool in ("ssh", "ssh-keygen") if not shutil.which(tool)}
    assert {name for name, row in found.items() if row["result"] != "ok"} == missing
    assert found["environments"]["what"] == "local, dev"
    assert "REMEDY" in machine.ok("doctor").out


def test_keys_that_others_can_read(machine: Machine) -> None:
    machine.ok("identity", "new")
    config = machine.home / ".config" / "tetra-es"
    for name, file in (("signing key", "id_ed25519"), ("identity", "age.key")):
        (config / file).chmod(0o644)
        row = checks(machine, 1)[name]
        assert row["result"] == "failed"
        assert str(config / file) in row["what"] + row["remedy"]
        (config / file).chmod(0o600)
    assert checks(machine)["identity"]["result"] == "ok"


def test_no_identity_and_nothing_promoted_are_warnings(machine: Machine) -> None:
    found = checks(machine)
    assert found["identity"]["remedy"] == "`tetra-es identity new` makes one"
    assert found["environments"]["remedy"] == "`tetra-es promote dev`"


def test_files_not_recorded_changed_and_missing(machine: Machine) -> None:
    machine.ok("promote", "dev")
    machine.ok("promote", "staging")
    machine.toml("local").write_text(machine.toml("local").read_text() + "\n# more\n")
    machine.toml("dev").write_text("x = 1\n")
    machine.toml("staging").unlink()
    rows = [row for row in machine.ok("doctor", "-o", "json").json if row["name"] == "files"]
    assert {row["what"] for row in rows} == {
        "environments/local.toml is not recorded yet",
        "environments/dev.toml was changed by hand",
        "environments/staging.toml is missing",
    }


def test_secrets_in_the_open(machine: Machine) -> None:
    """As tsm's guide has them written; a file that is about no environment is somebody's own."""
    (machine.folder / "secrets").mkdir(exist_ok=True)
    for name in ("local", "mine"):
        (machine.folder / "secrets" / f"{name}.env").write_text("API_KEY=canary-value\n")
    row = checks(machine, 1)["secrets"]
    assert (row["result"], row["what"]) == ("failed", "secrets/local.env holds values in the open")
    machine.fails(4, "verify")


def test_a_damaged_store(machine: Machine) -> None:
    store = machine.folder / "store" / "events.db"
    data = bytearray(store.read_bytes())
    data[4096 * 2 : 4096 * 3] = bytes(4096)
    store.write_bytes(data)
    assert checks(machine, 1)["store"]["result"] == "failed"


def test_a_store_of_a_newer_version(machine: Machine) -> None:
    with closing(sqlite3.connect(machine.store)) as connection:
        connection.execute("PRAGMA user_version = 3")
    row = checks(machine, 1)["store"]
    assert (row["result"], "upgrade" in row["remedy"]) == ("failed", True)


def test_no_organization_and_no_git(machine: Machine, tmp_path: Path) -> None:
    found = checks(machine, 1, env={"TETRA_ORG": "nope"})
    assert "tetra-es init nope" in found["organization"]["remedy"]
    assert "store" not in found
    # A path with the other tools, and no git.
    for tool in ("ssh", "ssh-keygen"):
        if place := shutil.which(tool):
            (tmp_path / tool).symlink_to(place)
    assert checks(machine, 1, env={"PATH": str(tmp_path)})["git"]["result"] == "failed"

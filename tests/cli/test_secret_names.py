"""Secrets by name and version in the commands that look: show, diff, blame, history, verify."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine


@pytest.fixture(scope="module")
def kept(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """dev@1 had A of version 1; dev@2, the present one, has A of version 2 and B. For copies."""
    machine = founded.copy(tmp_path_factory.mktemp("kept") / "home")
    recipient = machine.ok("identity", "new").out.strip()
    machine.ok("promote", "dev")
    machine.ok("recipient", "add", "dev", "alice", recipient)
    machine.ok("secret", "set", "dev", "A", stdin="one")
    machine.ok("set", "local", "ports.tetra=5555")
    machine.ok("promote", "dev")
    machine.ok("secret", "set", "dev", "A", stdin="two")
    machine.ok("secret", "set", "dev", "B", "-m", "for the queue", stdin="three")
    return machine


@pytest.fixture
def vault(kept: Machine, tmp_path: Path) -> Machine:
    """A copy of it."""
    return kept.copy(tmp_path / "home")


def test_show_lists_names_and_versions_at_a_state(vault: Machine) -> None:
    assert vault.ok("show", "dev", "--secrets").out.split()[2:] == ["A", "2", "B", "1"]
    assert vault.ok("show", "dev", "--secrets", "--at", "dev@1").out.split()[2:] == ["A", "1"]
    assert "dev has no secrets" in vault.ok("show", "dev", "--secrets", "--at", "2").err


def test_diff_of_two_states_says_which_secrets_changed(vault: Machine) -> None:
    done = vault.ok("diff", "dev@1", "dev@2")
    assert "+tetra = 5555" in done.out
    assert "~ secret A = version 1 -> version 2\n+ secret B = version 1\n" in done.out
    rows = vault.ok("diff", "dev@1", "dev@2", "-o", "json").json
    assert rows[-1] == {"key": "secret B", "before": None, "after": "version 1"}


def test_diff_of_two_environments_compares_names_alone(vault: Machine) -> None:
    vault.ok("promote", "staging")
    vault.ok("recipient", "add", "staging", "alice", vault.ok("identity", "show").out.strip())
    vault.ok("secret", "set", "staging", "A", stdin="of staging")
    out = vault.ok("diff", "dev", "staging", "--keys").out
    assert "- secret B = version 1" in out
    assert "secret A" not in out


def test_blame_names_the_event_of_each_version(vault: Machine) -> None:
    rows = {row["key"]: row for row in vault.ok("blame", "dev", "-o", "json").json}
    assert rows["secret A"]["value"] == "version 2"
    assert rows["secret B"]["reason"] == "for the queue"
    (row,) = vault.ok("blame", "dev", "secret B", "-o", "json").json
    assert row["event"] == vault.last_position()


def test_a_rollback_is_blamed_for_what_it_changed_alone(vault: Machine) -> None:
    vault.ok("secret", "set", "dev", "C", stdin="four")
    vault.ok("rollback", "dev", "--to", str(vault.last_position() - 1), "--secrets", "as-of")
    rows = {row["key"]: row for row in vault.ok("blame", "dev", "-o", "json").json}
    assert rows["secret B"]["reason"] == "for the queue"
    assert "secret C" not in rows
    assert [row["type"] for row in vault.history("--key", "C")] == [
        "secrets.restored",
        "secret.set",
    ]


def test_verify_says_what_was_purged_by_whom_and_why(vault: Machine) -> None:
    assert vault.ok("verify", "-o", "json").json["purged"] == []
    vault.ok("secret", "purge", "dev", "A", "--version", "1", "-m", "shown in a talk")
    out = vault.ok("verify").out
    assert f"#{vault.last_position()} purged A version 1 of dev (alice, " in out
    assert "): shown in a talk" in out
    (row,) = vault.ok("verify", "-o", "json").json["purged"]
    assert (row["key"], row["version"], row["reason"]) == ("A", 1, "shown in a talk")

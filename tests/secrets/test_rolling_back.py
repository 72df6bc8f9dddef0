"""`rollback` where the last change was of secrets, and what it says of secrets that go."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.machine import Machine


def present(machine: Machine, environment: str = "dev") -> dict[str, int]:
    rows = machine.ok("secret", "list", environment, "-o", "json").json
    return {row["key"]: row["version"] for row in rows}


def promoted(machine: Machine, port: int) -> None:
    machine.ok("set", "local", f"ports.tetra={port}")
    machine.ok("promote", "dev")


def port(machine: Machine) -> str:
    return machine.ok("show", "dev", "ports.tetra").out.strip()


def test_the_last_change_of_a_secret_is_undone_by_name(vault: Machine) -> None:
    vault.ok("secret", "set", "dev", "A", stdin="first")
    promoted(vault, 5001)
    vault.ok("secret", "set", "dev", "A", stdin="second")
    changed = vault.last_position()
    done = vault.ok("rollback", "dev")
    assert f"undid the last change of dev, which was of secrets alone (#{changed})" in done.out
    assert "~ A version 2 -> 1" in done.out
    assert vault.ok("secret", "get", "dev", "A").out == "first"
    assert vault.toml("dev").read_text() == vault.ok("show", "dev").out
    assert "5001" in vault.toml("dev").read_text()
    vault.ok("verify")


def test_further_rollbacks_go_on_through_secrets_and_toml(vault: Machine) -> None:
    vault.ok("secret", "set", "dev", "A", stdin="first")
    promoted(vault, 5001)
    vault.ok("secret", "set", "dev", "B", stdin="one")
    promoted(vault, 5002)
    vault.ok("secret", "rm", "dev", "A")
    assert present(vault) == {"B": 1}
    seen = []
    for _ in range(4):
        vault.ok("rollback", "dev")
        seen.append((vault.ok("show", "dev").out.count("5002"), present(vault)))
    assert seen == [
        (1, {"A": 1, "B": 1}),
        (0, {"A": 1, "B": 1}),
        (0, {"A": 1}),
        (0, {"A": 1}),
    ]
    assert "4444" in vault.ok("show", "dev").out, "the state before the first promotion with 5001"
    vault.ok("rollback", "dev")
    assert present(vault) == {}
    failed = vault.fails(3, "rollback", "dev")
    assert failed.error() == "dev has no earlier state to go back to"


def test_a_change_after_a_rollback_is_what_the_next_one_undoes(vault: Machine) -> None:
    promoted(vault, 5001)
    promoted(vault, 5002)
    vault.ok("rollback", "dev")
    vault.ok("secret", "set", "dev", "A", stdin="first")
    vault.ok("rollback", "dev")
    assert present(vault) == {}
    assert "5001" in vault.ok("show", "dev").out
    vault.ok("rollback", "dev")
    assert "4444" in vault.ok("show", "dev").out


def test_an_import_is_one_change(vault: Machine) -> None:
    (vault.home / "dev.env").write_text("A=1\nB=2\nC=3\n")
    vault.ok("secret", "import", "dev", "dev.env")
    last = vault.last_position()
    done = vault.ok("rollback", "dev")
    assert f"(#{last - 2} to #{last})" in done.out
    assert present(vault) == {}


def test_secrets_that_stay_are_passed_over(vault: Machine) -> None:
    promoted(vault, 5001)
    vault.ok("secret", "set", "dev", "A", stdin="first")
    vault.ok("rollback", "dev", "--secrets", "current")
    assert present(vault) == {"A": 1}
    assert "4444" in vault.ok("show", "dev").out


def test_what_was_set_since_and_goes_is_named_with_the_way_back(vault: Machine) -> None:
    promoted(vault, 5001)
    vault.ok("secret", "set", "dev", "A", stdin="first")
    before = vault.last_position()
    done = vault.ok("rollback", "dev", "--to", "dev@1")
    assert "warning: removed what was set since then: A\n" in done.err
    back = f"`tetra-es rollback dev --to {before}` brings all of it back"
    assert f"--secrets current leaves secrets as they are; {back}" in done.err
    assert present(vault) == {}
    vault.ok("rollback", "dev", "--to", str(before))
    assert present(vault) == {"A": 1}
    assert "5001" in vault.ok("show", "dev").out


def test_an_environment_that_has_only_secrets_can_go_back(vault: Machine) -> None:
    recipient = vault.ok("identity", "show").out.strip()
    vault.ok("recipient", "add", "prod", "alice", recipient)
    vault.ok("secret", "set", "prod", "A", stdin="first")
    first = vault.last_position()
    vault.ok("secret", "set", "prod", "A", stdin="second")
    vault.ok("rollback", "prod")
    assert present(vault, "prod") == {"A": 1}
    vault.ok("secret", "set", "prod", "B", stdin="one")
    done = vault.ok("rollback", "prod", "--to", str(first))
    assert f"prod has the secrets that it had at #{first}" in done.out
    assert present(vault, "prod") == {"A": 1}
    failed = vault.fails(3, "rollback", "prod", "--to", str(first))
    assert failed.error() == f"prod has the secrets of #{first} already"
    vault.fails(3, "rollback", "prod")
    vault.ok("verify")


def test_who_set_it_is_told_by_events_about_secrets_alone(vault: Machine) -> None:
    vault.ok("secret", "set", "dev", "FLAG", "-m", "the secret", stdin="first")
    before = vault.ok("secret", "list", "dev", "-o", "json").json
    vault.ok("set", "local", "FLAG=5", "app.entry=leaked-here", "-m", "a key with its name")
    vault.ok("promote", "dev", "-m", "a key with its name")
    vault.ok("secret", "compromised", "dev", "FLAG", "--version", "1", "-m", "seen")
    (row,) = vault.ok("secret", "list", "dev", "-o", "json").json
    assert row == {**before[0], "compromised": True}
    vault.ok("unset", "local", "app.entry")
    vault.ok("promote", "dev")
    vault.ok("purge", "local", "app.entry", "-m", "it leaked", "--yes")
    assert vault.ok("secret", "list", "dev", "-o", "json").json == [row]

"""Where a value came from: copies, older versions that come back, and what is known to others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.machine import Machine


@pytest.fixture
def two(vault: Machine) -> Machine:
    """Two versions of A in dev; the first one was copied to staging."""
    vault.ok("secret", "set", "dev", "A", stdin="first")
    vault.ok("secret", "copy", "dev", "A", "--to", "staging")
    vault.ok("secret", "set", "dev", "A", stdin="second")
    return vault


def event(machine: Machine, position: int | None = None) -> dict[str, object]:
    at = str(position or machine.last_position())
    found = machine.ok("event", at, "-o", "json").json
    assert isinstance(found, dict)
    return found


def compromised(machine: Machine, environment: str) -> dict[str, tuple[int, bool]]:
    rows = machine.ok("secret", "list", environment, "-o", "json").json
    return {row["key"]: (row["version"], row["compromised"]) for row in rows}


def test_any_version_can_be_read(two: Machine) -> None:
    before = two.last_position() - 1
    assert two.ok("secret", "get", "dev", "A").out == "second"
    assert two.ok("secret", "get", "dev", "A", "--version", "1").out == "first"
    assert two.ok("secret", "get", "dev", "A", "--at", str(before)).out == "first"
    assert two.ok("secret", "get", "dev", "A", "--version", "2").out == "second"
    two.ok("secret", "rm", "dev", "A")
    assert two.ok("secret", "get", "dev", "A", "--at", f"#{before}").out == "first"
    assert two.ok("secret", "get", "dev", "A", "--version", "2").out == "second"
    failed = two.fails(2, "secret", "get", "dev", "A", "--version", "3")
    assert failed.error() == "dev has no version 3 of A"
    assert two.fails(2, "secret", "get", "dev", "A", "--at", "1").error() == (
        "dev had no secret A then"
    )
    two.fails(2, "secret", "get", "dev", "A", "--at", "1", "--version", "1")


def test_an_old_version_is_read_by_those_whom_it_was_encrypted_for(
    two: Machine, bob: dict[str, str], bobs_recipient: str
) -> None:
    two.ok("recipient", "add", "dev", "bob", bobs_recipient)
    assert two.ok("secret", "get", "dev", "A", env=bob).out == "second"
    failed = two.fails(3, "secret", "get", "dev", "A", "--version", "1", env=bob)
    assert "none of your identities can open version 1 of A of dev" in failed.error()


def test_a_purged_version_is_said_to_be_that(two: Machine) -> None:
    two.ok("secret", "purge", "dev", "A", "--version", "1", "-m", "seen")
    failed = two.fails(1, "secret", "get", "dev", "A", "--version", "1")
    assert failed.error() == "version 1 of A was purged"
    two.fails(1, "secret", "rollback", "dev", "A", "--to", "1")


def test_a_copy_says_what_it_is_a_copy_of(two: Machine) -> None:
    copied = event(two, two.last_position() - 1)
    assert copied["type"] == "secret.set"
    assert str({"environment": "dev", "key": "A", "version": 1}) in str(copied)
    two.ok("verify")


def test_an_older_value_comes_back_as_a_new_version(two: Machine) -> None:
    two.ok("secret", "rollback", "dev", "A", "--to", "1")
    assert two.ok("secret", "get", "dev", "A").out == "first"
    assert compromised(two, "dev") == {"A": (3, False)}
    failed = two.fails(3, "secret", "rollback", "dev", "A", "--to", "1")
    assert failed.error() == "dev has, with version 3, the value of version 1 of A already"
    two.ok("secret", "rollback", "dev", "A")
    assert two.ok("secret", "get", "dev", "A").out == "second", "of the version before"
    failed = two.fails(3, "secret", "rollback", "dev", "A", "--to", "4")
    assert failed.error() == "dev has version 4 of A already"
    two.ok("secret", "rm", "dev", "A")
    two.ok("secret", "rollback", "dev", "A", "--to", "1")
    assert two.ok("secret", "get", "dev", "A").out == "first"
    two.ok("verify")


def test_there_must_be_an_older_version(vault: Machine) -> None:
    vault.ok("secret", "set", "dev", "A", stdin="first")
    vault.fails(3, "secret", "rollback", "dev", "A")
    vault.fails(2, "secret", "rollback", "dev", "A", "--to", "2")
    vault.fails(2, "secret", "rollback", "dev", "B")


def test_what_is_known_is_marked_wherever_it_was_copied(two: Machine) -> None:
    two.ok("secret", "rollback", "dev", "A", "--to", "1")
    done = two.ok("secret", "compromised", "dev", "A", "--version", "1", "-m", "seen")
    assert "A of dev still has this value: set a new one" in done.err
    assert "A of staging still has this value: set a new one" in done.err
    assert compromised(two, "dev") == {"A": (3, True)}
    assert compromised(two, "staging") == {"A": (1, True)}
    table = two.ok("secret", "list", "staging").out.splitlines()
    assert table[0].split()[-1] == "COMPROMISED"
    assert table[1].split()[-1] == "yes"
    two.fails(3, "secret", "rollback", "dev", "A", "--to", "1")
    failed = two.fails(3, "secret", "copy", "staging", "A", "--to", "prod")
    assert "version 1 of A is compromised" in failed.error()
    two.ok("secret", "rollback", "dev", "A", "--to", "2")
    two.ok("verify")


def test_a_known_copy_marks_what_it_is_a_copy_of(two: Machine) -> None:
    two.ok("secret", "rollback", "dev", "A", "--to", "1")
    two.ok("secret", "compromised", "staging", "A", "--version", "1", "-m", "seen")
    assert compromised(two, "dev") == {"A": (3, True)}
    assert "COMPROMISED" in two.ok("secret", "list", "dev").out


def test_a_signer_with_limits_is_told_what_could_not_be_marked(
    two: Machine, bob: dict[str, str]
) -> None:
    line = two.ok("signer", "new", env=bob).out.strip()
    two.ok("signer", "add", "bob", line, "--may", "secret:dev")
    done = two.ok("secret", "compromised", "dev", "A", "--version", "1", "-m", "seen", env=bob)
    assert "version 1 of A in staging has the same value" in done.err
    assert compromised(two, "staging") == {"A": (1, False)}


def test_a_list_without_known_versions_has_no_column_for_them(two: Machine) -> None:
    assert "COMPROMISED" not in two.ok("secret", "list", "dev").out
    assert two.ok("secret", "list", "dev", "-o", "csv").out.splitlines()[0].endswith("compromised")

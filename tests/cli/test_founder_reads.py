"""`init` makes the founder an identity, so that secrets can be set at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL

if TYPE_CHECKING:
    from tests.machine import Machine


@pytest.fixture
def alone(bare: Machine) -> Machine:
    """A machine on which `init` does what it does for people."""
    return replace(bare, reads=True)


def test_the_founder_reads_and_sets_secrets_of_every_environment_at_once(alone: Machine) -> None:
    identity = alone.home / ".config" / "tetra-es" / "age.key"
    done = alone.ok("init", "acme")
    assert f"tetra-es: made an identity: {identity}\n" in done.err
    assert f"  reads    the secrets of every environment, with {identity}\n" in done.out
    assert identity.stat().st_mode & 0o777 == 0o600
    recipient = alone.ok("identity", "show").out.strip()
    for environment in ("local", "dev", "staging", "prod"):
        rows = alone.ok("recipient", "list", environment, "-o", "json").json
        assert rows == [{"name": "alice", "recipient": recipient}]
        alone.ok("secret", "set", environment, "KEY", stdin=f"of {environment}")
        assert alone.ok("secret", "get", environment, "KEY").out == f"of {environment}"
    alone.ok("promote", "dev")
    alone.ok("verify")


def test_an_identity_that_is_there_is_used(alone: Machine) -> None:
    recipient = alone.ok("identity", "new").out.strip()
    assert "identity:" not in alone.ok("init", "acme").err
    rows = alone.ok("recipient", "list", "prod", "-o", "json").json
    assert [row["recipient"] for row in rows] == [recipient]
    alone.ok("init", "other")
    assert alone.ok("--org", "other", "recipient", "list", "dev", "-o", "json").json == rows


def test_no_identity_is_made_where_none_is_wanted(alone: Machine) -> None:
    alone.ok("init", "acme", "--no-identity")
    assert not (alone.home / ".config" / "tetra-es" / "age.key").exists()
    assert alone.ok("recipient", "list", "dev", "-o", "json").json == []
    assert len(alone.history()) == 2


def test_a_dry_run_makes_none(alone: Machine) -> None:
    alone.ok("init", "acme", "--dry-run")
    assert not (alone.home / ".config").exists()


def test_an_identity_that_cannot_be_read_stops_init_before_anything_is_made(
    alone: Machine,
) -> None:
    alone.ok("identity", "new")
    (alone.home / ".config" / "tetra-es" / "age.key").write_text("what\n")
    alone.fails(1, "init", "acme")
    assert not alone.folder.exists()
    alone.ok("init", "acme", "--no-identity")


def test_so_do_those_who_import_an_organization(alone: Machine) -> None:
    old = alone.home / "old" / "environments"
    old.mkdir(parents=True)
    (old / "local.toml").write_text("[ports]\ntetra = 4444\n")
    (old / "qa.toml").write_text("[ports]\ntetra = 4445\n")
    done = alone.ok("import", str(old.parent), "--as", "acme", "--environments", "local,qa,prod")
    assert "tetra-es: made an identity: " in done.err
    for environment in ("local", "qa", "prod"):
        alone.ok("secret", "set", environment, "KEY", stdin="s")
        assert alone.ok("secret", "get", environment, "KEY").out == "s"
    alone.ok("verify")
    alone.ok(
        "import", str(old.parent), "--as", "other", "--no-identity", "--environments", "local,qa"
    )
    assert alone.ok("--org", "other", "recipient", "list", "qa", "-o", "json").json == []


def test_who_adds_an_environment_reads_its_secrets(alone: Machine) -> None:
    alone.ok("init", "acme")
    rows = alone.ok("recipient", "list", "dev", "-o", "json").json
    done = alone.ok("env", "add", "qa", "--profile", "dev")
    assert "add recipient(qa): alice" in done.out
    assert alone.ok("recipient", "list", "qa", "-o", "json").json == rows
    alone.ok("secret", "set", "qa", "KEY", stdin="s")
    alone.ok("env", "rm", "qa")
    assert "add recipient" not in alone.ok("env", "add", "qa", "--profile", "dev").out
    assert alone.ok("secret", "get", "qa", "KEY").out == "s"
    alone.ok("verify")


@LONG_TAIL
def test_who_reads_nothing_adds_an_environment_that_nobody_reads(alone: Machine) -> None:
    alone.ok("init", "acme", "--no-identity")
    alone.ok("env", "add", "qa", "--profile", "dev")
    assert alone.ok("recipient", "list", "qa", "-o", "json").json == []

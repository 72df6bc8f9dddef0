"""`status` says what promoting would change, and `promote` writes missing files again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.machine import Machine


@pytest.fixture
def promoted(machine: Machine) -> Machine:
    machine.ok("promote", "dev")
    return machine


def dev(machine: Machine) -> dict[str, Any]:
    rows = machine.ok("status", "-o", "json").json["environments"]
    (row,) = (row for row in rows if row["environment"] == "dev")
    assert isinstance(row, dict)
    return row


def test_an_environment_is_behind_what_its_profile_or_the_manifest_makes_of_it(
    promoted: Machine,
) -> None:
    for command, since, said in (
        ("set manifest domain=acme.test", ["manifest"], "local@1 (behind: manifest changed)"),
        ("promote dev", [], "local@1"),
        ("set profile dev deployment.user=x", ["profile"], "local@1 (behind: profile changed)"),
        (
            "set manifest domain=other.test",
            ["profile", "manifest"],
            "local@1 (behind: profile and manifest changed)",
        ),
        ("set local ports.tetra=5", ["profile", "manifest"], "local@1 (1 behind, profile and"),
        ("promote dev", [], "local@2"),
        ("rollback dev --to dev@2", ["profile"], "local@1 (1 behind, profile changed)"),
    ):
        promoted.ok(*command.split())
        row = dev(promoted)
        assert row["changed_since"] == since, command
        assert row["source"].startswith(said), command
        assert said in promoted.ok("status").out


def test_a_rollback_is_behind_in_its_source_alone(promoted: Machine) -> None:
    """Nobody touched the profile, nor the manifest."""
    promoted.ok("set", "local", "ports.tetra=5")
    promoted.ok("promote", "dev")
    for words, since, said in (
        ((), [], "local@1 (1 behind)"),
        (("--to", "dev@2"), [], "local@2"),
        (("--path", "ports", "--to", "dev@1"), ["keys"], "local@2 (behind: keys changed)"),
    ):
        promoted.ok("rollback", "dev", *words)
        assert (dev(promoted)["changed_since"], dev(promoted)["source"]) == (since, said)


def test_what_changes_no_value_leaves_an_environment_as_it_is(promoted: Machine) -> None:
    for command in (
        "set manifest promotion.gradual=off",
        "set profile dev services.nosuch.*.port=1",
        "set profile staging deployment.user=x",
        "set profile dev deployment.user=root",
    ):
        promoted.ok(*command.split())
        assert dev(promoted)["changed_since"] == []


def test_a_missing_generated_file_is_written_again(promoted: Machine) -> None:
    """https://github.com/akuity/kargo/issues/1826: promoting the same again did nothing though
    things had drifted.
    """
    path = promoted.toml("dev")
    text = path.read_bytes()
    path.unlink()
    would = promoted.ok("promote", "dev", "--dry-run").out
    assert would.startswith("would write environments/dev.toml again: dev has local@1 already\n")
    assert not path.exists()
    said = promoted.ok("promote", "dev").out
    assert said == "wrote environments/dev.toml again: dev has local@1 already\n"
    assert path.read_bytes() == text
    assert promoted.ok("promote", "dev").out == "nothing to do: dev has local@1 already\n"


def test_a_changed_generated_file_is_kept_and_written_again(promoted: Machine) -> None:
    path = promoted.toml("dev")
    text = path.read_bytes()
    path.write_bytes(text + b"# mine\n")
    assert "was changed by hand" in promoted.fails(3, "promote", "dev").error()
    done = promoted.ok("promote", "dev", "--force")
    assert done.out == "wrote environments/dev.toml again: dev has local@1 already\n"
    assert "kept/environments/dev.toml.at-3" in done.err
    assert path.read_bytes() == text


def test_a_promotion_that_records_writes_a_missing_file_without_a_word(promoted: Machine) -> None:
    promoted.toml("dev").unlink()
    promoted.ok("set", "local", "ports.tetra=5")
    assert "again" not in promoted.ok("promote", "dev").out
    assert "tetra = 5" in promoted.toml("dev").read_text()


def test_a_rollback_to_the_state_that_is_there_does_not_bring_a_file_back(
    promoted: Machine,
) -> None:
    promoted.toml("dev").unlink()
    promoted.fails(3, "rollback", "dev", "--to", "dev@1")
    assert promoted.ok("status", "-o", "json").json["missing"] == ["environments/dev.toml"]

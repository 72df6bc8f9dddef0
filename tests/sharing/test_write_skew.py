"""A decision on something that others changed meanwhile is refused, or made again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.examples import LONG_TAIL
from tests.sharing.people import command

if TYPE_CHECKING:
    from tests.sharing.people import Team


def test_he_is_no_signer_any_more(team: Team) -> None:
    """He decided while he was one, and pushes after she recorded that he is not."""
    alice, bob = team
    team.on_push(command(alice, "signer", "rm", "bob"))
    refused = bob.run("set", "local", "ports.tetra=5001")
    assert (refused.code, refused.error()) == (3, "your key is not a signer of acme")
    assert len(team.shared()) == 4
    assert alice.ok("pull").out == "up to date: #4\n"


@LONG_TAIL
def test_the_policy_changed(team: Team) -> None:
    alice, bob = team
    team.on_push(command(alice, "set", "manifest", "promotion.gradual=required"))
    refused = bob.run("promote", "prod")
    assert refused.code == 3
    assert "staging" in refused.error()
    assert len(team.shared()) == 4
    team.check_equal()


@LONG_TAIL
def test_the_profile_changed(team: Team) -> None:
    alice, bob = team
    team.on_push(command(alice, "set", "profile", "dev", "set.logging.level=error"))
    bob.ok("promote", "dev")
    assert 'level = "error"' in bob.toml("dev").read_text()
    team.check_equal()


@LONG_TAIL
def test_the_source_changed(team: Team) -> None:
    alice, bob = team
    team.on_push(command(alice, "set", "local", "ports.tetra=5001"))
    assert "promote(dev): local@2 -> dev@1 (#5)" in bob.ok("promote", "dev").out
    assert "tetra = 5001" in bob.toml("dev").read_text()
    team.check_equal()


@LONG_TAIL
def test_the_same_key_changed(team: Team) -> None:
    """The later one counts, and says which value it replaced."""
    alice, bob = team
    team.on_push(command(alice, "set", "local", "ports.tetra=5001"))
    assert "5001 -> 5002" in bob.ok("set", "local", "ports.tetra=5002").out
    team.check_equal()


@LONG_TAIL
def test_the_key_is_there_already(team: Team) -> None:
    """Nothing is left to be recorded."""
    alice, bob = team
    team.on_push(command(alice, "set", "local", "ports.tetra=5001"))
    bob.ok("set", "local", "ports.tetra=5001")
    assert len(team.shared()) == 4
    team.check_equal()

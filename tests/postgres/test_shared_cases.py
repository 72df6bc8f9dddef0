"""What holds of sharing by a repository holds of a database, too: the same tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.sharing.racing import COMMANDS, KILLS, race
from tests.sharing.test_poison import (
    test_a_signed_event_that_breaks_a_rule,
    test_an_event_of_a_newer_version,
    test_what_was_never_an_event,
)
from tests.sharing.test_race import test_two_machines_race
from tests.sharing.test_write_skew import (
    test_he_is_no_signer_any_more,
    test_the_key_is_there_already,
    test_the_policy_changed,
    test_the_profile_changed,
    test_the_same_key_changed,
    test_the_source_changed,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres.people import DatabaseTeam

__all__ = [
    "test_a_signed_event_that_breaks_a_rule",
    "test_an_event_of_a_newer_version",
    "test_he_is_no_signer_any_more",
    "test_the_key_is_there_already",
    "test_the_policy_changed",
    "test_the_profile_changed",
    "test_the_same_key_changed",
    "test_the_source_changed",
    "test_two_machines_race",
    "test_what_was_never_an_event",
]


def test_eight_machines_race(team: DatabaseTeam, tmp_path: Path) -> None:
    """Eight clones, each with a state folder of its own."""
    more = [team.bob.copy(tmp_path / f"more{number}") for number in range(6)]
    race([*team, *more], max(COMMANDS // 4, 2), max(KILLS // 4, 1))
    team.check_equal(whole=True)

"""What holds of sharing by a repository holds of a database, too: the same tests."""

from __future__ import annotations

from tests.sharing.test_poison import (
    test_a_signed_event_that_breaks_a_rule,
    test_an_event_of_a_newer_version,
    test_what_was_never_an_event,
)
from tests.sharing.test_race import test_eight_machines_race, test_two_machines_race
from tests.sharing.test_write_skew import (
    test_he_is_no_signer_any_more,
    test_the_key_is_there_already,
    test_the_policy_changed,
    test_the_profile_changed,
    test_the_same_key_changed,
    test_the_source_changed,
)

__all__ = [
    "test_a_signed_event_that_breaks_a_rule",
    "test_an_event_of_a_newer_version",
    "test_eight_machines_race",
    "test_he_is_no_signer_any_more",
    "test_the_key_is_there_already",
    "test_the_policy_changed",
    "test_the_profile_changed",
    "test_the_same_key_changed",
    "test_the_source_changed",
    "test_two_machines_race",
    "test_what_was_never_an_event",
]

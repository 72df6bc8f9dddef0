"""What becomes of each field of an event that is recorded again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tetra_es.events.form.table import METADATA, MORE_METADATA, TOPICS
from tetra_es.usecases.rerecord.again import HANDLERS, NOT_AGAIN
from tetra_es.usecases.rerecord.fields import FIELDS, METADATA_FIELDS, How, file_of, mapped
from tetra_es.usecases.rerecord.places import Lost, Places

SMALL = st.integers(1, 9)
NAMED = {
    "position",
    "position or 0",
    "revision",
    "revision or 0",
    "version",
    "hash",
    "text body",
    "changes body",
    "rules body",
    "ciphertext body",
}
"""Types of what means something else on another line."""


def test_every_field_of_every_topic_is_classified() -> None:
    assert FIELDS.keys() == TOPICS.keys()
    for name, topic in TOPICS.items():
        assert FIELDS[name].keys() >= {field.name for field in topic.fields}, name
    fields = {field.name for field in (*METADATA, *MORE_METADATA)}
    assert METADATA_FIELDS.keys() == fields


@pytest.mark.parametrize("name", TOPICS)
def test_what_names_something_is_never_carried_over(name: str) -> None:
    for field in TOPICS[name].fields:
        kinds = {type_.name for type_, _ in field.type.leaves(field.type.example)}
        if kinds & NAMED:
            assert FIELDS[name][field.name] is not How.KEPT, field.name


@pytest.mark.parametrize("name", TOPICS)
def test_a_topic_is_decided_again_or_said_to_be_gone(name: str) -> None:
    is_gone = set(FIELDS[name].values()) == {How.GONE}
    assert is_gone != (name in HANDLERS)
    assert not (name in HANDLERS and name in NOT_AGAIN)


@given(fork=SMALL, moved=st.dictionaries(SMALL, SMALL), old=SMALL)
def test_positions(fork: int, moved: dict[int, int], old: int) -> None:
    places = Places(fork, {}, {})
    for before, now in moved.items():
        places.moved(before, now)
    if old <= fork:
        assert places.position(old) == old
    elif old in moved:
        assert places.position(old) == moved[old]
    else:
        with pytest.raises(Lost, match=f"#{old}"):
            places.position(old)


@given(common=SMALL, new=st.dictionaries(SMALL, SMALL), old=SMALL, key=st.sampled_from("AB"))
def test_revisions_and_versions(common: int, new: dict[int, int], old: int, key: str) -> None:
    places = Places(1, {"dev": common}, {("dev", "A"): common})
    for before, now in new.items():
        places.revised("dev", before, now)
        places.set_again("dev", "A", (before, f"old {before}"), (now, f"new {now}"))
    fields = {"environment": "dev", "key": key, "version": old}
    known = {number: number for number in range(1, common + 1)}
    expected = ({**new, **known} if key == "A" else {}).get(old)
    if expected is None:
        with pytest.raises(Lost):
            mapped("secret.removed", fields, places)
    else:
        assert mapped("secret.removed", fields, places) == {**fields, "version": expected}
    if (revision := {**new, **known}.get(old)) is None:
        with pytest.raises(Lost):
            places.revision("dev", old)
    else:
        assert places.revision("dev", old) == revision
    with pytest.raises(Lost):
        places.revision("staging", old)


def test_a_secret_that_a_deployment_gave() -> None:
    places = Places(1, {}, {("dev", "A"): 2})
    places.set_again("dev", "A", (3, "aa"), (4, "bb"))
    assert places.used("dev", "A", 2, "cc") == ["A", 2, "cc"]
    assert places.used("dev", "A", 3, "aa") == ["A", 4, "bb"]
    with pytest.raises(Lost):
        places.used("dev", "A", 4, "dd")


def test_of_what_a_revision_is_one() -> None:
    assert file_of("manifest.edited", "") == "manifest"
    assert file_of("profile.edited", "dev") == "profile dev"
    assert file_of("environment.promoted", "dev") == "dev"

"""Effective times: from when on an event counts."""

from __future__ import annotations

from typing import Any

import pytest

from tetra_es.log.counting import IMPORTED, Counted, Reached, count

DAY = "2026-11-22T"


def at(time: str) -> str:
    """Return a time of the day as events write it."""
    whole, _, more = time.partition(".")
    return f"{DAY}{whole}.{more:0<6}Z"


def event(time: str, **metadata: Any) -> dict[str, Any]:
    """Return the stored state of an event of rules 1."""
    same = {"actor": "alice", "correlation": "c", "rules": 1, "batch": [1, 1]}
    return {"timestamp": at(time) if time[2] == ":" else time, "metadata": same | metadata}


def old(time: str, command: str, **more: Any) -> dict[str, Any]:
    """Return the stored state of an event of the first edition."""
    return {"timestamp": time, "metadata": {"actor": "alice", "correlation": command, **more}}


def counted(*events: dict[str, Any], void: tuple[int, ...] = ()) -> list[Counted]:
    """Return how events count, one after the other; mallory has limits."""
    found: list[Counted] = []
    reached = Reached()
    for position, state in enumerate(events, 1):
        topic = state.pop("topic", "manifest.edited")
        one = count(
            reached,
            position,
            topic,
            state,
            void=position in void,
            may_correct=lambda name: name != "mallory",
        )
        reached = one.reached
        found.append(one)
    return found


def times(*events: dict[str, Any], void: tuple[int, ...] = ()) -> list[str]:
    """Return the effective times of events, without their day where it is that of most."""
    return [one.time.removeprefix(DAY).removesuffix("Z") for one in counted(*events, void=void)]


def test_they_rise_from_batch_to_batch() -> None:
    later = [event("10:00:00"), event("10:00:00"), event("09:00:00"), event("10:00:00.000002")]
    assert times(*later, event("11:00:00")) == [
        "10:00:00.000000",
        "10:00:00.000001",
        "10:00:00.000002",
        "10:00:00.000003",
        "11:00:00.000000",
    ]


def test_a_batch_may_have_one_time() -> None:
    batch = [event("09:00:00", batch=[number, 3]) for number in (1, 2, 3)]
    late = event("10:30:00", batch=[2, 2])
    assert times(event("10:00:00"), *batch, event("10:00:00", batch=[1, 2]), late) == [
        "10:00:00.000000",
        *("10:00:00.000001",) * 3,
        "10:00:00.000002",
        "10:30:00.000000",
    ]


def test_of_the_first_edition_the_events_of_a_command_are_a_batch() -> None:
    time = "2026-11-22T12:00:00+02:00"
    assert times(old(time, "a"), old(time, "a"), old(time, "b"), old(time, "a")) == [
        "10:00:00.000000",
        "10:00:00.000000",
        "10:00:00.000001",
        "10:00:00.000002",
    ]


def test_what_counts_is_when_it_was_recorded() -> None:
    late = event("09:00:00", recorded=at("10:05:00"))
    assert times(event("10:00:00"), late, event("10:04:00")) == [
        "10:00:00.000000",
        "10:05:00.000000",
        "10:05:00.000001",
    ]
    assert times(event("10:00:00"), event("11:00:00", recorded=at("10:05:00")))[1] == (
        "10:05:00.000000"
    )


def test_a_void_event_counts_for_itself_alone() -> None:
    found = counted(
        event("10:00:00"),
        event("23:00:00"),
        event("09:00:00", clock="corrected"),
        event("soon"),
        event("10:01:00"),
        void=(2, 3, 4),
    )
    assert [one.time[11:-1] for one in found] == [
        "10:00:00.000000",
        "23:00:00.000000",
        "10:00:00.000001",
        "10:00:00.000001",
        "10:01:00.000000",
    ]
    assert [one.since for one in found] == [1, None, None, None, 1]


def test_a_correction_turns_times_back() -> None:
    found = counted(
        event("10:00:00"),
        event("23:00:00"),
        event("10:01:00"),
        event("10:02:00", clock="corrected"),
        event("10:01:00"),
    )
    assert [one.time[11:-1] for one in found] == [
        "10:00:00.000000",
        "23:00:00.000000",
        "23:00:00.000001",
        "10:02:00.000000",
        "10:02:00.000001",
    ]
    assert [one.since for one in found] == [1, 1, 1, 4, 4]
    assert [one.reached.by for one in found] == [1, 2, 2, 4, 4]


@pytest.mark.parametrize(
    "state",
    [
        event("10:02:00", clock="corrected", actor="mallory"),
        event("10:02:00", clock="corrected", batch=[2, 2]),
        event("23:30:00", clock="corrected"),
    ],
    ids=["who has limits", "within a batch", "later all the same"],
)
def test_what_corrects_nothing(state: dict[str, Any]) -> None:
    first, future, after = counted(event("10:00:00"), event("23:00:00"), state)
    assert first.time < future.time <= after.time
    assert after.since == 1


def test_imported_states_count_from_their_own_times_in_the_beginning_alone() -> None:
    imported = {"topic": IMPORTED}
    found = counted(
        event("10:00:00", batch=[1, 3]),
        event("2023-05-01T00:00:00.000000Z", batch=[2, 3], recorded=at("10:00:00")) | imported,
        event("10:00:00", batch=[3, 3]),
        event("2023-06-01T00:00:00.000000Z", recorded=at("10:01:00")) | imported,
        event("10:02:00", batch=[1, 2]),
        event("2023-06-01T00:00:00.000000Z", batch=[2, 2]) | imported,
    )
    assert [one.time[:16] for one in found] == [
        "2026-11-22T10:00",
        "2023-05-01T00:00",
        "2026-11-22T10:00",
        "2026-11-22T10:01",
        "2026-11-22T10:02",
        "2026-11-22T10:02",
    ]
    assert [one.since for one in found] == [1, 0, 1, 1, 1, 1]


def test_there_is_a_last_time() -> None:
    last = "9999-12-31T23:59:59.999999Z"
    found = counted(event(last), event("10:00:00"), event("10:01:00", clock="corrected"))
    assert [one.time for one in found] == [last, last, at("10:01:00")]

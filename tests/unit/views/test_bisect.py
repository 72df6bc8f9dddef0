"""Halving: the first bad of several is found with few looks, and skips stop nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tetra_es_projections.queries.bisect import Bisection


def search(count: int, first_bad: int, skipped: set[int]) -> tuple[Bisection, int]:
    """Return a finished search, and how many states it looked at."""
    found, looks = Bisection(count), 0
    while (place := found.next()) is not None:
        looks += 1
        found.tell(place, good=None if place in skipped else place < first_bad)
    return found, looks


def test_few_are_looked_at() -> None:
    found, looks = search(1000, 700, set())
    assert found.suspects() == (699, [700])
    assert looks <= 10


def test_two_states_need_no_look() -> None:
    assert search(2, 1, set())[0].suspects() == (0, [1])


@given(st.data())
def test_the_first_bad_one_is_among_those_that_are_left(data: st.DataObject) -> None:
    count = data.draw(st.integers(2, 40))
    first_bad = data.draw(st.integers(1, count - 1))
    skipped = data.draw(st.sets(st.integers(1, max(1, count - 2))))
    found, looks = search(count, first_bad, skipped)
    good, bad = found.suspects()
    assert looks < count - 1 or count == 2
    assert good < first_bad
    assert first_bad in bad
    assert set(bad[:-1]) <= skipped
    assert good == 0 or good not in skipped

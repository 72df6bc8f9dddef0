"""How hard the tests try: little by default, more where somebody has the time.

TETRA_ES_THOROUGH=1 is for CI and the night. The default is for people who wait.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterable

_T = TypeVar("_T")

CHARACTERS: Final = st.characters(exclude_categories=["Cs"])
"""Every character that UTF-8 has.

To find out by itself which those are, Hypothesis tries all that there are, for 2 s.
"""

THOROUGH: Final = bool(os.environ.get("TETRA_ES_THOROUGH"))

LONG_TAIL: Final = pytest.mark.skipif(
    not THOROUGH, reason="runs elsewhere: `make test-thorough` does it"
)
"""The mark of a test that has a sister in the daily run."""

_TIMES: Final = 10
"""How many times as many examples a thorough run tries."""


def load_profile() -> None:
    """Choose Hypothesis's profile. A busy machine fails no test, and examples are kept nowhere."""
    settings.register_profile("quick", deadline=None, database=None, max_examples=30)
    settings.register_profile("thorough", settings.get_profile("quick"), max_examples=300)
    settings.load_profile("thorough" if THOROUGH else "quick")


def examples(quick: int) -> settings:
    """Return settings for a test that needs another number of examples than most."""
    return settings(max_examples=quick * (_TIMES if THOROUGH else 1))


def some(cases: Iterable[_T], quick: int) -> list[_T]:
    """Return the cases of a sweep: all where there is time, else so many, spread over them."""
    every = list(cases)
    if THOROUGH or len(every) <= quick:
        return every
    return [every[number * len(every) // quick] for number in range(quick)]

"""Differences of texts: right, as `patch` reads them, and never slow."""

from __future__ import annotations

import random
import re
from difflib import unified_diff
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tetra_es import line_diff
from tetra_es.line_diff import unified

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TEXTS = st.lists(st.sampled_from("abcdefg"), max_size=30)


def applied(before: Sequence[str], diff: Iterable[str]) -> list[str]:
    """Return what a diff makes of a text: its lines must be where it says."""
    made: list[str] = []
    lines, at = iter(diff), 0
    if next(lines, None) is None:
        return [*before]
    next(lines)
    for line in lines:
        if found := re.fullmatch(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", line):
            start = int(found[1]) - (found[2] != "0")
            made += before[at:start]
            at = start
            assert len(made) == int(found[3]) - (found[4] != "0")
            continue
        if line[0] != "+":
            assert before[at] == line[1:]
            at += 1
        if line[0] != "-":
            made.append(line[1:])
    return [*made, *before[at:]]


@given(TEXTS, TEXTS)
def test_the_difference_is_that_of_difflib(before: list[str], after: list[str]) -> None:
    wanted = list(unified_diff(before, after, "a", "b", lineterm=""))
    assert list(unified(before, after, ("a", "b"), end="")) == wanted


@given(TEXTS, TEXTS)
def test_past_the_bound_the_difference_still_makes_the_one_of_the_other(
    before: list[str], after: list[str]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_diff, "_COMPARISONS", 0)
        assert applied(before, unified(before, after, end="")) == after


def test_lines_that_repeat_are_not_compared_for_ever() -> None:
    """`difflib` alone would compare the lines of these two some 30 million times, and again."""
    one = random.Random(1)
    before, after = ([str(one.randint(0, 120)) for _ in range(20_000)] for _ in range(2))
    made = list(unified(before, after, end=""))
    assert made[2] == "@@ -1,20000 +1,20000 @@"
    assert applied(before, made) == after

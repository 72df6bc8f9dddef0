"""How often the rules are right about lines that their author did not write, as the docs say."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.examples import LONG_TAIL
from tests.scanner.corpus import cases, measure

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "scanner.md"
ALL = list(cases())


def test_the_corpus_has_as_many_lines_as_it_should_and_each_is_toml() -> None:
    assert len(ALL) >= 500
    assert len({case.text for case in ALL}) == len(ALL)
    for case in ALL:
        tomllib.loads(case.text)


@pytest.mark.parametrize(
    ("half", "seen"),
    [
        pytest.param("half that was not looked at", {False}, marks=LONG_TAIL),
        pytest.param("half that was looked at", {True}, marks=LONG_TAIL),
        ("all of it", {False, True}),
    ],
    ids=["unseen", "seen", "all"],
)
def test_the_figures_are_those_of_the_page(half: str, seen: set[bool]) -> None:
    figures = measure([case for case in ALL if case.seen in seen])
    assert f"| {half} | {figures}\n" in PAGE.read_text("utf-8")

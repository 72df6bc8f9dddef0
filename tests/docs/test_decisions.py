"""Every decision is told in the same form, and listed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROOT / "docs/decisions"
DECISIONS = sorted(FOLDER.glob("[0-9]*.md"))
HEADINGS = ["Context", "Decision", "Rejected", "Consequences"]

_TITLE = re.compile(r"# (\d+)\. (\S.*)\n")
_STATUS = re.compile(r"Date: \d{4}-\d\d-\d\d · Status: (accepted|superseded by \[\d+\]\(\S+\))\n")


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_it_has_the_form_of_the_others(page: Path) -> None:
    text = page.read_text()
    title = _TITLE.match(text)
    assert title
    assert int(title[1]) == int(page.name[:4])
    assert _STATUS.match(text, title.end() + 1), text.splitlines()[2]
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS


def test_all_of_them_are_numbered_and_listed_by_title() -> None:
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    overview = (FOLDER / "README.md").read_text()
    listed = re.findall(r"^(\d+)\. \[(.+)\]\((\S+)\)$", overview, re.MULTILINE)
    titles = (_TITLE.match(page.read_text()) for page in DECISIONS)
    assert listed == [
        (title[1], title[2], page.name)
        for page, title in zip(DECISIONS, titles, strict=True)
        if title
    ]

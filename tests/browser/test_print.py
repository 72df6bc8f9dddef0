"""Pages on paper: all that they say is there, links that nobody can click are not."""

from __future__ import annotations

import io
import re
import unicodedata
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

if TYPE_CHECKING:
    from tests.browser.chromium import Browser

A4 = 718
"""Pixels between the margins of the paper, as browsers print by default."""
PRINTED = (
    *("", "timeline", "event/100", "event/13", "environment/prod", "compare?a=dev&b=prod"),
    *("keys", "key/ports.tetra", "key/app.motto", "secrets/dev", "hosts", "signers", "findings"),
    *("search?q=4446", "replay/prod?without=111"),
)
_TEXTS = """
const said = 'main h1, main td, main th[scope=row], main pre, main .sum, main dd, main p';
const empty = '\u2013';
const links = '.pager, .quick, .filters, form';
return [...document.querySelectorAll(said)].map(one => one.closest(links) ? '' : one.textContent)
  .filter(text => text && text !== empty);
"""


def squeezed(text: str) -> str:
    """Return text without blanks and ligatures: lines end where the paper does."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


@pytest.mark.parametrize("page", PRINTED)
def test_nothing_is_cut_off(served: str, browser: Browser, page: str) -> None:
    browser.open(served + page, width=A4)
    browser.media("print")
    assert browser.cut_off(".stack thead") == []
    assert not browser.is_too_wide()
    shown = "return [...document.querySelectorAll('nav, form, .skip')].filter(%s).length"
    assert browser.run(shown % "one => one.getClientRects().length") == 0


@pytest.mark.parametrize("page", PRINTED)
def test_all_text_is_on_the_paper(served: str, browser: Browser, page: str) -> None:
    browser.open(served + page)
    wanted = browser.run(_TEXTS)
    head = browser.run("return document.querySelector('.foot .hash').textContent")
    paper = PdfReader(io.BytesIO(browser.pdf()))
    text = squeezed("".join(one.extract_text() for one in paper.pages))
    assert len(wanted) > 1
    assert [one for one in wanted if not all(squeezed(word) in text for word in one.split())] == []
    assert head in text


def test_the_hash_of_an_event_is_readable(served: str, browser: Browser) -> None:
    browser.open(served + "event/100", width=A4)
    browser.media("print")
    for line in browser.run(
        "return [...document.querySelectorAll('code.hash')].map(one => "
        "[one.textContent, getComputedStyle(one).fontSize, getComputedStyle(one).color])"
    ):
        assert re.fullmatch(r"(\d+:)?[0-9a-f]{64}", line[0])
        assert float(line[1].removesuffix("px")) >= 10
        assert line[2] == "rgb(0, 0, 0)"

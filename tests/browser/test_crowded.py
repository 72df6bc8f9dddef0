"""Pages with long names, long values and many environments, as somebody sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import SCROLLED
from tests.browser.service import serving
from tests.machine import Machine
from tests.web.crowded import KEY, crowd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.chromium import Browser

WIDTHS = (320, 500, 800, 1280, 1600)
PAPER = (718, 1047)
"""Pixels between the margins of A4, upright and not."""
PAGES = (
    *("", "timeline", "event/local@2", "environment/production-of-europe-1", "keys", "hosts"),
    *("compare?a=local&b=prod", f"key/{KEY}", "secrets", "secrets/dev", "secrets/dev?at=dev@1"),
    *("secrets?whom=alice", "signers", "findings", "search?q=INC-4711", "search?q=customer"),
)
_BROKEN = """
return [...document.querySelectorAll('main a.key')].flatMap(one => {
  const range = document.createRange(), found = [];
  let last = null, before = '';
  for (const node of one.childNodes) for (let at = 0; at < node.length; at++) {
    range.setStart(node, at), range.setEnd(node, at + 1);
    const top = range.getBoundingClientRect().top, sign = node.data[at];
    if (last !== null && top > last + 2 && !'._/'.includes(before)) found.push(one.textContent);
    last = top, before = sign;
  }
  return found;
});
"""
"""The keys that end a line elsewhere than after a dot."""
_SMALL = """
return [...document.querySelectorAll('button, input, select, summary, .top a, .quick a, .pager a')]
  .filter(one => one.checkVisibility() && one.type !== 'hidden')
  .filter(one => one.getBoundingClientRect().height < 24).map(one => one.outerHTML.slice(0, 100));
"""
"""What is hard to hit: WCAG 2.2 wants 24 pixels of all but links in a text."""


_IN_TWO = """
document.querySelectorAll('main td.state > .at').forEach(one => one.textContent = 'staging@13');
return [...document.querySelectorAll('main td.state > .at, main .tag.few')]
  .filter(one => {
    const range = document.createRange();
    range.selectNodeContents(one);
    return new Set([...range.getClientRects()].map(each => Math.round(each.top))).size > 1;
  }).map(one => one.outerHTML);
"""
"""The names of states, were they that of a usual one, and the short badges that lines break."""


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("crowded")
    (folder / "home").mkdir()
    machine = Machine(folder / "home", reads=True)
    crowd(machine)
    with serving(machine, folder / "log") as address:
        yield address


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_cut_off_at_any_width(crowded: str, browser: Browser, page: str) -> None:
    for width in (*WIDTHS, *PAPER):
        browser.open(crowded + page, width=width)
        browser.media("print" if width in PAPER else "screen")
        but = (".stack thead",) if width in PAPER else SCROLLED  # nobody scrolls paper
        assert browser.cut_off(*but) == [], width
        assert not browser.is_too_wide(), width
        browser.media()


@pytest.mark.parametrize("page", ["hosts", "secrets/dev", "key/ports.tetra"])
def test_nor_is_anything_of_the_story(served: str, browser: Browser, page: str) -> None:
    for width in WIDTHS:
        browser.open(served + page, width=width)
        assert browser.cut_off(*SCROLLED) == [], width


@pytest.mark.parametrize("page", PAGES)
def test_keys_end_lines_at_their_dots(crowded: str, browser: Browser, page: str) -> None:
    for width in (360, 800):
        browser.open(crowded + page, width=width)
        assert browser.run(_BROKEN) == [], width


@pytest.mark.parametrize("page", ["", "hosts"])
def test_no_short_name_stands_on_two_lines(served: str, browser: Browser, page: str) -> None:
    for width in WIDTHS:
        browser.open(served + page, width=width)
        assert browser.run(_IN_TWO) == [], width


@pytest.mark.parametrize("page", PAGES)
def test_a_finger_hits_what_it_means(crowded: str, browser: Browser, page: str) -> None:
    browser.open(crowded + page, width=360)
    assert browser.run(_SMALL) == []


def test_a_key_is_copied_as_one_word(crowded: str, browser: Browser) -> None:
    browser.open(f"{crowded}keys", width=800)
    of = f"[...document.querySelectorAll('a.key')].find(one => one.textContent === '{KEY}')"
    copied = f"getSelection().selectAllChildren({of}); return getSelection().toString()"
    assert browser.run(copied) == KEY
    assert browser.run(f"return {of}.querySelectorAll('wbr').length") > 2

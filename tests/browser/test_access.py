"""Pages without a mouse, without sight, without motion, and four times as large."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.test_pages import EACH

if TYPE_CHECKING:
    from tests.browser.chromium import Browser

ZOOMED = 320
"""Pixels that a window of 1,280 has at 400 %."""
WALKED = ("", "timeline", "event/100", "environment/prod", "keys", "secrets/dev", "search?q=4446")
_FOCUSED = """
const one = document.activeElement, style = getComputedStyle(one);
const box = one.getBoundingClientRect();
return one === document.body ? null : {
  place: [...document.querySelectorAll('*')].indexOf(one),
  outline: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
  seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  named: !!(one.textContent.trim() || one.ariaLabel || one.labels?.length),
  html: one.outerHTML.slice(0, 100),
};
"""
_FOCUSABLE = """
return [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]
  .filter(one => one.type !== 'hidden' && one.checkVisibility({contentVisibilityAuto: true})).length
"""
_MOVING = """
return [...document.querySelectorAll('*')].filter(one => {
  const style = getComputedStyle(one);
  return style.animationName !== 'none' || /[1-9]/.test(style.transitionDuration);
}).length
"""


@pytest.mark.parametrize("page", WALKED)
def test_the_keyboard_reaches_everything_in_order(served: str, browser: Browser, page: str) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.open(served + page)
    browser.media(prefers_reduced_motion="reduce")  # which has a place shown at once
    there, seen = int(browser.run(_FOCUSABLE)), list[int]()
    while True:
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        found = browser.run(_FOCUSED)
        if found is None or found["place"] in seen:
            break
        assert found["outline"], found
        assert found["seen"], found
        assert found["named"], found
        seen.append(found["place"])
    assert seen == sorted(seen)
    assert len(seen) == there


def test_what_is_drawn_is_said(served: str, browser: Browser) -> None:
    """The lanes are beside the text, which names the environment, and where from and where to."""
    browser.open(f"{served}timeline")
    assert browser.run("return document.querySelectorAll('svg').length") > 10
    hidden = (
        "return [...document.querySelectorAll('svg')].every(one => one.closest('[aria-hidden]'))"
    )
    assert browser.run(hidden)
    rows = browser.run(
        "return [...document.querySelectorAll('.track > li')].map(one => one.innerText)"
    )
    assert [row for row in rows if "rollback(prod): prod@2 -> prod@3 (same as prod@1" in row]
    assert [row for row in rows if "promote(prod): local@6 -> prod@4" in row]
    assert all(row.split()[0] in {"local", "dev", "staging", "prod", "org"} for row in rows)


def test_nothing_moves_for_those_who_want_no_motion(served: str, browser: Browser) -> None:
    scrolling = "return getComputedStyle(document.documentElement).scrollBehavior"
    for page in ("", "timeline", "event/100"):
        browser.open(served + page)
        assert browser.run(_MOVING) == 0
        browser.media(prefers_reduced_motion="reduce")
        assert browser.run(scrolling) == "auto"
        browser.media(prefers_reduced_motion="no-preference")
        assert browser.run(scrolling) == "smooth"


@pytest.mark.parametrize("page", EACH)
def test_four_times_as_large_nobody_scrolls_to_the_side(
    served: str, browser: Browser, page: str
) -> None:
    browser.open(served + page, width=ZOOMED)
    assert not browser.is_too_wide()

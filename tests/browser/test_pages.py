"""A walk through the pages with a real browser: links, faults of access, sizes, what is text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote, urldefrag, urlencode, urlsplit
from urllib.request import urlopen

import pytest

from tests.browser.chromium import NARROW, WIDE
from tests.web.story import HOSTILE
from tetra_es.text import one_line

if TYPE_CHECKING:
    from tests.browser.chromium import Browser

EACH = (
    "",
    "?at=50&tz=Europe/Berlin",
    "timeline",
    "timeline?environment=dev&actor=bob",
    "timeline?key=ports&before=60",
    "timeline?since=1h",
    "event/1",
    "event/13",
    "event/74",
    "event/100",
    "event/112",
    "event/prod@2",
    "environment/local",
    "environment/prod?at=prod@1",
    "manifest",
    "profile/prod",
    "compare",
    "compare?a=dev&b=prod",
    "keys",
    "key/ports.tetra",
    "key/ports.tetra?at=prod@2",
    "key/app.motto",
    "secrets",
    "secrets/dev",
    "secrets?at=20",
    "hosts",
    "hosts?at=60",
    "signers",
    "findings",
    "findings?kind=drift&kind=behind",
    "search",
    "search?q=4446",
    "search?q=level&environment=profile%20prod&kind=key",
    "secrets?whom=bob",
    "hosts?host=shop2",
    "keys?key=ports",
    "replay/prod?without=111",
    "replay/staging?without=70",
)
"""Pages of every kind, and with every kind of parameter."""
GRAVE = ("serious", "critical")
LOOKED_AT = ((NARROW, True), (WIDE, False))
"""Width and scheme in which axe looks at a page: both of both."""


@pytest.mark.parametrize("page", EACH)
def test_everybody_can_read_it(served: str, browser: Browser, page: str) -> None:
    browser.said()
    for width, dark in ((NARROW, True), (WIDE, False), (WIDE, True), (NARROW, False)):
        browser.open(served + page, width=width, dark=dark)
        if (width, dark) in LOOKED_AT:
            assert [fault for fault in browser.faults() if fault[0] in GRAVE] == [], (page, width)
        assert not browser.is_too_wide(), (page, width)
    assert browser.said() == []


def test_every_link_works_and_no_console_says_anything(served: str, browser: Browser) -> None:
    """Each page is shown once; of those that are alike but for what they are of, some."""
    waiting, seen, shown, values = [served], {served}, dict[str, int](), dict[str, str]()
    browser.said()
    while waiting:
        address = waiting.pop(0)
        kind = _kind(address)
        shown[kind] = shown.get(kind, 0) + 1
        if shown[kind] > SOME:
            continue
        browser.open(address)
        assert browser.said() == [], address
        assert 'role="alert"' not in browser.driver.page_source, address
        for link in browser.links():
            target = urldefrag(link)[0]
            assert target.startswith(served), link
            if "/api/" in target:
                values[_kind(target.replace("/api/v1/", "/"))] = target
            elif target not in seen:
                seen.add(target)
                waiting.append(target)
    assert len(shown) > 20, shown
    assert len(values) > 10, values
    for target in values.values():
        with urlopen(target) as answer:  # noqa: S310 - ours; other statuses than 200 fail
            json.load(answer)


SOME = 4
"""How many pages of a kind are shown."""


def _kind(address: str) -> str:
    """Return the kind of a page, and the names of its parameters."""
    parts = urlsplit(address)
    names = sorted(one.partition("=")[0] for one in parts.query.split("&"))
    return f"{parts.path.split('/')[1]}?{'&'.join(names)}"


def test_the_files_are_the_same_to_read(site: str, browser: Browser) -> None:
    browser.said()
    browser.open(f"{site}index.html", width=NARROW)
    assert [fault for fault in browser.faults() if fault[0] in GRAVE] == []
    assert not browser.is_too_wide()
    for link in sorted({urldefrag(one)[0] for one in browser.links()}):
        browser.open(link, width=NARROW)
        assert not browser.is_too_wide(), link
        style = "return getComputedStyle(document.querySelector('.top')).backgroundColor"
        assert browser.run(style) == "rgb(22, 32, 46)", link  # the style was found
    assert browser.said() == []


@pytest.mark.parametrize(("key", "value", "reason"), HOSTILE)
def test_what_others_wrote_is_text(
    served: str, browser: Browser, key: str, value: str, reason: str
) -> None:
    browser.said()
    address = f"{served}search?{urlencode({'q': reason})}"
    browser.open(address)
    (event,) = {one for one in browser.links("main") if "/event/" in one}
    of_key = f"{served}key/{quote(key, safe='')}"
    for page in (address, event, of_key, f"{served}timeline", f"{served}environment/local"):
        browser.open(page)
        text = browser.text()
        assert one_line(reason) in text or page == f"{served}environment/local", page
        assert not UNSAFE & set(text), page
        assert browser.run("return document.querySelectorAll('main i, img, script').length") == 0
        assert browser.said() == []
    assert one_line(key.partition(".")[2]) in browser.text()
    browser.open(of_key)
    assert browser.driver.find_element("css selector", "h1").text == key
    assert one_line(quoted(value)) in browser.text()


UNSAFE = {"\x1b", "\x07", "\u202e", "\u2028"}


def quoted(value: str) -> str:
    """Return a string as TOML writes it."""
    return json.dumps(value, ensure_ascii=False)


def test_the_keyboard_is_enough(served: str, browser: Browser) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.open(f"{served}timeline")
    active = browser.driver.switch_to.active_element
    active.send_keys(Keys.TAB)
    focused = "return document.activeElement"
    assert browser.run(f"{focused}.className") == "skip"
    assert browser.run(f"{focused}.getBoundingClientRect().top") >= 0  # it is shown now
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.run("return location.hash") == "#main"
    browser.driver.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.run(f"{focused}.closest('main') !== null")
    outline = f"{focused.replace('return ', 'return getComputedStyle(')}).outlineStyle"
    assert browser.run(outline) == "solid"


def test_a_filter_is_in_the_address(served: str, browser: Browser) -> None:
    browser.open(f"{served}timeline?tz=Asia/Kolkata")
    browser.run("document.getElementById('f-actor').value = 'bob'")
    browser.run("document.querySelector('form.filters').requestSubmit()")
    assert "actor=bob" in browser.driver.current_url
    assert "tz=Asia%2FKolkata" in browser.driver.current_url
    assert "+05:30" in browser.text()
    metas = "return [...document.querySelectorAll('.track .meta span:nth-child(2)')]"
    assert set(browser.run(f"{metas}.map(one => one.textContent)")) == {"bob"}

"""No page is larger than 100 kB, and all parts together have everything."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import pytest

from tests.machine import Machine
from tests.web.large import ENVIRONMENTS, HOSTS, LONG, SIGNERS, WIDE, enlarge, widen
from tests.web.pages.looking import Look

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.web.pages.looking import Page

LARGEST = 100_000
FOLLOWED = 3
"""Pages of a list that are looked at, beside its last."""

ASKED = [
    "/", "/?at=1500", "/timeline?n=50", "/timeline?environment=dev", "/timeline?key=large",
    "/timeline?type=signer", "/event/1", "/event/2", "/event/local@2", "/event/dev@2",
    "/environment/local", "/environment/dev", "/environment/shop-001", "/manifest",
    "/profile/shop-001", "/compare", "/compare?a=dev@1&b=dev", "/keys", "/keys?key=large",
    "/keys?at=1500", "/key/ports.tetra", "/key/large.key_0000", "/key/large", "/secrets",
    "/secrets?at=3600", "/secrets/dev", "/secrets/dev?at=3650", "/secrets?whom=alice", "/hosts",
    "/hosts?at=1500", "/hosts?host=server-001.example", "/signers", "/signers?at=3000",
    "/findings", "/search", "/search?q=key_", "/search?q=person", "/search?q=shop",
    "/search?q=%26&kind=value", "/replay/dev?without=local@2",
]  # fmt: skip


TABLE = quote(f'"{LONG}"')
KEY = quote(f'wide."{WIDE}000"')
WIDELY = [
    "/", "/timeline?n=50", "/timeline?key=wide", f"/timeline?key={KEY}",
    f"/timeline?key={TABLE}&tz=America/Argentina/ComodRivadavia", "/event/local@3",
    "/event/local@4", "/environment/dev", "/compare?a=local@1&b=local",
    "/compare?a=local@3&b=local", "/keys", "/keys?at=14", f"/keys?key={KEY}",
    f"/keys?key={TABLE}", "/key/wide", f"/key/{KEY}", f"/key/{TABLE}", f"/key/{TABLE}.key_000",
    "/secrets", "/secrets/dev", "/secrets/dev?at=220", "/search?q=wide", f"/search?q={KEY}",
    f"/search?q={TABLE}", "/replay/dev?without=local@4",
]  # fmt: skip


def founded(home: Path) -> Machine:
    home.mkdir()
    machine = Machine(home, reads=True)
    machine.ok("init", "acme", "--domain", "acme.example")
    return machine


@pytest.fixture(scope="module")
def look(tmp_path_factory: pytest.TempPathFactory) -> Look:
    return Look(enlarge(founded(tmp_path_factory.mktemp("larger") / "home")))


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Look:
    return Look(widen(founded(tmp_path_factory.mktemp("wide") / "home")))


def shown(look: Look, path: str) -> Page:
    """Return the page at an address."""
    parts = urlsplit(path)
    name, _, of = parts.path.strip("/").partition("/")
    given = dict(parse_qsl(parts.query))
    page = look.page(name or "overview", unquote(of), given.pop("tz", ""), **given)
    assert len(page.source.encode()) <= LARGEST, (path, len(page.source.encode()))
    return page


def following(page: Page) -> Iterator[str]:
    """Yield where the rest of its lists is."""
    yield from map(html.unescape, re.findall(r'<a rel="next" href="([^"]*)"', page.source))


@pytest.mark.parametrize("path", ASKED)
def test_no_page_is_large(look: Look, path: str) -> None:
    follow(look, path)


@pytest.mark.parametrize("path", WIDELY)
def test_no_page_with_wide_keys_is_large(wide: Look, path: str) -> None:
    follow(wide, path)


def follow(look: Look, path: str) -> None:
    """Look at a page and some of those that follow it."""
    waiting, seen = [path], {path}
    while waiting and len(seen) < FOLLOWED:
        for other in following(shown(look, waiting.pop(0))):
            if other not in seen:
                seen.add(other)
                waiting.append(other)


def every(look: Look, path: str, pattern: str, parameter: str) -> set[str]:
    """Return what is found on a page and on all that follow it by a parameter."""
    found: set[str] = set()
    wanted: str | None = path
    while wanted:
        page = shown(look, wanted)
        found |= set(re.findall(pattern, page.text))
        further = [one for one in following(page) if f"{parameter}=" in one and one != wanted]
        wanted = next(iter(further), None)
    return found


@pytest.mark.parametrize(
    ("path", "pattern", "parameter", "number"),
    [
        ("/signers", r"person-\d{4}", "part", SIGNERS),
        ("/hosts", r"server-\d{3}\.example", "part", HOSTS),
        ("/keys", r"shop-\d{3}", "columns", ENVIRONMENTS - 4),
        ("/secrets/dev", r"SECRET_NUMBER_\d{3}", "part", 120),
    ],
)
def test_all_parts_together_have_everything(
    look: Look, path: str, pattern: str, parameter: str, number: int
) -> None:
    assert len(every(look, path, pattern, parameter)) == number

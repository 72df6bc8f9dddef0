"""An environment that is in the manifest, and was not promoted yet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.web.pages.looking import Page
from tests.web.service import serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine


@pytest.fixture
def grown(machine: Machine) -> Machine:
    machine.ok("promote", "prod", "-m", "first")
    machine.ok("env", "add", "qa", "--profile", "staging", "--after", "dev", "-m", "wanted")
    return machine


def test_every_link_to_it_leads_to_a_page(grown: Machine) -> None:
    with serving(grown) as service:
        for path in ("/", "/compare", "/keys", "/environment/qa", "/secrets", "/findings"):
            page = Page.of(service.ask(path).text)
            for href in {one for one in page.hrefs if urlsplit(one).path.count("/")}:
                assert service.ask(href).status == 200, (path, href)
        assert "qa" not in Page.of(service.ask("/compare").text).main
        table = service.ask("/keys").text.partition("<thead>")[2].partition("</thead>")[0]
        columns = re.findall(r'href="/environment/([a-z]+)"', table)
        assert columns == ["local", "prod", "dev", "qa", "staging"]


def test_its_page_says_so_now_and_later(grown: Machine) -> None:
    with serving(grown) as service:
        page = Page.of(service.ask("/environment/qa").text)
        assert "It was never promoted, and has no state yet." in page.text
        assert "It has no secrets." in page.text
        then = Page.of(service.ask("/environment/qa?at=3").text)
        assert "It was never promoted, and has no state yet." in then.text
        assert "/profile/qa" in page.hrefs
        (permalink,) = re.findall('href="([^"]*)">permalink<', page.source)
        (words,) = page.commands
        grown.ok(*words.split()[1:])
        grown.ok("promote", "qa")
        then = Page.of(service.ask(permalink).text)
        assert "It had no state yet at" in then.text
        assert "It had no secrets." in then.text
        assert "qa@1" in Page.of(service.ask("/environment/qa").text).text
        assert service.ask("/environment/qa?at=qa@2").status == 404
        assert service.ask("/environment/nothing").status == 404


def test_it_may_be_gone_again(grown: Machine) -> None:
    grown.ok("env", "rm", "qa")
    with serving(grown) as service:
        page = Page.of(service.ask("/environment/qa").text)
        assert "It was never promoted, and is not in the manifest any more." in page.text
        assert "tetra-es promote" not in page.text


def test_so_does_its_file(grown: Machine, tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    grown.ok("audit", "site", str(pages))
    page = Page.of((pages / "environment/qa.html").read_text("utf-8"))
    assert "It was never promoted" in page.text
    assert 'role="alert"' not in page.source

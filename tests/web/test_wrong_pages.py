"""What people see where a page cannot be made: what is wrong, and what they asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from tests.web.pages.looking import Page

if TYPE_CHECKING:
    from tests.web.service import Service


@pytest.mark.parametrize(
    ("path", "status", "heading", "said"),
    [
        ("/timeline?before=x", 400, "Cannot show this", "<strong>before is not a number"),
        ("/timeline?since=soonish", 400, "Cannot show this", "<strong>"),
        ("/timeline?since=2h&until=3h", 400, "Cannot show this", "<strong>The period ends before"),
        ("/search?q=a&kind=x", 400, "Cannot show this", "<strong>No such kind"),
        ("/?nothing=1", 400, "Cannot show this", "<p>There are at, part, tz</p>"),
        ("/event/9999", 404, "Not found", "<strong>There is no event #9999"),
        ("/environment/qa", 404, "Not found", "<strong>Unknown environment"),
        ("/compare?a=manifest@99&b=dev", 404, "Not found", "<p>manifest has revision"),
        ("/?tz=Nowhere", 400, "Cannot show this", "<strong>"),
    ],
)
def test_it_says_what_is_wrong(
    service: Service, path: str, status: int, heading: str, said: str
) -> None:
    reply = service.ask(path)
    assert reply.status == status
    page = reply.text
    assert f"<h1>{heading}</h1>" in page
    assert said in page
    assert "`" not in page


@pytest.mark.parametrize("path", ["/timeline/", "/nothing", "/event", "/%3Cb%3E"])
def test_a_browser_is_told_in_a_page_that_there_is_none(service: Service, path: str) -> None:
    shown = service.ask(path, headers={"Accept": "text/html,application/xml;q=0.9,*/*;q=0.8"})
    assert shown.status == 404
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    page = Page.of(shown.text)
    assert f"There is no page at {unquote(path)}" in page.text
    assert "/" in page.hrefs
    assert service.ask(path).json["message"].startswith("there is nothing at")
    both = service.ask(f"/api/v1{path}", headers={"Accept": "text/html"})
    assert both.json["message"].startswith("there is nothing at")


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("/timeline?before=x", ["Timeline"]),
        ("/secrets?at=soonish", ["Secrets"]),
        ("/event/9999", []),
        ("/search?q=a&kind=x", []),
    ],
)
def test_the_navigation_marks_the_page_that_was_asked_for(
    service: Service, path: str, marked: list[str]
) -> None:
    assert re.findall(r'aria-current="page">([^<]*)', service.ask(path).text) == marked


def form_of(page: str) -> str:
    return page.partition('aria-label="Ask again"')[2].partition("</form>")[0]


def test_what_was_asked_for_can_be_put_right(service: Service) -> None:
    page = service.ask("/timeline?actor=bob&since=soonish&n=7&nothing=1&tz=Europe/Berlin").text
    fields = dict(re.findall(r'name="([^"]*)" value="([^"]*)"', form_of(page)))
    assert {name: value for name, value in fields.items() if value} == {
        "actor": "bob",
        "since": "soonish",
        "tz": "Europe/Berlin",
    }
    assert 'action="/timeline?tz=Europe%2FBerlin"' in page
    page = service.ask("/search?q=4445&kind=value&kind=x").text
    assert re.findall(r'name="kind" value="([^"]*)"', form_of(page)) == [
        "value",
        "x",
    ]


@pytest.mark.parametrize("path", ["/search?q=a&at=zz", "/findings?at=zzz", "/timeline?n=1"])
@pytest.mark.parametrize("more", ["kind", "kind=", "at=1", "%C2%85=", "%F0%9F%98%80=%F0%9F%98%80"])
def test_what_is_asked_for_again_and_again_makes_no_large_page(
    service: Service, path: str, more: str
) -> None:
    number = (4090 - len(path)) // (len(more) + 1)
    reply = service.ask(path + f"&{more}" * number)
    assert reply.status == 400
    assert len(reply.text.encode()) <= 100_000
    assert 1 <= reply.text.count("<label") <= 30


def test_what_somebody_typed_is_no_command(service: Service) -> None:
    page = service.ask("/timeline", {"since": "<b>`x"}).text
    assert "&lt;b&gt;`x" in page
    assert "<b>" not in page

"""Pages of an organization of which something was purged: each says what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from tests.web.pages.looking import Look
from tetra_es.errors import TetraEsError

if TYPE_CHECKING:
    from tests.machine import Machine

VALUE = "hunter-two-9"


@pytest.fixture(scope="module")
def hidden(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Look:
    """#3 changed the port beside a password, #5 took the password out; both are purged by #7."""
    machine = founded.copy(tmp_path_factory.mktemp("hidden") / "home")
    machine.ok("set", "local", f"app.entry={VALUE}", "ports.tetra=5001", "-m", "the incident")
    machine.ok("set", "local", "app.third=1", "-m", "in between")
    machine.ok("unset", "local", "app.entry", "-m", "innocent")
    machine.ok("promote", "dev", "-m", "first")
    machine.ok("purge", "local", "app.entry", "-m", "it was a secret", "--yes")
    return Look(machine)


def test_the_life_of_a_key(hidden: Look) -> None:
    page = hidden.page("key", "ports.tetra")
    assert "given by #3 or #5: not known which since the purge #7" in page.text
    assert page.text.count("purged by #7") > 2
    assert "Some of it is missing: what 2 events changed was purged by #7." in page.text
    assert "since #5" not in page.text
    page = hidden.page("key", "ports.tetra", at="4")
    assert "not known" in page.text
    assert "given by #2 or #3: not known which since the purge #7" in page.text


def test_every_page_says_that_not_all_is_there(hidden: Look) -> None:
    said = "some texts or changes were purged, most recently by #7"
    assert said in hidden.page("overview").text
    assert said in hidden.page("search", q="nothing-of-it").text


def test_values(hidden: Look) -> None:
    page = hidden.page("keys")
    said = "Which event gave most values of local is not known: what 2 events changed was purged by"
    assert page.main.count(said) == 1
    assert page.main.count("purged by #7") == 1  # the values are there
    assert "given by" not in page.main
    assert {"/event/4", "/key/ports.tetra"} <= set(page.hrefs)
    page = hidden.page("keys", at="4")
    assert "It is not known which keys were there in local: what 2 events changed" in page.text
    assert "not known" in page.text


def test_an_event(hidden: Look) -> None:
    page = hidden.page("event", "3")
    assert "The text of this event was purged by #7" in page.text
    assert "The changes of this event were purged by #7" in page.text
    assert "What it changed is not known any more." in page.text
    assert "It changed no key" not in page.text


def test_an_event_after_a_purged_text(hidden: Look) -> None:
    """Its text is there, and what that was before is not: all of it would look added."""
    page = hidden.page("event", "5")
    assert "The text of local before this event was purged by #7" in page.text
    assert "@@" not in page.text
    assert "@@" in hidden.page("event", "2").text


def test_a_purge(hidden: Look) -> None:
    page = hidden.page("event", "7")
    assert "It changed no key" not in page.text
    assert "What it purged" in page.text
    assert {"/event/3", "/event/4", "/event/5"} <= set(page.hrefs)


@pytest.mark.parametrize(
    ("name", "of", "said"),
    [
        ("timeline", "", "text and changes purged by #7"),
        ("timeline", "", "changes purged by #7"),
        ("environment", "local", "#3 or #5"),
        ("environment", "local", "Which event gave some of the values is not known: what 2 events"),
        ("findings", "", "alice purged the texts of 2 states and what 2 events changed"),
    ],
)
def test_other_pages(hidden: Look, name: str, of: str, said: str) -> None:
    assert said in hidden.page(name, of).text


def test_no_link_leads_to_what_was_purged(hidden: Look) -> None:
    page = hidden.page("environment", "local")
    assert "local@4" in page.text
    page = hidden.page("environment", "local", at="local@4")
    assert "local@3 was purged by #7" in page.text
    assert not [href for href in page.hrefs if "local%403" in href]
    page = hidden.page("environment", "local", at="local@1")
    assert "local@2 was purged by #7" in page.text
    for event in "345":
        page = hidden.page("event", event)
        assert "Without it" not in page.text or event == "3"
        assert not [href for href in page.hrefs if "local%402" in href or "local%403" in href]
    assert "/replay/dev?without=3" in hidden.page("event", "3").hrefs


def test_every_link_to_a_text_can_be_followed(hidden: Look) -> None:
    """None of them ends in what was purged, whatever page it is on."""
    pages = [hidden.page("event", str(event)) for event in range(1, 8)]
    pages += [hidden.page("environment", "local", at=f"local@{revision}") for revision in (1, 4)]
    pages += [hidden.page(name) for name in ("overview", "timeline", "hosts", "compare")]
    for href in sorted({href for page in pages for href in page.hrefs}):
        address = urlsplit(href)
        name, _, of = address.path.strip("/").partition("/")
        if name in ("environment", "manifest", "profile", "compare", "replay"):
            try:
                hidden.page(name, unquote(of), **dict(parse_qsl(address.query)))
            except TetraEsError as error:
                assert "has no state yet" in error.message  # noqa: PT017 - never promoted


def test_a_search(hidden: Look) -> None:
    page = hidden.page("search", q="5001")
    assert "given by #3 or #5: not known which since the purge #7" in page.text
    assert page.main.partition("Who and when")[2].count("alice") == 1  # who promoted it
    assert "Purged values are not found: what 2 events changed was purged by #7." in page.text

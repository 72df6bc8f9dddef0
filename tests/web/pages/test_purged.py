"""Pages of an organization of which something was purged: each says what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.pages.looking import Look

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
    said = "but for texts and changes that were purged, the last time by #7"
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


def test_a_search(hidden: Look) -> None:
    page = hidden.page("search", q="5001")
    assert "given by #3 or #5: not known which since the purge #7" in page.text
    assert page.main.partition("Who and when")[2].count("alice") == 1  # who promoted it
    assert "Purged values are found nowhere: what 2 events changed was purged by #7." in page.text

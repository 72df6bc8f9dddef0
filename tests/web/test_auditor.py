"""The twelve questions of auditors: command, page and call of the how-to, on its own story."""

from __future__ import annotations

import re
import shlex
from html import unescape
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.web.story import PAGE

if TYPE_CHECKING:
    from tests.machine import Machine
    from tests.web.service import Service

NOT_RECORDED = {"Who approved it?", "Which attempts were refused?"}
NONE = "What went around the rules?"
"""The question whose answer is that there is nothing: other histories have some."""
OTHERWISE = {
    "What was the state then?": "text",
    "Is all there that my checkpoint has?": "none",
}
"""Questions whose call answers with something else than the command."""

SAYS = {
    "What changed in prod in that time?": ("peak season", "4446", "4445", "bob", "shop2"),
    "Who did it, when, and why?": ("promote(prod): local@5 -> prod@2", "bob", "peak season"),
    "What was the state then?": ("4446", "9100"),
    "Where did a value come from, then?": ("4446", "4445", "shop1", "local@5", "room for the peak"),
    "Was it on staging first?": ("prod@4", "staging did not have local@6"),
    "What ran on which host then?": ("shop1", "stage1", "prod@2", "reverted", "observed"),
    "Was it rolled back?": ("rollback(prod)", "same as prod@1", "4446 is blocked by the firewall"),
    "Who could sign then?": ("alice", "bob"),
    "Who could read which secrets then?": ("DB_PASSWORD", "alice", "bob"),
}  # fmt: skip
"""What the answer to a question must say, in each of the three ways."""


class Question(NamedTuple):
    text: str
    command: str
    page: str
    call: str


def in_the_table() -> list[Question]:
    """Return the rows of the page's table."""
    lines = PAGE.read_text().splitlines()
    rows = [line.split("|")[1:-1] for line in lines if "? |" in line]
    return [Question(*map(_asked, row)) for row in rows]


def _asked(cell: str) -> str:
    """Return what a cell says to ask; some say beside it what part of the answer that has."""
    found = re.search("`([^`]*)`", cell)
    return found[1] if found else cell.strip()


QUESTIONS = in_the_table()
ANSWERED = [one for one in QUESTIONS if one.text not in NOT_RECORDED]


def test_all_are_there() -> None:
    assert len(QUESTIONS) == 13  # the tenth in two
    assert {one.text for one in QUESTIONS} >= NOT_RECORDED
    for one in QUESTIONS:
        unrecorded = one.text in NOT_RECORDED
        assert unrecorded is one.command.startswith("not recorded") is (not one.page), one
    answered = {one.text for one in ANSWERED}
    assert answered == SAYS.keys() | {NONE, "Is all there that my checkpoint has?"}


@pytest.mark.parametrize("question", ANSWERED, ids=lambda one: one.text)
def test_each_has_the_same_answer(told: Machine, service: Service, question: Question) -> None:
    words = shlex.split(question.command)[1:]
    kind = OTHERWISE.get(question.text)
    done = told.run(*words, *(() if kind == "text" else ("-o", "json")), cwd=told.home)
    assert done.code in (0, 3 if words[0] == "findings" else 0), done.err
    page, call = service.ask(question.page), service.ask(question.call)
    assert (page.status, call.status) == (200, 200), (page.text, call.text)
    assert page.text.startswith("<!doctype html>")
    if kind is None:
        assert call.json == done.json
    elif kind == "text":
        assert done.out in call.json.values()
    main = read(page.text).partition("As of")[0]
    for text in SAYS.get(question.text, ()):
        assert text in done.out
        assert text in call.text
        assert text in main


def read(source: str) -> str:
    """Return what a person reads on a page."""
    return " ".join(unescape(re.sub(r"<[^>]*>", "", source.partition("<main")[2])).split())


def test_nothing_went_around_the_rules(told: Machine, service: Service) -> None:
    (question,) = (one for one in QUESTIONS if one.text == NONE)
    assert told.ok(*shlex.split(question.command)[1:], "-o", "json").json == []
    assert service.ask(question.call).json == []
    assert "Nothing to look at" in read(service.ask(question.page).text)
    everything = read(service.ask("/findings").text)
    assert "Promotions out of order" in everything
    assert "Drift" in everything


def test_the_checkpoint_is_extended(told: Machine, service: Service) -> None:
    answer = told.ok("verify", "--against", "first.checkpoint", "-o", "json", cwd=told.home).json
    head = service.rows("head")
    assert answer["against"]["relation"] == "extends"
    assert str(head["hash"]) in answer["head"]
    assert head["hash"] in service.ask("/").text


def test_an_answer_says_what_deployed_it_where(told: Machine, service: Service) -> None:
    said = told.ok("why", "prod", "ports.tetra").out.splitlines()
    assert said[-2].startswith("  deployed      shop1 has 4446: #113 prod@4, ")
    assert said[-2].endswith(", alice: urgent: INC-42")
    assert said[-1].startswith("  deployed      shop2 has 4445: #44 prod@1, ")
    page = read(service.ask("/key/ports.tetra").text)
    assert re.search(r"Deployed to shop1: prod@4, 4446 by alice #113, \S+ \S+: urgent: INC", page)
    assert re.search(r"Deployed to shop2: prod@1, 4445 differs by alice #44", page)

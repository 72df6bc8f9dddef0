"""The twelve questions of auditors: command, page and call of the how-to, on its own story."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.conftest import ROOT
from tests.docs.pages import Script, run, steps
from tests.machine import Machine
from tests.web.service import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.web.service import Service

PAGE = (ROOT / "docs/how-to/answer-an-auditor.md").read_text()
NOT_RECORDED = {"Who approved it?", "Which attempts were refused?"}
OTHERWISE = {
    "What was the state then?": "text",
    "Is all there that my checkpoint has?": "none",
}
"""Questions whose call answers with something else than the command."""


class Question(NamedTuple):
    text: str
    command: str
    page: str
    call: str


def in_the_table() -> list[Question]:
    """Return the rows of the page's table."""
    rows = [line.split("|")[1:-1] for line in PAGE.splitlines() if "? |" in line]
    return [Question(*(cell.strip().strip("`") for cell in row)) for row in rows]


QUESTIONS = in_the_table()
ANSWERED = [one for one in QUESTIONS if one.text not in NOT_RECORDED]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """The machine of the page's story."""
    home = tmp_path_factory.mktemp("auditor") / "home"
    home.mkdir()
    (script,) = (step for step in steps(PAGE) if isinstance(step, Script))
    ((code, said),) = run([script], home)
    assert code == 0, said
    return Machine(home)


@pytest.fixture(scope="module")
def service(machine: Machine) -> Iterator[Service]:
    with serving(machine) as found:
        yield found


def test_all_are_there() -> None:
    assert len(QUESTIONS) == 13  # the tenth in two
    assert {one.text for one in QUESTIONS} >= NOT_RECORDED
    for one in QUESTIONS:
        unrecorded = one.text in NOT_RECORDED
        assert unrecorded is one.command.startswith("not recorded") is (not one.page), one


@pytest.mark.parametrize("question", ANSWERED, ids=lambda one: one.text)
def test_each_has_the_same_answer(machine: Machine, service: Service, question: Question) -> None:
    words = shlex.split(question.command)[1:]
    words = [str(machine.home / word) if word.endswith(".checkpoint") else word for word in words]
    kind = OTHERWISE.get(question.text)
    done = machine.run(*words, *(() if kind == "text" else ("-o", "json")))
    assert done.code in (0, 3 if words[0] == "findings" else 0), done.err
    page, call = service.ask(question.page), service.ask(question.call)
    assert (page.status, call.status) == (200, 200), (page.text, call.text)
    assert page.text.startswith("<!doctype html>")
    if kind is None:
        assert call.json == done.json
    elif kind == "text":
        assert done.out in call.json.values()

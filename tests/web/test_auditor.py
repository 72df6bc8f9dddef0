"""The twelve questions of auditors: command, page and call of the how-to, on its own story."""

from __future__ import annotations

import re
import shlex
from contextlib import closing
from html import unescape
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.cli.test_audit_sqlite import ask, what_hosts_says, what_ran, written
from tests.web.story import PAGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from sqlite3 import Connection

    from tests.machine import Machine
    from tests.web.service import Service

NOT_RECORDED = {"Who approved it?"}
NONE = "Which attempts broke a rule?"
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
    "What went around the rules?": ("prod@4", "staging did not have local@6"),
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


def test_no_attempt_broke_a_rule(told: Machine, service: Service) -> None:
    (question,) = (one for one in QUESTIONS if one.text == NONE)
    assert told.ok(*shlex.split(question.command)[1:], "-o", "json").json == []
    assert service.ask(question.call).json == []
    assert "Nothing to look at" in read(service.ask(question.page).text)
    everything = read(service.ask("/findings").text)
    assert "Promotions out of order" in everything
    assert "Drift" in everything


@pytest.fixture(scope="module")
def tables(told: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """What `audit sqlite` writes of the story."""
    with closing(written(told, tmp_path_factory.mktemp("tables") / "a.db")) as connection:
        yield connection


def listed(told: Machine, text: str) -> Any:
    """Return what the command for a question answers, as JSON."""
    (question,) = (one for one in QUESTIONS if one.text == text)
    words = shlex.split(question.command)[1:]
    return told.run(*words, "-o", "json", cwd=told.home).json


def time_of(tables: Connection, ref: str) -> str:
    """Return the time of the last event while a state was the present one."""
    sql = (
        "SELECT effective FROM events WHERE position < (SELECT min(n.position) FROM states n "
        "JOIN states s ON n.file = s.file AND n.revision > s.revision "
        "WHERE s.file || '@' || s.revision = ?) ORDER BY position DESC LIMIT 1"
    )
    (time,) = tables.execute(sql, (ref,)).fetchone()
    return str(time)


def test_the_sql_has_the_changes_of_the_command(told: Machine, tables: Connection) -> None:
    rows = listed(told, "What changed in prod in that time?")
    found = ask(tables, "changes", environment="prod", since=rows[-1]["time"])
    assert {row["position"] for row in found} == {row["event"] for row in rows}
    for row in rows:
        event = told.ok("event", str(row["event"]), "-o", "json").json
        of_it = [one for one in found if one["position"] == row["event"] and one["key"]]
        assert [one["key"] for one in of_it if "secrets" not in one["file"]] == _keys(event)
    outcomes = {row["position"]: row["outcome"] for row in found if row["outcome"]}
    ends = {row["event"]: row["summary"] for row in rows if row["type"] == "deployment.started"}
    assert set(outcomes) == set(ends)
    for position, end in ends.items():
        told_so = "done" if outcomes[position] == "serving" else outcomes[position]
        assert f": {told_so}" in end
    assert {*outcomes.values()} == {"serving", "reverted"}
    event = listed(told, "Who did it, when, and why?")
    one = ask(tables, "who-when-why", position=str(event["event"]))
    assert {(row["key"], row["actor"], row["reason"]) for row in one} == {
        (key, event["actor"], event["reason"]) for key in _keys(event)
    }


def _keys(event: Mapping[str, Any]) -> list[str]:
    return sorted(change["key"] for change in event["changes"])


def test_the_sql_has_the_state_and_the_origin_of_the_command(
    told: Machine, tables: Connection
) -> None:
    then = time_of(tables, "prod@2")
    (state,) = ask(tables, "state-then", environment="prod", at=then)
    assert state["text"] == told.ok("show", "prod", "--at", "prod@2").out
    why = listed(told, "Where did a value come from, then?")
    (origin,) = ask(tables, "origin", environment="prod", key="ports.tetra", at=then)
    assert origin["value"] == why["value"]
    said = told.ok("why", "prod", "ports.tetra", "--at", "prod@2").out
    assert f"generated     #{origin['position']} " in said
    assert f"edited        #{origin['source_position']} " in said


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("What went around the rules?", "bypassed"),
        ("Was it on staging first?", "gradual"),
        ("Which attempts broke a rule?", "refused"),
    ],
)
def test_the_sql_has_the_findings_of_the_command(
    told: Machine, tables: Connection, text: str, name: str
) -> None:
    rows = [row for row in ask(tables, name, first="staging") if row.get("finding", True)]
    found = {(row["position"], row.get("what", row.get("finding"))) for row in rows}
    assert found == {(row["event"], row["what"]) for row in listed(told, text)}


def test_every_kind_that_went_around_a_rule_is_in_both(tables: Connection) -> None:
    (question,) = (one for one in QUESTIONS if one.text == "What went around the rules?")
    kinds = shlex.split(question.command)[3::2]
    (sql,) = tables.execute("SELECT sql FROM questions WHERE name = 'bypassed'").fetchone()
    assert sorted(kinds) == sorted(re.findall(r"'([a-z-]+)'", sql))
    for asked in (question.page, question.call):
        assert re.findall(r"kind=([a-z-]+)", asked) == kinds


def test_the_sql_has_the_hosts_of_the_command(told: Machine, tables: Connection) -> None:
    then = time_of(tables, "prod@3")
    assert what_ran(tables, then) == what_hosts_says(told, "--at", "prod@3")
    now = what_ran(tables)
    assert now == what_hosts_says(told)
    assert {row["host"]: row["state"] for row in now}["web1"] == "stopped"


def test_the_sql_has_the_rest_of_the_command(told: Machine, tables: Connection) -> None:
    back = ask(tables, "rolled-back", environment="prod")
    assert [row["position"] for row in back] == [
        row["event"] for row in listed(told, "Was it rolled back?")
    ]
    could = ask(tables, "could", at=time_of(tables, "prod@2"))
    signers = listed(told, "Who could sign then?")
    assert {(row["name"], row["key"]) for row in could if row["what"] == "sign"} == {
        (row["signer"], row["fingerprint"]) for row in signers
    }
    readers = listed(told, "Who could read which secrets then?")
    assert {row["name"] for row in could if row["environment"] == "prod"} == {
        row["name"] for row in readers if row["reads"]
    }
    known = told.ok("verify", "--against", "first.checkpoint", "-o", "json", cwd=told.home).json
    size = known["against"]["events"]
    new = ask(tables, "since-checkpoint", position=str(size))
    assert [row["position"] for row in new] == list(range(size, told.last_position() + 1))


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

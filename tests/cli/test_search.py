"""`search`: every place of a text, and whether it is in force, now and then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import pytest

from tetra_es.admission import Admission
from tetra_es.layout import OrgLayout
from tetra_es_cli.commands.search import search
from tetra_es_projections.queries.reader import reading
from tetra_es_projections.queries.search import KINDS, LONGEST, Search, SearchRow
from tetra_es_projections.queries.search import search as found_in

if TYPE_CHECKING:
    from tests.machine import Machine

IT = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg"


@pytest.fixture(scope="module")
def told(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """Keys that come and go, in three files, and a secret: events 3 to 9. Nothing changes it."""
    machine = founded.copy(tmp_path_factory.mktemp("told") / "home")
    machine.ok("set", "local", "ports.tetra=4555", r'app.path="C:\\Ärger"', "-m", "moved by IT")
    machine.ok("promote", "dev", "-m", "100% tested")
    machine.ok("unset", "local", "app.path", "-m", "nobody needs it")
    machine.ok("set", "profile", "dev", "logging.level=error", "-m", "4555 lines are too many")
    machine.ok("recipient", "add", "dev", "it", IT)
    machine.ok("secret", "set", "dev", "IT_TOKEN", "-m", "for backups", stdin="never 4555 found")
    return machine


def listed(machine: Machine, *arguments: str, stdin: str | None = None) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = machine.ok("search", *arguments, "-o", "json", stdin=stdin).json
    return rows


def places(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    names = ("event", "kind", "where", "key", "in_force")
    return [tuple(row[name] for name in names) for row in rows]


def test_every_kind_can_be_asked_for() -> None:
    (kinds,) = (option for option in search.params if option.name == "kinds")
    assert isinstance(kinds.type, click.Choice)
    assert tuple(kinds.type.choices) == KINDS


def test_a_value_is_found_wherever_it_was(told: Machine) -> None:
    assert places(listed(told, "4555")) == [
        (6, "reason", "dev", None, True),
        (4, "value", "dev", "ports.tetra", True),
        (3, "value", "local", "ports.tetra", True),
    ]
    (row, *_) = listed(told, "4555", "--kind", "value")
    assert (row["before"], row["after"], row["hosts"]) == (None, "4555", [])
    assert places(listed(told, "4444")) == [
        (3, "value", "local", "ports.tetra", False),
        (2, "value", "local", "ports.tetra", False),
    ]


def test_it_was_in_force_then(told: Machine) -> None:
    assert places(listed(told, "4444", "--at", "2")) == [(2, "value", "local", "ports.tetra", True)]
    assert places(listed(told, "app.path", "--kind", "key")) == [
        (5, "key", "local", "app.path", False),
        (4, "key", "dev", "app.path", True),
    ]
    assert places(listed(told, "app.path", "--kind", "key", "--at", "3")) == [
        (3, "key", "local", "app.path", True)
    ]


@pytest.mark.parametrize("text", ["C:\\Ärger", r"c:\\är", "ÄRGER"])
def test_either_case_as_it_is_or_as_toml_writes_it(told: Machine, text: str) -> None:
    assert places(listed(told, text)) == [
        (5, "value", "local", "app.path", False),
        (4, "value", "dev", "app.path", True),
        (3, "value", "local", "app.path", False),
    ]


@pytest.mark.parametrize("text", ["100%", "%", "_", "!"])
def test_signs_stand_for_themselves(told: Machine, text: str) -> None:
    expected = [
        row["event"]
        for row in told.ok("history", "--changes", "-o", "json").json
        if any(text in (row[name] or "") for name in ("reason", "summary", "before", "after"))
    ]
    rows = listed(told, text, "--kind", "value", "--kind", "reason", "--kind", "summary")
    assert {row["event"] for row in rows} == set(expected)


def test_secrets_people_and_environments(told: Machine) -> None:
    assert places(listed(told, "it_tok")) == [(8, "secret", "dev", "IT_TOKEN", True)]
    assert listed(told, "version 1", "--kind", "value") == []
    assert listed(told, "never") == []
    assert places(listed(told, "ALICE", "--kind", "actor")) == [(8, "actor", "dev", None, True)]
    assert places(listed(told, "alice", "--kind", "actor", "--env", "local")) == [
        (5, "actor", "local", None, True)
    ]
    assert {row["where"] for row in listed(told, "t", "--env", "dev")} == {"dev", "profile dev"}
    assert places(listed(told, "error")) == [(6, "value", "profile dev", "set.logging.level", True)]


def test_a_file_alone(told: Machine) -> None:
    rows = listed(told, "t", "--env", "profile dev")
    assert {(row["event"], row["where"]) for row in rows} == {(6, "dev"), (6, "profile dev")}
    assert listed(told, "t", "--env", "profile dev", "--kind", "secret") == []
    (row,) = listed(told, "acme.example", "--env", "manifest")
    assert (row["event"], row["where"], row["key"], row["in_force"]) == (
        *(1, "manifest", "domain", True),
    )
    (row,) = listed(told, "alice", "--env", "manifest", "--kind", "actor")
    assert row["event"] == 1


def test_the_newest_events_alone(told: Machine) -> None:
    every = listed(told, "t")
    events = list(dict.fromkeys(row["event"] for row in every))
    assert events == sorted(events, reverse=True)
    assert listed(told, "t", "-n", "2") == [row for row in every if row["event"] in events[:2]]
    rest = listed(told, "t", "--before", str(events[1]))
    assert rest == [row for row in every if row["event"] < events[1]]


def test_pages_have_each_row_once(told: Machine) -> None:
    admission = Admission(told.home / ".local/state/tetra-es")
    with reading(OrgLayout(told.folder), admission) as reader:
        assert reader is not None
        every = found_in(reader, Search("t"))
        pages: list[SearchRow] = []
        before: int | None = None
        while page := found_in(reader, Search("t", limit=1, before=before)):
            pages += page
            before = page[-1].event
    assert pages == every


def test_a_text_that_is_piped_in_is_no_argument(told: Machine) -> None:
    assert listed(told, stdin="4555\n") == listed(told, "4555")
    assert told.ok("search", "nosuchthing").err == "found nowhere\n"
    assert listed(told, stdin="4555\0") == []


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ([""], "an empty text cannot be searched for"),
        (["x" * (LONGEST + 1)], f"a text of more than {LONGEST} characters cannot be searched for"),
        (["x", "--env", "nosuch"], "unknown environment: nosuch"),
        (["x", "--env", "profile nosuch"], "unknown environment: nosuch"),
        (["x", "--env", "profile local"], "local is the source of truth: it has no profile"),
        (["x", "--at", "99"], "there is no event #99"),
    ],
)
def test_what_cannot_be_searched_for(told: Machine, arguments: list[str], error: str) -> None:
    done = told.run("search", *arguments)
    assert (done.code, done.error()) == (2 if "99" not in arguments else 1, error)

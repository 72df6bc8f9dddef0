"""`audit sqlite`: documented tables, and the questions of auditors answered with SQL alone."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.test_void import sign
from tests.clocks import dated, reached
from tests.conftest import ROOT, Machine
from tests.examples import LONG_TAIL
from tests.first_edition.archive import unpack
from tests.machine import copy_folder
from tetra_es_projections.evidence.sqlite.questions import QUESTIONS
from tetra_es_projections.evidence.sqlite.schema import TABLES

if TYPE_CHECKING:
    from pathlib import Path

PARAMETERS = ("environment", "key", "at", "since", "until", "host", "first", "position")
CANARY = "correct-horse-battery"


def written(machine: Machine, path: Path, *more: str) -> sqlite3.Connection:
    machine.ok("audit", "sqlite", str(path), *more)
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    return connection


def ask(connection: sqlite3.Connection, name: str, **given: str) -> list[dict[str, Any]]:
    (sql,) = connection.execute("SELECT sql FROM questions WHERE name = ?", (name,)).fetchone()
    values = dict.fromkeys(PARAMETERS, "") | given
    return [dict(row) for row in connection.execute(sql, values)]


def what_ran(connection: sqlite3.Connection, at: str = "") -> list[dict[str, Any]]:
    """Return the rows of the question about hosts as the command has them, by host."""
    rows = []
    for row in ask(connection, "ran", at=at):
        row["newest"] = (row["newest"], row.pop("newest_what"), row.pop("newest_outcome"))
        row["secrets"] = [tuple(one) for one in json.loads(row["secrets"] or "[]")]
        row["code"] = json.loads(row["code"]) if row["code"] else None
        rows.append({**row, "stopped": json.loads(row["stopped"])})
    return rows


def what_hosts_says(machine: Machine, *words: str) -> list[dict[str, Any]]:
    """Return what the command says of hosts, as far as the question has it, by host."""
    same = ("host", "environment", "running", "configured", "state", "stopped", "since", "actor")
    rows = []
    for one in machine.ok("hosts", *words, "-o", "json").json:
        newest = tuple(one["newest"][name] for name in ("event", "what", "outcome"))
        secrets = [(each["key"], each["version"]) for each in one["secrets"]]
        more = {"reason": one["reason"], "position": one["event"], "code": one["code"]}
        rows.append({**{name: one[name] for name in same}, **more, "secrets": secrets,
                     "newest": newest})  # fmt: skip
    return sorted(rows, key=lambda row: (row["host"], row["environment"]))


def hosts_are_the_same(machine: Machine, path: Path, every: int = 1) -> list[dict[str, Any]]:
    """Compare question and command now and at the times of events; return what there is now."""
    with closing(written(machine, path)) as connection:
        times = connection.execute("SELECT effective FROM events ORDER BY position DESC")
        for (at,) in times.fetchall()[::every]:
            assert what_ran(connection, at) == what_hosts_says(machine, "--at", at), at
        now = what_ran(connection)
        assert now == what_hosts_says(machine)
        return now


@pytest.fixture(scope="module")
def lived(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization with something of much. Not to change."""
    machine = Machine(tmp_path_factory.mktemp("lived") / "home")
    copy_folder(founded.home, machine.home)
    recipient = machine.ok("identity", "new").out.strip()
    machine.ok("recipient", "add", "dev", "alice", recipient)
    machine.ok("secret", "set", "dev", "TOKEN", stdin=CANARY)
    machine.ok("promote", "dev")
    machine.ok("set", "local", "ports.tetra=5555", "-m", "the old one is taken")
    machine.ok("promote", "dev", "-m", "as agreed")
    machine.ok("promote", "staging", "--from", "dev")
    machine.ok("rollback", "dev", "-m", "it was slower")
    return machine


def test_the_tables_are_those_that_are_documented(lived: Machine, tmp_path: Path) -> None:
    page = (ROOT / "docs/reference/sqlite.md").read_text()
    with closing(written(lived, tmp_path / "a.db")) as connection:
        names = [
            row[0]
            for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        ]
        assert names == [table.name for table in TABLES]
        for table in TABLES:
            columns = [
                row["name"] for row in connection.execute(f"PRAGMA table_info({table.name})")
            ]
            assert columns == [name for name, _, _ in table.columns]
            assert f"### {table.name}\n" in page
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_the_same_history_gives_the_same_bytes(lived: Machine, tmp_path: Path) -> None:
    for name in ("a.db", "b.db"):
        written(lived, tmp_path / name).close()
    assert (tmp_path / "a.db").read_bytes() == (tmp_path / "b.db").read_bytes()
    assert "is there already" in lived.fails(3, "audit", "sqlite", str(tmp_path / "a.db")).error()
    written(lived, tmp_path / "a.db", "--force").close()


def test_no_value_of_a_secret_is_in_it(lived: Machine, tmp_path: Path) -> None:
    written(lived, tmp_path / "a.db").close()
    data = (tmp_path / "a.db").read_bytes()
    assert b"TOKEN" in data
    assert CANARY.encode() not in data
    assert b"BEGIN AGE" not in data


def test_it_has_what_the_commands_print(lived: Machine, tmp_path: Path) -> None:
    with closing(written(lived, tmp_path / "a.db")) as connection:
        rows = [dict(row) for row in connection.execute("SELECT * FROM events ORDER BY position")]
        for row, wanted in zip(rows, lived.history("--reverse", "--steps"), strict=True):
            same = {"position": wanted.pop("event"), **wanted}
            assert row.items() >= same.items()
        texts = connection.execute("SELECT text FROM states WHERE file = 'dev' ORDER BY revision")
        for number, (text,) in enumerate(texts.fetchall(), 1):
            assert text == lived.ok("show", "dev", "--at", f"dev@{number}").out
        found = connection.execute("SELECT * FROM secrets").fetchone()
        assert (found["key"], found["version"], found["purged"]) == ("TOKEN", 1, None)
        head = connection.execute("SELECT value FROM about WHERE name = 'head'").fetchone()[0]
        assert int(head) == lived.last_position()


def test_each_question_has_its_answer(lived: Machine, tmp_path: Path) -> None:
    with closing(written(lived, tmp_path / "a.db")) as connection:
        times = {row["position"]: row["time"] for row in connection.execute("SELECT * FROM events")}
        promoted = ask(connection, "who-when-why", key="ports.tetra", environment="dev")[1]
        assert (promoted["before"], promoted["after"]) == ("4444", "5555")
        assert (promoted["actor"], promoted["reason"]) == ("alice", "as agreed")
        then, before = times[promoted["position"]], times[promoted["position"] - 1]
        changed = ask(connection, "changes", environment="dev", since=then)
        assert {row["key"] for row in changed} >= {"ports.tetra"}
        assert min(row["position"] for row in changed) == promoted["position"]
        assert ask(connection, "changes", environment="dev", until="2001") == []
        (state,) = ask(connection, "state-then", environment="dev", at=before)
        assert (state["revision"], "4444" in state["text"]) == (1, True)
        (value,) = ask(connection, "origin", environment="dev", key="ports.tetra", at=then)
        assert (value["value"], value["source_reason"]) == ("5555", "the old one is taken")
        assert ask(connection, "approved") == []
        assert [row["kind"] for row in ask(connection, "bypassed")] == []
        (staging,) = ask(connection, "gradual", environment="staging", first="dev")
        assert staging["was_there_at"] == promoted["position"]
        assert ask(connection, "ran") == []
        (back,) = ask(connection, "rolled-back", environment="dev")
        assert back["reason"] == "it was slower"
        assert [(one["what"], one["name"]) for one in ask(connection, "could")] == [
            ("sign", "alice"),
            ("read", "alice"),
        ]
        last = lived.last_position()
        assert len(ask(connection, "since-checkpoint", position=str(last - 2))) == 3
        assert ask(connection, "refused") == []


def test_what_broke_a_rule_is_told_in_words(machine: Machine, tmp_path: Path) -> None:
    position = sign(machine, "org", "org.renamed", name="other")
    (listed,) = machine.fails(3, "findings", "--kind", "void", "-o", "json").json
    with closing(written(machine, tmp_path / "acme.db")) as connection:
        (row,) = ask(connection, "refused")
    assert (row["position"], row["void"], row["what"]) == (position, "topic", listed["what"])


@LONG_TAIL
def test_a_time_means_what_it_means_to_commands(founded: Machine, tmp_path: Path) -> None:
    """Whatever dates events have, and where clocks were corrected."""
    machine = founded.copy(tmp_path / "home")
    times = [reached(machine)]
    machine.ok("set", "local", "ports.tetra=1")
    for time in ("2020-01-01T00:00:00Z", "2098-01-01T00:00:00Z"):
        with dated(time):
            machine.ok("set", "local", f"ports.tetra={time[:4]}")
        times.append(reached(machine))
    machine.ok("set", "local", "ports.tetra=2", "--clock-was-wrong", "-m", "back to now")
    times.append(reached(machine))
    machine.ok("set", "local", "ports.tetra=3")
    times += [reached(machine), "2097-01-01T00:00:00.000000Z", "2099-01-01T00:00:00.000000Z"]
    with closing(written(machine, tmp_path / "a.db")) as connection:
        for at in times:
            shown = machine.ok("show", "local", "--at", at).out
            (state,) = ask(connection, "state-then", environment="local", at=at)
            assert state["text"] == shown, at
            (value,) = ask(connection, "origin", environment="local", key="ports.tetra", at=at)
            assert f"tetra = {value['value']}\n" in shown, at
            listed = machine.ok("history", "local", "--changes", "--until", at, "-o", "json").json
            found = ask(connection, "changes", environment="local", until=at)
            assert {row["position"] for row in found} == {row["event"] for row in listed}, at
            (count,) = connection.execute(
                "SELECT count(*) FROM events WHERE effective <= ?", (at,)
            ).fetchone()
            assert count == machine.ok("event", at, "-o", "json").json["event"]


def test_the_questions_are_for_datasette_too(lived: Machine, tmp_path: Path) -> None:
    metadata = tmp_path / "questions.json"
    written(lived, tmp_path / "of-2026.db", "--metadata", str(metadata)).close()
    found = json.loads(metadata.read_text())
    assert found["title"] == "Configuration of acme"
    queries = found["databases"]["of-2026"]["queries"]
    assert {name: one["sql"] for name, one in queries.items()} == {
        one.name: one.sql for one in QUESTIONS
    }


@LONG_TAIL
def test_deployments_of_the_first_edition(tmp_path: Path) -> None:
    machine = unpack(tmp_path / "home")
    error = machine.fails(3, "audit", "sqlite", str(tmp_path / "a.db")).error()
    assert "first edition" in error
    assert not (tmp_path / "a.db").exists()
    machine.ok("upgrade")
    with closing(written(machine, tmp_path / "a.db")) as connection:
        ran = ask(connection, "ran")
        assert ran
        listed = machine.ok("hosts", "-o", "json").json
        assert {(one["host"], one["environment"]) for one in ran} <= {
            (one["host"], one["environment"]) for one in listed
        }
        for one in QUESTIONS:
            ask(connection, one.name, at="2100", environment="prod", first="staging", position="3")

"""What a purge took away is said wherever it would have been an answer."""

from __future__ import annotations

import csv
import io
import sqlite3
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.machine import Machine
from tests.verify_alone.clone import verify

if TYPE_CHECKING:
    from pathlib import Path

VALUE = "hunter-two-9"


@pytest.fixture(scope="module")
def hidden_once(bare_founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """#3 changed the port beside a password, #5 took the password out; both are purged by #7."""
    machine = Machine(bare_founded).copy(tmp_path_factory.mktemp("hidden") / "home")
    machine.ok("set", "local", f"app.entry={VALUE}", "ports.tetra=5001", "-m", "the incident")
    machine.ok("set", "local", "app.third=1", "-m", "in between")
    machine.ok("unset", "local", "app.entry", "-m", "innocent")
    machine.ok("set", "local", "app.fourth=1", "-m", "after it")
    machine.ok("purge", "local", "app.entry", "-m", "it was a secret", "--yes")
    return machine


@pytest.fixture
def hidden(hidden_once: Machine, tmp_path: Path) -> Machine:
    """A copy of it."""
    return hidden_once.copy(tmp_path / "home")


def test_the_history_of_a_key_names_all_that_may_have_changed_it(hidden: Machine) -> None:
    rows = hidden.ok("history", "local", "--key", "ports.tetra", "-o", "json").json
    told = [(row["event"], row["before"], row["after"], row["purged"]) for row in rows]
    assert told == [(5, None, "5001", 7), (3, "4444", None, 7), (2, None, "4444", None)]
    table = hidden.ok("history", "local", "--key", "ports.tetra").out
    assert table.count("by #7\n") == 2
    rows = hidden.ok("history", "--key", "app.third", "-o", "json").json
    # Its value is known around each of the two.
    assert [(row["event"], row["purged"]) for row in rows] == [(4, None)]
    rows = hidden.ok("history", "--key", "ports", "-n", "1", "-o", "json").json
    assert {(row["event"], row["key"], row["after"], row["purged"]) for row in rows} == {
        (5, "ports.tetra", "5001", 7),
        (5, "ports", None, 7),
    }


def test_the_history_by_changes_says_that_they_are_gone(hidden: Machine) -> None:
    rows = hidden.ok("history", "local", "--changes", "-o", "json").json
    told = [(row["event"], row["key"], row["purged"]) for row in rows if row["event"] > 2]
    assert told == [(6, "app.fourth", None), (5, None, 7), (4, "app.third", None), (3, None, 7)]
    rows = hidden.ok("history", "local", "-o", "json").json
    assert {row["event"]: row["purged"] for row in rows} == {2: None, 3: 7, 4: 7, 5: 7, 6: None}
    lines = hidden.ok("history", "local", "--changes", "-o", "csv").out.splitlines()
    assert lines[0].endswith(",key,before,after,purged")
    assert sum(line.endswith(",,,,7") for line in lines) == 2


def test_blame_takes_no_innocent_event(hidden: Machine) -> None:
    rows = {row["key"]: row for row in hidden.ok("blame", "local", "-o", "json").json}
    port = rows["ports.tetra"]
    assert (port["value"], port["event"], port["actor"]) == ("5001", None, None)
    assert (port["one_of"], port["purged"]) == ([3, 5], 7)
    level = rows["logging.level"]
    assert (level["event"], level["actor"], level["one_of"]) == (None, None, [2, 3, 5])
    assert (rows["app.third"]["event"], rows["app.third"]["purged"]) == (4, None)
    assert (rows["app.fourth"]["event"], rows["app.fourth"]["purged"]) == (6, None)
    then = {row["key"]: row for row in hidden.ok("blame", "local", "--at", "4", "-o", "json").json}
    assert (then["ports.tetra"]["value"], then["ports.tetra"]["one_of"]) == (None, [2, 3])
    assert (then["app.third"]["value"], then["app.third"]["purged"]) == ("1", None)
    refused = hidden.fails(3, "blame", "local", "app.entry", "--at", "4")
    assert refused.error() == (
        "it is not known whether local had app.entry there: what 2 events changed was purged by #7"
    )


def test_why_takes_no_innocent_event(hidden: Machine) -> None:
    found = hidden.ok("why", "local", "ports.tetra", "-o", "json").json
    assert (found["edited"], found["purged"]) == (None, 7)
    assert [row["event"] for row in found["one_of"]] == [3, 5]
    said = hidden.ok("why", "local", "ports.tetra").out
    assert said.count("(purged by #7)") == 2
    hidden.ok("promote", "dev")
    assert [
        row["event"] for row in hidden.ok("why", "dev", "ports.tetra", "-o", "json").json["one_of"]
    ] == [3, 5]


def test_search_says_which_events_it_may_have_been(hidden: Machine) -> None:
    done = hidden.ok("search", "5001", "-o", "json")
    (row,) = done.json
    assert (row["event"], row["one_of"], row["purged"], row["in_force"]) == (5, [3, 5], 7, True)
    assert (row["actor"], row["time"], row["reason"], row["summary"]) == (None, None, None, None)
    (told,) = hidden.ok("search", "5001").out.splitlines()[1:]
    assert "alice" not in told
    assert told.endswith("#3 or #5")
    assert "what 2 events changed was purged by #7: that is not searched" in done.err
    (then,) = hidden.ok("search", "4444", "--at", "4", "-o", "json").json
    assert (then["in_force"], then["purged"]) == (None, 7)


def test_no_key_is_said_to_have_never_been(hidden: Machine) -> None:
    refused = hidden.fails(2, "history", "--key", "app.entry")
    assert refused.error() == (
        "no file is known to have had the key app.entry: what 2 events changed was purged by #7"
    )


def test_the_tables_say_it(hidden: Machine, tmp_path: Path) -> None:
    hidden.ok("audit", "sqlite", str(tmp_path / "acme.db"))
    with closing(sqlite3.connect(tmp_path / "acme.db")) as connection:
        connection.row_factory = sqlite3.Row
        rows = connection.execute("SELECT * FROM changes WHERE position > 2 AND first IS NULL")
        told = {(row["position"], row["key"], row["purged"]) for row in rows}
        assert told == {(3, None, 7), (4, "app.third", None), (5, None, 7), (6, "app.fourth", None)}
        (row,) = connection.execute("SELECT * FROM changes WHERE key = 'ports.tetra' AND purged")
        assert (row["first"], row["position"], row["before"], row["after"]) == (
            3,
            5,
            "4444",
            "5001",
        )
        purged = connection.execute("SELECT position, purged FROM events WHERE purged").fetchall()
        assert [tuple(each) for each in purged] == [(3, 7), (4, 7), (5, 7)]
        purged = connection.execute("SELECT position, purged FROM states WHERE purged").fetchall()
        assert [tuple(each) for each in purged] == [(3, 7), (4, 7)]
        asked = dict(connection.execute("SELECT name, sql FROM questions").fetchall())
        named = {"key": "ports.tetra", "environment": "local", "at": "", "position": ""}
        (row,) = connection.execute(asked["origin"], named)
        assert (row["value"], row["actor"], row["first"], row["purged"]) == ("5001", None, 3, 7)
        found = connection.execute(asked["who-when-why"], named).fetchall()
        assert [(row["position"], row["purged"]) for row in found] == [(5, 7), (3, 7), (2, None)]


def test_an_old_commit_may_be_of_before_the_purge(bare_founded: Path, tmp_path: Path) -> None:
    machine = Machine(bare_founded).copy(tmp_path / "home")
    machine.ok("set", "local", f"app.entry={VALUE}", "-m", "an oversight")
    machine.ok("unset", "local", "app.entry", "-m", "x")
    old = machine.ok("event", "3", "-o", "json").json["commit"]
    assert machine.ok("event", old, "-o", "json").json["event"] == 3
    machine.ok("purge", "local", "app.entry", "-m", "it was a secret", "--yes")
    refused = machine.fails(1, "event", old[:10])
    assert refused.error() == (
        f"{old[:10]} is neither the hash of an event nor its commit: it may have been that before "
        "the purge #5"
    )
    kept = machine.ok("event", "3", "-o", "json").json["hash"]
    assert machine.ok("event", kept[:12], "-o", "json").json["event"] == 3


def test_a_purge_is_a_finding(hidden: Machine) -> None:
    (found,) = hidden.fails(3, "findings", "--kind", "purged", "-o", "json").json
    assert (found["event"], found["subject"]) == (7, "purge(org): 4 bodies")
    what = "alice purged the texts of 2 states and what 2 events changed: it was a secret"
    assert found["what"] == what
    assert hidden.ok("findings", "--kind", "purged", "--at", "6").err == "no findings\n"


def test_an_archive_says_it_and_agrees_with_history(hidden: Machine, tmp_path: Path) -> None:
    exported = hidden.ok("audit", "export", str(tmp_path / "acme.zip"))
    assert "  without 4 bodies that were purged\n" in exported.out
    with zipfile.ZipFile(tmp_path / "acme.zip") as archive:
        changes, events = (
            list(csv.DictReader(io.StringIO(archive.read(name).decode())))
            for name in ("changes.csv", "events.csv")
        )
    told = {
        (row["event"], row["key"], row["before"], row["after"], row["purged"]) for row in changes
    }
    live = csv.DictReader(io.StringIO(hidden.ok("history", "--changes", "-o", "csv").out))
    recorded = [row for row in live if row["key"] or row["purged"]]
    assert told == {
        (row["event"], row["key"], row["before"], row["after"], row["purged"]) for row in recorded
    }
    purged = {row["event"]: row["purged"] for row in events if row["purged"]}
    assert purged == {"3": "7", "4": "7", "5": "7"}
    verified = verify(tmp_path / "acme.zip")
    assert verified.code == 0, verified.err
    assert "  #3: its changes were purged by #7\n" in verified.out
    assert "  #3: its text was purged by #7\n" in verified.out

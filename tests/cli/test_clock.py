"""Clocks that are wrong: what is refused, what is corrected, and what nobody can do with a date."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, nullcontext
from datetime import UTC, datetime, timedelta, tzinfo
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from zipfile import ZipFile

import pytest

from tests.cli.test_void import METADATA, sign
from tests.clocks import dated, reached, record_dated
from tests.examples import LONG_TAIL
from tests.machine import Machine
from tetra_es.admission import Admission
from tetra_es.errors import Refused
from tetra_es.events.deployments import DEPLOYMENT_EVENTS, HOST_EVENTS
from tetra_es.gate.replica import AdmittedReplica
from tetra_es.log.counting import Reached
from tetra_es.store.history import History
from tetra_es.usecases.clock import check_clock
from tetra_es.usecases.deploy.journal import HostJournal
from tetra_es_cli.context.app import App
from tetra_es_cli.context.recording import Recording

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.events.base import Event
    from tetra_es.events.metadata import Context
    from tetra_es.model.host import HostState

LONG_AGO = "2020-02-03T04:05:06.000000Z"
AHEAD = "2099-01-01T00:00:00.000000Z"


class Later(datetime):
    """A clock that is ahead of all that was recorded."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Later:
        return cls(2101, 6, 5, 4, 3, 2, tzinfo=tz)


def soon(**more: float) -> str:
    """Return a time so much after now."""
    return (datetime.now(UTC) + timedelta(**more)).isoformat()


def _event(machine: Machine, position: int) -> dict[str, Any]:
    found: dict[str, Any] = machine.ok("event", str(position), "-o", "json").json
    return found


def test_a_clock_that_is_behind_records_nothing(machine: Machine) -> None:
    last = machine.last_position()
    with dated(LONG_AGO, honest=True):
        done = machine.fails(3, "set", "local", "ports.tetra=1")
    assert f"the clock here is wrong ({LONG_AGO})" in done.err
    assert "is dated in the future" in done.err
    assert machine.last_position() == last
    with dated(soon(minutes=-4), honest=True):  # clocks may differ so much
        machine.ok("set", "local", "ports.tetra=1")


def test_a_date_in_the_future_is_corrected(machine: Machine) -> None:
    over = reached(machine)
    with dated(AHEAD):
        machine.ok("set", "local", "ports.tetra=2", "-m", "the clock is wrong")
    future = machine.last_position()
    done = machine.fails(3, "set", "local", "ports.tetra=3")
    assert f"or #{future} is dated in the future ({AHEAD})" in done.err
    assert "--clock-was-wrong" in done.hint()
    assert "needs a reason" in machine.fails(2, "promote", "dev", "--clock-was-wrong").err
    before = machine.ok("show", "local", "--at", over).out
    machine.ok("--clock-was-wrong", "set", "local", "ports.tetra=3", "-m", "nobody set the clock")
    assert _event(machine, future + 1)["state"]["metadata"]["clock"] == "corrected"
    assert reached(machine) < soon()
    machine.ok("promote", "dev")
    assert "ports.tetra" in machine.ok("history", "--since", "1h", "--changes").out
    assert machine.ok("get", "local", "ports.tetra", "--at", "now").out == "3\n"
    assert machine.ok("get", "local", "ports.tetra", "--at", AHEAD).out == "3\n"
    assert machine.ok("show", "local", "--at", over).out == before
    (found,) = machine.fails(3, "findings", "--kind", "clock", "-o", "json").json
    assert (found["event"], AHEAD in found["what"]) == (future + 1, True)
    done = machine.fails(3, "set", "local", "ports.tetra=4", "--clock-was-wrong", "-m", "again")
    assert "no event is dated in the future" in done.err
    machine.ok("verify")
    machine.ok("rebuild")
    machine.ok("verify")
    time, admission = reached(machine), Admission(machine.home / ".local/state/tetra-es")
    with AdmittedReplica(machine.store, admission) as replica:  # by which clocks are looked at
        assert replica.opened.gate.state.reached.time == time


def test_what_was_dated_in_the_future_is_in_the_list_of_when_it_was_recorded(
    machine: Machine, tmp_path: Path
) -> None:
    """From the correction on: a clock that was set ahead hides nothing from who asks then."""
    began = datetime.now(UTC).isoformat()
    with dated(AHEAD):
        machine.ok("set", "local", "ports.tetra=2", "-m", "hidden")
    hidden = machine.last_position()
    now = datetime.now(UTC).isoformat()
    assert hidden not in {row["event"] for row in machine.history("--until", now)}
    machine.ok("set", "local", "ports.tetra=3", "--clock-was-wrong", "-m", "seen")
    now = reached(machine)
    assert _event(machine, hidden)["effective"] == _event(machine, hidden + 1)["effective"] == now
    period = ("--since", began, "--until", now)
    assert [row["event"] for row in machine.history(*period)] == [hidden + 1, hidden]
    keys = machine.history("local", "--key", "ports.tetra", *period)
    assert [row["event"] for row in keys] == [hidden + 1, hidden]
    assert machine.history("--since", soon(minutes=1)) == []
    machine.ok("audit", "sqlite", str(tmp_path / "a.db"))
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        sql = "SELECT sql FROM questions WHERE name = 'changes'"
        (sql,) = connection.execute(sql).fetchone()
        given = {"environment": "local", "since": began, "until": now}
        assert {row[1] for row in connection.execute(sql, given)} == {hidden, hidden + 1}
    out = tmp_path / "a.zip"
    machine.ok("audit", "export", str(out), *period)
    with ZipFile(out) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert [one for one, _ in manifest["events"]] == [hidden, hidden + 1]


def _bob(machine: Machine, *may: str) -> dict[str, str]:
    """Have bob be a signer with limits; return where his key is."""
    env = {"XDG_CONFIG_HOME": str(machine.home / "bob")}
    key = machine.ok("identity", "line", env=env).out.split(" age1")[0].strip()
    machine.ok("signer", "add", "bob", key, *(word for one in may for word in ("--may", one)))
    return env


def _clocks(machine: Machine, *more: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = machine.run(
        "findings", "--kind", "clock", "-o", "json", *more
    ).json
    return found


def test_a_date_in_the_future_is_a_finding_and_stays_one(machine: Machine, tmp_path: Path) -> None:
    """Of now alone while it stands; of who recorded it when it is corrected."""
    env = _bob(machine, "promote:dev")
    with dated(soon(minutes=4)):  # clocks may differ so much
        machine.ok("set", "local", "ports.tetra=2", "-m", "a little early")
    assert _clocks(machine) == []
    with dated(AHEAD):
        machine.ok("promote", "dev", env=env)
        machine.ok("promote", "staging")
    first = machine.last_position() - 1
    (row,) = _clocks(machine)
    assert (row["event"], row["environment"]) == (first, "dev")
    assert row["what"].startswith(f"bob dated it {AHEAD}, which is in the future by the clock here")
    assert "--clock-was-wrong -m WHY" in row["what"]
    assert _clocks(machine, "--at", str(first + 1)) == []
    checks = {one["name"]: one for one in machine.run("doctor", "-o", "json").json}
    assert checks["times"]["what"] == f"#{first} is dated in the future"
    machine.ok("audit", "sqlite", str(tmp_path / "before.db"))
    with patch("tetra_es.refs.datetime", Later):
        assert _clocks(machine) == []
        machine.ok("audit", "sqlite", str(tmp_path / "after.db"))
    assert (tmp_path / "before.db").read_bytes() == (tmp_path / "after.db").read_bytes()
    machine.ok("--clock-was-wrong", "signer", "rm", "bob", "-m", "his clock is wrong")
    (row,) = _clocks(machine)
    assert row["event"] == first + 2
    assert f" since #{first}, by bob; from here on they count from " in row["what"]
    table = machine.fails(3, "--tz", "+02:00", "findings", "--kind", "clock").out
    assert "times were up to 2099-01-01T02:00:00+02:00 since " in table
    assert _clocks(machine, "--at", str(first + 2)) == [row]
    assert "times" not in {one["name"] for one in machine.run("doctor", "-o", "json").json}
    machine.ok("rebuild")
    assert _clocks(machine) == [row]


def test_each_correction_names_who_made_it_necessary(machine: Machine) -> None:
    env = _bob(machine, "promote:dev")
    for number in (1, 2):
        with dated(AHEAD):
            machine.ok("set", "local", f"ports.tetra={number}", "-m", "x")
            machine.ok("promote", "dev", env=env)
        machine.ok("set", "local", "ports.tetra=9", "--clock-was-wrong", "-m", f"{number}")
    last = machine.last_position()
    since = [one["what"].partition("; ")[0].partition(" since ")[2] for one in _clocks(machine)]
    assert since == [f"#{last - 5}, by alice", f"#{last - 2}, by alice"]


def test_what_has_happened_is_recorded_whatever_the_date(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what begins something is not."""
    for name, value in machine.environment().items():
        monkeypatch.setenv(name, value)

    def start(host: HostState, context: Context) -> None:
        host.start(
            *("1" * 16, context), revision=1, of_position=3, runner="direct", secrets=[], files=[]
        )

    machine.ok("promote", "dev")
    with App().workspace(Recording()) as workspace:
        journal = HostJournal(workspace, "dev", "web1")
        journal.claim(start)
        record_dated(machine, AHEAD, "set", "local", "ports.tetra=2")
        journal.note("step_done", step="switch")
        journal.note("failed", step="health", cause="it did not answer", switched=True)
        journal.send()
        journal.note("reverted", cause="request")
        journal.send()
        other = HostJournal(workspace, "dev", "web2")
        other.note("stopped", services=[])
        other.send()
        with pytest.raises(Refused, match="is dated in the future"):
            other.claim(start)
        workspace.catch_up()
    stopped, _, deployed = machine.history("-n", "3", "--steps")
    assert stopped["type"] == "host.stopped"
    assert "reverted after health" in deployed["summary"]
    assert [step["type"].partition(".")[2] for step in deployed["steps"]] == [
        *("step_done", "failed", "reverted")
    ]
    done = machine.fails(3, "host", "forget", "web1", "-m", "a decision")
    assert "is dated in the future" in done.err
    assert machine.run("findings", "--kind", "unverified", "-o", "json").json == []
    assert machine.run("findings", "--kind", "backdated", "-o", "json").json == []
    machine.ok("host", "forget", "web1", "--clock-was-wrong", "-m", "a decision")
    machine.ok("verify")


@pytest.mark.parametrize("kind", [*DEPLOYMENT_EVENTS, *HOST_EVENTS], ids=lambda kind: kind.TOPIC)
def test_of_hosts_only_decisions_look_at_the_clock(kind: type[Event]) -> None:
    event: Any = SimpleNamespace(TOPIC=kind.TOPIC, metadata={}, timestamp=LONG_AGO)
    decided = kind.TOPIC in ("deployment.started", "host.forgotten")
    with pytest.raises(Refused) if decided else nullcontext():
        check_clock(Reached(AHEAD), [event])
    decision: Any = SimpleNamespace(TOPIC="secret.set", metadata={}, timestamp=LONG_AGO)
    with pytest.raises(Refused):
        check_clock(Reached(AHEAD), [event, decision])


def test_every_copy_answers_alike(machine: Machine, tmp_path: Path) -> None:
    with dated(LONG_AGO):
        machine.ok("set", "local", "ports.tetra=2")
    with dated(AHEAD):
        machine.ok("set", "local", "ports.tetra=3")
    machine.ok("promote", "dev", "--clock-was-wrong", "-m", "back to now")
    there = Machine(tmp_path / "there")
    there.home.mkdir()
    there.ok("clone", str(machine.mirror))
    questions = (
        ("history", "--since", LONG_AGO, "--until", reached(machine)),
        ("show", "local", "--at", reached(machine)),
        ("findings", "--at", "now"),
    )
    assert reached(there) == reached(machine)
    for words in questions:
        assert there.run(*words).out == machine.run(*words).out


def test_a_rollback_to_a_time_goes_by_effective_times(machine: Machine) -> None:
    """What the views say is compared with the events: a decision rests on it."""
    machine.ok("promote", "dev")
    machine.ok("set", "local", "ports.tetra=2")
    machine.ok("promote", "dev")
    over = reached(machine)
    with dated(LONG_AGO):
        machine.ok("set", "local", "ports.tetra=3")
        machine.ok("promote", "dev")
    machine.ok("rollback", "dev", "--to", over, "-m", "as it was then")
    assert machine.ok("get", "dev", "ports.tetra").out == "2\n"
    views = machine.folder / "store/views.db"
    with closing(sqlite3.connect(views)) as connection, connection:
        connection.execute("UPDATE events SET effective = ? WHERE position > 3", (LONG_AGO,))
    done = machine.fails(4, "rollback", "dev", "--to", over)
    assert "and the events do not" in done.err


def test_a_void_event_stops_no_time_and_turns_none_back(machine: Machine) -> None:
    over = reached(machine)
    sign(machine, "org", "org.renamed", name="x", timestamp=AHEAD)
    corrected = METADATA | {"clock": "corrected"}
    sign(machine, "org", "org.renamed", name="x", timestamp=LONG_AGO, metadata=corrected)
    assert reached(machine) == over
    machine.ok("set", "local", "ports.tetra=2")
    assert machine.ok("get", "local", "ports.tetra", "--at", "now").out == "2\n"
    assert machine.ok("findings", "--kind", "clock", "-o", "json").json == []
    found = machine.fails(3, "findings", "--kind", "backdated", "-o", "json").json
    assert [one["event"] for one in found] == [machine.last_position() - 1]
    machine.ok("verify")


def test_a_signer_with_limits_corrects_nothing(machine: Machine) -> None:
    env = {"XDG_CONFIG_HOME": str(machine.home / "bob")}
    key = machine.ok("identity", "line", env=env).out.split(" age1")[0].strip()
    machine.ok("signer", "add", "bob", key, "--may", "edit:local")
    over = reached(machine)
    before = machine.ok("show", "local", "--at", over).out
    words = ("set", "local", "ports.tetra=2", "--clock-was-wrong", "-m", "mine is right")
    with dated(LONG_AGO):
        done = machine.fails(3, *words, env=env)
        assert "only a signer without limits corrects times" in done.err
        with patch.object(History, "may_correct", lambda *_: True):  # he does not keep to that
            machine.ok(*words, env=env)
    row = machine.history()[0]
    assert (row["actor"], row["time"]) == ("bob", LONG_AGO)
    assert reached(machine) > over
    assert machine.ok("show", "local", "--at", over).out == before
    assert machine.run("show", "local", "--at", "2021").out == ""
    assert machine.ok("findings", "--kind", "clock", "-o", "json").json == []
    machine.ok("verify")


@LONG_TAIL
@pytest.mark.parametrize("time", ["9999-12-31T23:59:59.999999Z", AHEAD])
def test_the_last_time_that_there_is(machine: Machine, time: str) -> None:
    with dated(time):
        machine.ok("set", "local", "ports.tetra=2")
        machine.ok("set", "local", "ports.tetra=3")
    assert machine.ok("get", "local", "ports.tetra", "--at", "now").out == "4444\n"
    machine.ok("set", "local", "ports.tetra=4", "--clock-was-wrong", "-m", "back to now")
    assert machine.ok("get", "local", "ports.tetra", "--at", "now").out == "4\n"

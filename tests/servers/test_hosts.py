"""What was done on hosts, and what ran where: recorded, shown, and answered for any moment."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.test_audit_sqlite import hosts_are_the_same
from tests.cli.test_backup_put_back import put_back
from tests.clocks import dated, reached
from tests.examples import LONG_TAIL, some
from tests.servers.test_rollout import fleet  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.test_rollout import Fleet

OPERATIONS = {
    "stop": "stopped",
    "start": "started",
    "restart": "restarted",
    "disable": "disabled",
    "enable": "enabled",
}


def server(on: Fleet, host: str = "web1") -> Path:
    """Return the folder that stands for a server."""
    return on.machine.home.parent / "servers" / host


def mark(on: Fleet, host: str, word: str, content: str = "") -> None:
    """Have a server be like something."""
    server(on, host).mkdir(parents=True, exist_ok=True)
    (server(on, host) / word).write_text(content)


def lines(on: Fleet, *more: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = on.machine.ok("history", "dev", *more, "-o", "json").json
    return rows


def hosts(on: Fleet, *more: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = on.machine.ok("hosts", *more, "-o", "json").json
    return rows


def promote(on: Fleet, port: int) -> None:
    on.machine.ok("set", "local", f"ports.tetra={port}")
    on.machine.ok("promote", "dev")


@pytest.fixture
def deployed(fleet: Fleet) -> Fleet:  # noqa: F811 - the fixture
    """dev@1 is on web1."""
    assert fleet.deploy().code == 0
    return fleet


def test_a_deployment_is_one_line_and_its_steps_are_below(deployed: Fleet) -> None:
    (line,) = (row for row in lines(deployed) if row["type"].startswith("deployment"))
    assert line["summary"] == "deploy(dev): dev@1 -> web1: done"
    assert "steps" not in line
    by_key = [row for row in lines(deployed, "--changes") if row["event"] == line["event"]]
    assert [row["summary"] for row in by_key] == [line["summary"]]
    whole = deployed.machine.ok("event", str(line["event"]), "-o", "json").json
    assert whole["summary"] == line["summary"]
    (line,) = (row for row in lines(deployed, "--steps") if "steps" in row)
    types = [step["type"].removeprefix("deployment.") for step in line["steps"]]
    assert types == [*["step_done"] * 7, "healthy"]
    assert {*line["steps"][0]} == {*line} - {"steps"}
    table = deployed.machine.ok("history", "dev", "--steps").out.splitlines()
    (at,) = (n for n, row in enumerate(table) if "dev@1 -> web1" in row)
    assert "  deploy(dev): preflight done on web1" in table[at + 1]
    assert "  deploy(dev): dev@1 serves on web1" in table[at + 8]
    assert len(deployed.machine.ok("history", "dev").out.splitlines()) == len(table) - 8
    rows = deployed.machine.ok("history", "--type", "deployment.healthy", "-o", "json").json
    assert [row["type"] for row in rows] == ["deployment.healthy"]
    rows = deployed.machine.ok("history", "--type", "deployment", "-o", "json").json
    assert len(rows) == 9
    csv = deployed.machine.ok("history", "dev", "--steps", "-o", "csv").out
    assert "deploy(dev): switch done on web1" in csv


@pytest.mark.parametrize("end", ["observed", "seen by the next one"])
def test_how_it_ended_changes_no_answer_from_before(
    deployed: Fleet, tmp_path: Path, end: str
) -> None:
    """A server that was lost reverts what was deployed; that is recorded much later."""
    promote(deployed, 4777)
    mark(deployed, "web1", "cut")
    assert deployed.deploy().code == 5
    (row,) = hosts(deployed)
    assert (row["newest"]["outcome"], row["newest"]["step"]) == ("reverting", "confirm")
    ats = range(row["newest"]["event"], deployed.machine.last_position() + 1)
    questions = (("hosts",), ("status",), ("findings", "--kind", "unverified"))
    asked = [(*words, "--at", str(at), "-o", "json") for at in ats for words in questions]
    until = [reached(deployed.machine), *(one["time"] for one in lines(deployed))]
    asked += [("history", "--until", time, "-o", "json") for time in until]
    answers = [deployed.machine.run(*words).out for words in asked]
    assert json.loads(answers[-len(until) - 3]) == [row]
    told = {one["summary"].partition("web1: ")[2] for one in json.loads(answers[-len(until)])}
    assert told == {"", "done", "failed, reverting at confirm: ssh failed"}
    for word in ("down", "cut"):
        (server(deployed) / word).unlink(missing_ok=True)
    if end == "observed":
        deployed.machine.ok("deploy", "dev", "--observe", "web1", "-m", "the network is back")
    else:
        assert deployed.deploy().code == 0
    assert [deployed.machine.run(*words).out for words in asked] == answers
    assert hosts(deployed) != [row]
    hosts_are_the_same(deployed.machine, tmp_path / "acme.db")


def test_the_event_of_a_failure_says_why(deployed: Fleet) -> None:
    promote(deployed, 4777)
    mark(deployed, "web1", "sick")
    assert deployed.deploy().code == 5
    (failed,) = deployed.machine.history("--type", "deployment.failed")
    cause = hosts(deployed)[0]["newest"]["cause"]
    whole = deployed.machine.ok("event", str(failed["event"])).out
    assert f"  cause        {cause}\n" in whole
    begun = deployed.machine.history("--type", "deployment.started")[0]
    assert cause in begun["summary"]
    assert "  cause  " not in deployed.machine.ok("event", str(begun["event"])).out


def test_why_says_what_runs(deployed: Fleet) -> None:
    promote(deployed, 4777)
    found = deployed.machine.ok("why", "dev", "ports.tetra", "-o", "json").json
    (there,) = found["running"]
    assert (found["value"], there["state"], there["value"]) == ("4777", "dev@1", "4444")
    (row,) = hosts(deployed)
    assert {name: there[name] for name in ("host", "since", "actor", "event", "reason")} == {
        name: row[name] for name in ("host", "since", "actor", "event", "reason")
    }
    late = deployed.machine.run("findings", "--kind", "behind", "-o", "json").json
    assert [(one["subject"], one["what"]) for one in late] == [
        (row["host"], "runs dev@1, dev@2 is recorded")
    ]
    said = deployed.machine.ok("why", "dev", "ports.tetra").out
    there_too = (
        f"  deployed      {row['host']} has 4444: #{row['event']} dev@1, {row['since'][:19]}Z"
    )
    assert said.splitlines()[-1].startswith(there_too)


def test_findings_about_hosts(deployed: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    def listed(*more: str) -> list[tuple[str, str, int, str]]:
        kinds = ("--kind", "drift", "--kind", "unverified")
        rows = deployed.machine.run("findings", *kinds, *more, "-o", "json").json
        return [(row["kind"], row["subject"], row["event"], row["what"]) for row in rows]

    begun, ended = (row["event"] for row in (hosts(deployed)[0], hosts(deployed)[0]["newest"]))
    assert listed() == []
    deployed.machine.ok("daemon", "stop", "dev", "--to", "web1", "-m", "x")
    stopped = deployed.machine.last_position()
    assert listed() == [("drift", "web1", stopped, "stopped by hand: all services")]
    assert listed("--at", str(begun)) == [
        ("unverified", "web1", begun, "how the deployment of dev@1 ended is not recorded")
    ]
    deployed.machine.ok("daemon", "start", "dev", "--to", "web1", "-m", "x")
    assert listed() == []
    monkeypatch.setattr("tetra_es_projections.queries.host_findings.UNSEEN", timedelta(0))
    assert listed() == []
    deployed.machine.ok("set", "local", "ports.tetra=4777", "-m", "x")
    ((kind, _, event, what),) = listed()
    assert (kind, event) == ("unverified", ended)
    assert what.startswith("nothing was recorded of it since 20")
    assert what.endswith("for 0 days")
    with dated("2099-01-01T00:00:00Z"):  # a clock that is ahead keeps no host from being told
        deployed.machine.ok("daemon", "restart", "dev", "--to", "web1", "-m", "x")
    assert listed() == []
    then = str(deployed.machine.last_position())
    deployed.machine.ok("set", "local", "ports.tetra=4778", "--clock-was-wrong", "-m", "x")
    deployed.machine.ok("set", "local", "ports.tetra=4779", "-m", "x")
    ((_, _, _, what),) = listed()
    assert "since 2099" not in what
    assert listed("--at", then) == []


def test_findings_about_secrets_of_hosts(deployed: Fleet) -> None:
    def listed() -> list[str]:
        rows = deployed.machine.run("findings", "--kind", "behind", "-o", "json").json
        assert all((one["subject"], one["environment"]) == ("web1", "dev") for one in rows)
        return [one["what"] for one in rows]

    assert listed() == []
    deployed.machine.ok("identity", "new")
    mine = deployed.machine.ok("identity", "show").out.strip()
    deployed.machine.ok("recipient", "add", "dev", "me", mine, "-m", "x")
    deployed.machine.ok("secret", "set", "dev", "TOKEN", "-m", "x", stdin="a value")
    assert listed() == ["does not have the secret TOKEN, version 1 is recorded"]
    assert deployed.deploy().code == 0
    assert listed() == []
    deployed.machine.ok("secret", "set", "dev", "TOKEN", "-m", "x", stdin="another value")
    assert listed() == ["has version 1 of the secret TOKEN, version 2 is recorded"]
    assert deployed.deploy().code == 0
    deployed.machine.ok("rollback", "dev", "-m", "x")
    assert listed() == ["has version 2 of the secret TOKEN, version 1 is recorded"]
    deployed.machine.ok("secret", "rm", "dev", "TOKEN", "-m", "x")
    assert listed() == ["still has the secret TOKEN, which was removed"]


def test_a_host_that_was_stopped_is_told_with_the_event_that_did_it(deployed: Fleet) -> None:
    deployed.machine.ok("daemon", "stop", "dev", "--to", "web1", "-m", "x")
    stopped = deployed.machine.last_position()
    deployed.machine.ok("daemon", "disable", "dev", "--to", "web1", "-m", "x")
    row, disabled = deployed.machine.run("findings", "--kind", "drift", "-o", "json").json
    assert (row["event"], row["what"]) == (stopped, "stopped by hand: all services")
    told = "disabled by hand: its services do not start when it boots"
    assert (disabled["event"], disabled["what"]) == (stopped + 1, told)
    deployed.machine.ok("daemon", "enable", "dev", "--to", "web1", "-m", "x")
    assert deployed.machine.run("findings", "--kind", "drift", "-o", "json").json == [row]


def test_what_the_next_deployment_undoes_is_said_with_what_keeps_it(deployed: Fleet) -> None:
    machine = deployed.machine
    warning, hint = machine.ok("daemon", "disable", "dev").err.splitlines()
    told = "web1: the next deployment enables tetra-dev.service again, by system.auto_start"
    assert warning == f"tetra-es: warning: {told}"
    keep = "`tetra-es set profile dev system.auto_start=false`, then `tetra-es promote dev`"
    assert hint == f"tetra-es: hint: {keep}"
    assert "warning" not in machine.ok("daemon", "enable", "dev").err
    machine.ok("set", "profile", "dev", "system.auto_start=false")
    machine.ok("promote", "dev")
    assert "warning" not in machine.ok("daemon", "disable", "dev").err  # though dev@1 is there
    assert "disables tetra-dev.service again" in machine.ok("daemon", "enable", "dev").err
    told = "web1: disabled tetra-dev.service, which started whenever the server booted: "
    assert told in deployed.deploy().err
    assert "warning" not in deployed.deploy().err
    assert "set profile dev system.auto_start=true" in machine.ok("daemon", "enable", "dev").err
    assert "warning" not in machine.ok("daemon", "disable", "dev").err


def test_a_state_that_no_server_takes_does_not_come_back_for_one(deployed: Fleet) -> None:
    machine = deployed.machine
    for kind in ("none", "systemd"):
        machine.ok("set", "profile", "dev", f"system.init_system={kind}")
        machine.ok("promote", "dev")
    newest = machine.last_position()
    for words in (("--to", "dev@2"), ("--to", "dev@2", "--path", "system")):
        refused = machine.fails(3, "rollback", "dev", *words, "--deploy")
        assert "cannot be deployed: environments/dev.toml:" in refused.error()
        assert machine.last_position() == newest
    machine.ok("rollback", "dev", "--to", "dev@2")


def test_the_source_of_truth_does_not_go_back_for_a_server(deployed: Fleet) -> None:
    machine = deployed.machine
    promote(deployed, 4777)
    newest = machine.last_position()
    for words in ((), ("--path", "ports")):
        refused = machine.fails(3, "rollback", "local", *words, "--deploy")
        assert refused.error().startswith("local is the source of truth: it runs where you work")
        assert machine.last_position() == newest


def test_a_server_that_cannot_do_it_is_named(deployed: Fleet) -> None:
    mark(deployed, "web1", "full")
    refused = deployed.machine.fails(5, "deploy", "dev")
    assert refused.error() == "web1: lock failed: cannot write there"


def test_the_source_of_truth_is_on_no_server(deployed: Fleet) -> None:
    for words in some(["daemon status", "daemon stop", "daemon logs", "health", "drift"], 2):
        refused = deployed.machine.fails(3, *words.split(), "local").error()
        assert refused.startswith("local is the source of truth: it runs where you work")


def test_how_a_deployment_ended_is_in_its_line(deployed: Fleet) -> None:
    promote(deployed, 5555)
    mark(deployed, "web1", "sick")
    assert deployed.deploy().code == 5
    (line, *_) = lines(deployed)
    assert line["summary"].startswith("deploy(dev): dev@2 -> web1: reverted after health: ")
    assert deployed.deploy(to="bare").code == 5
    (line, *_) = lines(deployed)
    assert line["summary"].startswith("deploy(dev): dev@2 -> bare: failed at preflight: ")


def test_an_operation_is_an_event_and_one_line(deployed: Fleet) -> None:
    verbs = some(list(OPERATIONS), 2)
    for verb in verbs:
        deployed.machine.ok("daemon", verb, "dev", "-m", "maintenance")
    for verb, line in zip(reversed(verbs), lines(deployed), strict=False):
        assert line["type"] == f"host.{OPERATIONS[verb]}"
        assert line["summary"] == f"{verb}(dev): web1"
        assert (line["actor"], line["reason"]) == ("alice", "maintenance")
    event = deployed.machine.ok("event", str(line["event"]), "-o", "json").json
    assert event["state"]["metadata"]["rules"] == 2


def test_a_removal_is_one_line(deployed: Fleet) -> None:
    deployed.machine.ok("daemon", "uninstall", "dev")
    assert deployed.events()[-2:] == ["healthy", "host.uninstalled"]
    (line, *_) = lines(deployed)
    assert line["summary"] == "deploy(dev): remove from web1: done"
    (row,) = hosts(deployed)
    assert (row["running"], row["state"]) == (None, "nothing")
    assert deployed.machine.ok("status", "-o", "json").json["left_out"] == []


def test_who_may_not_deploy_operates_nothing(deployed: Fleet) -> None:
    keys = deployed.machine.home / "bob"
    bob = {"XDG_CONFIG_HOME": str(keys)}
    deployed.machine.ok("signer", "new", env=bob)
    key = str(keys / "tetra-es" / "id_ed25519.pub")
    deployed.machine.ok("signer", "add", "bob", key, "--may", "deploy:prod")
    mark(deployed, "web1", "on-daemon", "exit 1\n")
    for command in (("daemon", "stop", "dev"), ("host", "forget", "web1")):
        failed = deployed.machine.fails(3, *command, env=bob)
        assert "it takes the right deploy:dev" in failed.error()


def test_an_operation_that_cannot_be_recorded_waits(deployed: Fleet) -> None:
    store = deployed.machine.store
    mark(deployed, "web1", "on-daemon", f"mv {store} {store}.away\n")
    done = deployed.machine.run("daemon", "stop", "dev", "-m", "why")
    store.with_name("events.db.away").rename(store)
    (server(deployed) / "on-daemon").unlink()
    assert done.code == 1
    assert "web1: the units are stopped, but that could not be recorded" in done.err
    assert "the next command that records" in done.err
    deployed.machine.ok("promote", "staging")
    (line,) = (row for row in lines(deployed) if row["type"] == "host.stopped")
    assert line["reason"] == "why"
    assert hosts(deployed)[0]["state"] == "stopped"


@LONG_TAIL
def test_what_ran_at_a_moment(fleet: Fleet) -> None:  # noqa: F811 - the fixture
    """Acceptance: who deployed what ran then, with which config, code and secrets' versions."""
    machine = fleet.machine
    recipient = machine.ok("identity", "new").out.strip()
    machine.ok("recipient", "add", "dev", "alice", recipient)
    machine.ok("secret", "set", "dev", "TOKEN", stdin="one")
    assert fleet.deploy("-m", "release").code == 0
    moments = {"deployed": now(fleet)}
    machine.ok("secret", "set", "dev", "TOKEN", stdin="two")
    promote(fleet, 5555)
    moments["newer config"] = now(fleet)
    mark(fleet, "web1", "sick")
    assert fleet.deploy().code == 5
    moments["reverted"] = now(fleet)
    (server(fleet) / "sick").unlink()
    machine.ok("daemon", "stop", "dev")
    moments["stopped"] = now(fleet)
    assert fleet.deploy().code == 0
    moments["deployed again"] = now(fleet)
    machine.ok("daemon", "uninstall", "dev")

    found = {name: one_host(fleet, "--at", at) for name, at in moments.items()}
    assert {name: row["running"] for name, row in found.items()} == {
        "deployed": "dev@1",
        "newer config": "dev@1",
        "reverted": "dev@1",
        "stopped": "dev@1",
        "deployed again": "dev@2",
    }
    assert [row["configured"] for row in found.values()] == ["dev@1", *["dev@2"] * 4]
    assert [row["state"] for row in found.values()] == [
        *["running"] * 3, "stopped", "running"
    ]  # fmt: skip
    assert [row["behind"] for row in found.values()] == [0, 1, 1, 1, 0]
    assert {row["actor"] for row in found.values()} == {"alice"}
    assert found["deployed"]["reason"] == "release"
    assert found["deployed"]["secrets"] == [{"key": "TOKEN", "version": 1, "recorded": 1}]
    assert found["reverted"]["secrets"] == [{"key": "TOKEN", "version": 1, "recorded": 2}]
    assert found["deployed again"]["secrets"] == [{"key": "TOKEN", "version": 2, "recorded": 2}]
    newest = found["reverted"]["newest"]
    assert (newest["what"], newest["outcome"], newest["step"]) == ("dev@2", "reverted", "health")
    assert found["stopped"]["changed"]["what"] == "stopped"
    assert found["stopped"]["changed"]["actor"] == "alice"
    assert hosts(fleet, "web1")[0]["running"] is None

    text = machine.ok("hosts", "web1", "--at", moments["stopped"]).out
    for word in ("dev@1", "dev@2", "stopped", "TOKEN@1 (version 2 recorded)", "alice"):
        assert word in text
    status = machine.ok("status", "--at", moments["newer config"], "-o", "json").json
    (row,) = status["servers"]
    assert (row["running"], row["behind"], row["outdated"]) == ("dev@1", 1, ["TOKEN"])
    states = {row["environment"]: row["state"] for row in status["environments"]}
    assert states["dev"] == "dev@2"
    assert "dev@1" in machine.ok("status", "--at", moments["newer config"]).out
    # By position, too: the deployment's own claim is not yet its end.
    began = found["deployed"]["event"]
    assert one_host(fleet, "--at", str(began))["running"] is None
    assert one_host(fleet, "--at", str(began))["state"] == "nothing, under way"
    assert one_host(fleet, "--at", str(began + 8))["running"] == "dev@1"


def now(on: Fleet) -> str:
    """Return the time from which the newest event counts."""
    newest = str(on.machine.last_position())
    return str(on.machine.ok("event", newest, "-o", "json").json["effective"])


def one_host(on: Fleet, *more: str) -> dict[str, Any]:
    (row,) = hosts(on, "web1", *more)
    return row


@LONG_TAIL
def test_a_time_finds_no_event_that_others_recorded_during_a_deployment(
    fleet: Fleet,  # noqa: F811 - the fixture
) -> None:
    """Steps are recorded after what others recorded meanwhile, with the times of before."""
    fleet.before["switch"] = lambda: fleet.machine.process("set", "local", "ports.tetra=5555")
    assert fleet.roll_out() == []
    (line,) = (row for row in lines(fleet, "--steps") if "steps" in row)
    early = line["steps"][0]["time"]
    assert "tetra = 4444" in fleet.machine.ok("show", "local", "--at", early).out


@LONG_TAIL
def test_one_machine_under_two_names_is_one_host(fleet: Fleet) -> None:  # noqa: F811
    for host in ("web1", "10.0.0.5"):
        mark(fleet, host, "machine", "3f" * 16)
    assert fleet.deploy(to="web1").code == 0
    promote(fleet, 5555)
    done = fleet.deploy(to="10.0.0.5")
    assert done.code == 0
    assert "10.0.0.5 has the machine id of web1: they are one host from now on" in done.err
    assert "machine id" not in fleet.deploy(to="10.0.0.5").err
    (row,) = hosts(fleet)
    assert (row["names"], row["running"]) == (["10.0.0.5", "web1"], "dev@2")
    assert row["machine"] == "3f" * 16
    assert hosts(fleet, "web1") == [row]
    (status,) = fleet.machine.ok("status", "-o", "json").json["servers"]
    assert status["names"] == ["10.0.0.5", "web1"]
    asked = fleet.machine.ok("health", "dev", "-o", "json").json
    assert [one["host"] for one in asked] == ["10.0.0.5"]
    fleet.machine.ok("daemon", "uninstall", "dev")
    assert hosts(fleet)[0]["running"] is None
    hosts_are_the_same(fleet.machine, fleet.machine.home / "a.db", every=5)


@LONG_TAIL
def test_the_question_of_auditors_has_the_rows_of_the_command(
    deployed: Fleet, tmp_path: Path
) -> None:
    """After what was done by hand, too, at each moment of it."""
    machine = deployed.machine
    said = []
    for number, words in enumerate((
        ("daemon", "stop", "dev"), ("daemon", "start", "dev"), ("daemon", "stop", "dev"),
        ("deploy", "dev"), ("daemon", "stop", "dev"), ("daemon", "restart", "dev"),
        ("daemon", "uninstall", "dev"), ("host", "forget", "web1"),
    )):  # fmt: skip
        if words[0] == "deploy":
            promote(deployed, 5555)
        machine.ok(*words, *(("--to", "web1") if "dev" in words else ()))
        rows = hosts_are_the_same(machine, tmp_path / f"{number}.db", every=7)
        said.append([(row["running"], row["state"]) for row in rows])
    assert said == [
        [("dev@1", "stopped")], [("dev@1", "running")], [("dev@1", "stopped")],
        [("dev@2", "running")], [("dev@2", "stopped")], [("dev@2", "running")],
        [(None, "nothing")], [],
    ]  # fmt: skip


@pytest.mark.parametrize("said", some(["uninitialized", "", "../../x", "3F" * 16], 1))
def test_what_is_no_machine_id_is_none(fleet: Fleet, said: str) -> None:  # noqa: F811
    mark(fleet, "web1", "machine", said)
    assert fleet.deploy().code == 0
    assert hosts(fleet)[0]["machine"] is None


def test_a_host_that_is_gone_is_forgotten(deployed: Fleet) -> None:
    assert deployed.deploy(to="web2").code == 0
    promote(deployed, 5555)
    assert deployed.deploy(to="web2").code == 0
    failed = deployed.machine.fails(1, "status")
    assert failed.error() == "dev@2 was not deployed to web1, which has dev@1"
    assert "`tetra-es deploy dev --to web1` deploys what is recorded now; " in failed.hint()
    status = deployed.machine.run("status", "-o", "json").json["servers"]
    newest = {row["host"]: row["newest"]["event"] for row in hosts(deployed)}
    assert {row["host"]: row["event"] for row in status} == newest
    begun = {row["event"] for row in lines(deployed) if row["type"] == "deployment.started"}
    assert begun >= {*newest.values()}
    before = now(deployed)
    done = deployed.machine.ok("host", "forget", "web1", "-m", "it burned")
    assert "forget(dev): web1 (#" in done.out
    assert [row["host"] for row in hosts(deployed)] == ["web2"]
    deployed.machine.ok("status")
    assert {row["host"] for row in hosts(deployed, "--at", before)} == {"web1", "web2"}
    failed = deployed.machine.fails(2, "host", "forget", "web1")
    assert failed.error() == "nothing is deployed to web1"
    assert "web2" in failed.hint()
    assert "web2" in deployed.machine.fails(2, "hosts", "nowhere").hint()
    assert deployed.deploy(to="web1").code == 0
    assert [row["host"] for row in hosts(deployed)] == ["web1", "web2"]
    deployed.machine.ok("verify")
    deployed.machine.ok("rebuild", "--check")


@LONG_TAIL
def test_forgetting_for_one_environment(deployed: Fleet) -> None:
    deployed.machine.ok("promote", "staging")
    deployed.machine.ok("deploy", "staging", "--to", "web1")
    deployed.machine.ok("host", "forget", "web1", "--env", "staging", "--dry-run")
    assert len(hosts(deployed)) == 2
    deployed.machine.ok("host", "forget", "web1", "--env", "staging")
    assert [row["environment"] for row in hosts(deployed)] == ["dev"]
    failed = deployed.machine.fails(2, "host", "forget", "web1", "--env", "staging")
    assert failed.error() == "staging is not deployed to web1"


def test_hosts_that_were_left_out_are_named(deployed: Fleet) -> None:
    assert deployed.deploy(to="web2").code == 0
    promote(deployed, 5555)
    assert deployed.deploy(to="web2").code == 0
    says = "dev@2 was not deployed to web1, which has dev@1"
    for command in (("health", "dev"), ("drift", "dev"), ("status",)):
        failed = deployed.machine.fails(1, *command)
        assert failed.error() == says
        assert "tetra-es deploy dev --to web1" in failed.hint()
    # What differs on another one comes first, and is another kind of failure.
    (deployed.machine.home.parent / "servers/web2/stopped").touch()
    failed = deployed.machine.fails(3, "drift", "dev")
    assert "on web2" in failed.error()
    assert f"and: {says}" in failed.err
    (deployed.machine.home.parent / "servers/web2/stopped").unlink()
    rows = deployed.machine.run("doctor", "dev", "-o", "json").json
    assert says in {row["what"] for row in rows if row["result"] == "failed"}
    deployed.machine.ok("set", "profile", "dev", 'deployment.hosts=["web1","web2","web3"]')
    deployed.machine.ok("promote", "dev")
    left_out = deployed.machine.run("status", "-o", "json").json["left_out"]
    assert {(row["host"], row["has"]) for row in left_out} == {("web1", "dev@1"), ("web3", None)}


def test_doctor_names_a_file_that_somebody_changed_once(deployed: Fleet) -> None:
    (deployed.machine.home.parent / "servers/web1/changed").touch()
    rows = deployed.machine.run("doctor", "dev", "--to", "web1", "-o", "json").json
    changed = [row for row in rows if "/root/tetra/org/acme/environments/dev.toml" in row["what"]]
    assert [(row["name"], row["result"]) for row in changed] == [("web1 deploy", "failed")]
    # What a deployment puts right without replacing anybody's work.
    assert "tetra-dev.service: is inactive" in {
        row["what"] for row in rows if row["name"] == "web1 drift"
    }


def test_what_is_behind_is_said(deployed: Fleet) -> None:
    machine = deployed.machine
    recipient = machine.ok("identity", "new").out.strip()
    machine.ok("recipient", "add", "dev", "alice", recipient)
    machine.ok("secret", "set", "dev", "TOKEN", stdin="one")
    promote(deployed, 5001)
    assert deployed.deploy().code == 0
    machine.ok("secret", "set", "dev", "TOKEN", stdin="two")
    promote(deployed, 5002)
    promote(deployed, 5003)
    behind = "dev@2 is 2 revisions behind dev@4"
    older = "the services have version 1 of TOKEN, and version 2 is recorded"
    for command in ("health", "drift"):
        done = machine.ok(command, "dev")
        assert f"web1: {behind}" in done.err
        assert f"web1: {older}" in done.err
    rows = machine.run("doctor", "dev", "-o", "json").json
    assert {behind, older} <= {row["what"] for row in rows if row["result"] == "warning"}
    assert "behind: web1 runs dev@2, 2 revisions behind" in machine.ok("status").out


def open_deployment(on: Fleet) -> None:
    """Have the process of a deployment die, with all that it knew."""

    class Killed(BaseException):
        """Nothing catches it."""

    def die() -> None:
        raise Killed

    on.before["confirm"] = die
    with pytest.raises(Killed):
        on.roll_out()


@pytest.mark.parametrize(
    ("state", "end"), some([("reverted", ["failed", "reverted"]), ("confirmed", ["healthy"])], 1)
)
def test_what_a_server_tells_is_recorded_as_observed(
    fleet: Fleet,  # noqa: F811 - the fixture
    state: str,
    end: list[str],
) -> None:
    open_deployment(fleet)
    mark(fleet, "web1", "ended", state)
    done = fleet.machine.ok("deploy", "dev", "--observe", "web1", "-o", "json")
    assert (done.json["host"], done.json["outcome"]) == ("web1", state)
    assert fleet.events() == ["started", *end]
    (row,) = hosts(fleet)
    assert row["newest"]["observed"] is True
    newest = fleet.machine.ok("history", "--type", "deployment", "-o", "json").json[0]["event"]
    last = fleet.machine.ok("event", str(newest), "-o", "json").json
    assert last["state"]["observed"] is True
    done = fleet.machine.ok("deploy", "dev", "--observe", "web1")
    assert "no deployment of dev is open" in done.out


def test_what_is_not_decided_is_not_observed(fleet: Fleet) -> None:  # noqa: F811
    open_deployment(fleet)
    mark(fleet, "web1", "ended", "armed")
    failed = fleet.machine.fails(1, "deploy", "dev", "--observe", "web1")
    assert "is armed there" in failed.error()
    fleet.machine.fails(2, "deploy", "dev", "--observe", "web1", "--to", "web1")


@pytest.mark.parametrize("words", some(["hosts ", "host forget ", "deploy dev --observe "], 1))
def test_hosts_are_completed(deployed: Fleet, words: str) -> None:
    arguments = f"tetra-es {words}".split(" ")
    env = {
        "_TETRA_ES_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(arguments),
        "COMP_CWORD": str(len(arguments) - 1),
    }
    assert "web1" in deployed.machine.run(env=env).out


@LONG_TAIL
def test_an_older_store_that_is_put_back_has_less_of_hosts(deployed: Fleet) -> None:
    machine, backup = deployed.machine, str(deployed.machine.home / "backup.db")
    machine.ok("daemon", "stop", "dev")
    (newest, *_) = machine.history()
    before = hosts(deployed)
    machine.ok("backup", backup)
    machine.ok("daemon", "start", "dev")
    assert deployed.deploy(to="web2").code == 0
    put_back(machine, backup)
    machine.ok("trust", "--head", f"{newest['event']}:{newest['hash']}", "-m", "put back")
    machine.ok("promote", "staging")
    assert hosts(deployed) == before
    machine.ok("verify")


FORGED = {
    "deployments": "UPDATE deployments SET actor = 'mallory'",
    "operations": "UPDATE operations SET word = 'started'",
}


@LONG_TAIL
@pytest.mark.parametrize("table", FORGED)
def test_views_of_hosts_are_compared_with_the_events(deployed: Fleet, table: str) -> None:
    deployed.machine.ok("daemon", "stop", "dev")
    with closing(sqlite3.connect(deployed.machine.folder / "store" / "views.db")) as views:
        views.executescript(FORGED[table])
    found = deployed.machine.fails(4, "verify")
    assert f"store/views.db: {table} differ from the events, first at #" in found.error()
    deployed.machine.ok("rebuild")
    deployed.machine.ok("verify")

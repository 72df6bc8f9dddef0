"""Rolling out through one open organization: what is in the log when, and who waits for whom."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tests.clocks import record_dated
from tests.conftest import HANG, ROOT, default_signals
from tests.examples import LONG_TAIL, some
from tests.integrity.test_poisoned import POISONS
from tests.machine import until
from tetra_es.disk.lock import exclusive
from tetra_es.store.history import History
from tetra_es.usecases.deploy import batches
from tetra_es.usecases.deploy.request import DeployRequest
from tetra_es_cli.context.app import App
from tetra_es_cli.context.identities import loader
from tetra_es_cli.context.recording import Recording
from tetra_es_cli.context.servers import access_of
from tetra_es_cli.output.servers import ServerConsole

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Machine, Result

STAND_IN = ROOT / "tests" / "servers" / "ssh.py"
NOON = "2026-11-22T12:00:00.000000Z"
STEPS = ["preflight", "stage", "arm", "switch", "restart", "health", "confirm"]
DEPLOYED = ["started", *(f"step {step}" for step in STEPS), "healthy"]


@dataclass
class Fleet:
    """An organization with a dev to deploy, servers that are folders, and a git that counts."""

    machine: Machine
    counted: Path
    before: dict[str, Callable[[], object]] = field(default_factory=dict)
    """What somebody does when a step begins."""
    seen: dict[str, list[str]] = field(default_factory=dict)
    """Step to the events of deployments that were in the store when it began."""

    def git_processes(self) -> int:
        """Return how many processes of git there were since the last call."""
        lines = self.counted.read_text().splitlines() if self.counted.exists() else []
        self.counted.unlink(missing_ok=True)
        return len(lines)

    def deploy(self, *more: str, to: str = "web1") -> Result:
        hosts = [word for host in to.split() for word in ("--to", host)]
        return self.machine.run("deploy", "dev", *hosts, *more)

    def events(self, host: str = "web1") -> list[str]:
        """Return the events of the deployments to a host as they are in the store now."""
        with closing(sqlite3.connect(self.machine.store)) as store:
            rows = store.execute(
                "SELECT topic, json_extract(CAST(state AS TEXT), '$.step') FROM events "
                "WHERE stream = ? ORDER BY position",
                (f"deployments:dev@{host}",),
            ).fetchall()
        kinds = [(topic.removeprefix("deployment."), step) for topic, step in rows]
        return [f"step {step}" if kind == "step_done" else kind for kind, step in kinds]

    def roll_out(self, to: str = "web1") -> list[BaseException]:
        """Deploy through the use case, and do what is planned for a step when it begins."""
        from tetra_es.usecases.deploy.rollouts import Rollouts

        app, fleet = App(), self

        class Listener(ServerConsole):
            def step(self, host: str, step: str) -> None:
                fleet.seen[step] = fleet.events(host)
                with exclusive(fleet.machine.folder / "store" / "lock", timeout=0):
                    pass  # nobody holds it while a server is worked on
                if step in fleet.before:
                    fleet.before.pop(step)()

        request = DeployRequest("dev", to.split())
        with app.workspace(Recording("release")) as workspace:
            rollouts = Rollouts(workspace, access_of(app), Listener())
            return rollouts.deploy(request, loader(app, ()), again="").errors


@pytest.fixture
def fleet(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    servers, tools = tmp_path / "servers", tmp_path / "bin"
    servers.mkdir()
    tools.mkdir()
    counted, git = tmp_path / "counted", shutil.which("git")
    (tools / "git").write_text(f'#!/bin/sh\necho "$*" >>{counted}\nexec {git} "$@"\n')
    (tools / "git").chmod(0o755)
    stand_in = (sys.executable, "-I", "-S", str(STAND_IN), str(servers))
    machine.env["TETRA_ES_SSH"] = shlex.join(stand_in)
    machine.ok("promote", "dev")
    machine.env["PATH"] = f"{tools}:{machine.environment()['PATH']}"
    for name, value in machine.environment().items():
        monkeypatch.setenv(name, value)
    return Fleet(machine, counted)


@pytest.fixture
def openings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The stores that are opened for writing."""
    found: list[Path] = []
    opening = History.__init__

    def counting(self: History, path: Path, *more: object, **named: bool) -> None:
        found.append(path)
        opening(self, path, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(History, "__init__", counting)
    return found


def test_a_deployment_opens_its_organization_once(fleet: Fleet, openings: list[Path]) -> None:
    fleet.machine.ok("rebuild")
    assert fleet.git_processes() > 0
    openings.clear()
    done = fleet.deploy()
    assert done.code == 0, done.err
    assert fleet.events() == DEPLOYED
    assert len(openings) == 1
    # A few commits are written without git; it is not started for each of the steps.
    assert fleet.git_processes() <= 2


@pytest.mark.parametrize("parallel", ["1", "3"])
def test_several_hosts_in_one_opening(fleet: Fleet, openings: list[Path], parallel: str) -> None:
    done = fleet.deploy("--parallel", parallel, to="web2 web3 web4")
    assert done.code == 0, done.err
    for host in ("web2", "web3", "web4"):
        assert fleet.events(host) == DEPLOYED
    assert len(openings) == 1
    assert fleet.git_processes() < len(DEPLOYED)  # of 27 events
    fleet.machine.ok("verify")


@LONG_TAIL
def test_only_the_service_that_reads_what_changed_is_restarted(fleet: Fleet) -> None:
    machine = fleet.machine
    machine.ok("set", "local", "services.worker.command=node worker.js")
    machine.ok("promote", "dev")
    first = fleet.deploy("-o", "json")
    assert first.json[0]["restarted"] == ["tetra-dev.service", "tetra-dev-worker.service"]
    machine.ok("set", "local", "services.worker.command=node worker.js --fast")
    machine.ok("promote", "dev")
    plan = fleet.deploy("--dry-run").out
    assert "  restart tetra-dev-worker.service\n" in plan
    assert "  leave tetra-dev.service running: nothing changes that it reads\n" in plan
    done = fleet.deploy("-o", "json")
    assert done.json[0]["restarted"] == ["tetra-dev-worker.service"]
    assert "restarted tetra-dev-worker.service; tetra-dev.service goes on, since" in done.err
    # What all may read.
    machine.ok("set", "local", "features.fast=true")
    machine.ok("promote", "dev")
    assert fleet.deploy("-o", "json").json[0]["restarted"] == first.json[0]["restarted"]


@LONG_TAIL
@pytest.mark.parametrize("poison", some(POISONS, 2))
def test_what_the_views_say_deploys_nothing(fleet: Fleet, poison: str) -> None:
    assert fleet.deploy().code == 0
    fleet.machine.ok("set", "local", "ports.tetra=5001")
    fleet.machine.ok("promote", "dev")
    lawful = fleet.deploy("--dry-run", "-o", "json")
    assert lawful.code == 0, lawful.err
    with closing(sqlite3.connect(fleet.machine.folder / "store/views.db")) as views:
        views.executescript(f"PRAGMA ignore_check_constraints = ON; {POISONS[poison]}")
    done = fleet.deploy("--dry-run", "-o", "json")
    assert done.code or done.out == lawful.out


def test_a_deployment_is_a_claim_before_the_server_is_touched_and_one_batch_of_facts(
    fleet: Fleet,
) -> None:
    assert fleet.roll_out() == []
    assert list(fleet.seen) == STEPS
    for step in STEPS:
        assert fleet.seen[step] == ["started"]
    assert fleet.events() == DEPLOYED
    with closing(sqlite3.connect(fleet.machine.store)) as store:
        states = [
            json.loads(state)
            for (state,) in store.execute(
                "SELECT CAST(state AS TEXT) FROM events WHERE topic LIKE 'deployment.%' "
                "ORDER BY position"
            )
        ]
    batches = [state["metadata"]["batch"] for state in states]
    assert batches == [[1, 1], *([number + 1, 8] for number in range(8))]
    times = [state["timestamp"] for state in states]
    assert times == sorted(times)
    assert len({*times}) == len(times), "each has the time at which it happened"
    recorded = {state["metadata"]["recorded"] for state in states[1:-1]}
    assert len(recorded) == 1
    assert min(recorded) > times[-2]


def test_mirror_and_views_have_it_all_in_the_end(fleet: Fleet) -> None:
    assert fleet.roll_out() == []
    fleet.git_processes()
    subjects = fleet.machine.git("log", "--format=%s", "-n", "9").splitlines()
    assert len([line for line in subjects if "web1" in line]) == 9
    (row,) = fleet.machine.ok("status", "-o", "json").json["servers"]
    assert (row["host"], row["outcome"]) == ("web1", "serving")
    fleet.machine.ok("rebuild", "--check")


@LONG_TAIL
def test_a_date_in_the_future_ends_a_rollout_and_loses_nothing(fleet: Fleet) -> None:
    """Where it arrives while a host is deployed to: that ends and is recorded, the next is left."""

    ahead = "2099-01-01T00:00:00.000000Z"
    fleet.before["switch"] = lambda: record_dated(
        fleet.machine, ahead, "set", "local", "ports.tetra=5555"
    )
    (error,) = fleet.roll_out("web1 web2")
    assert "is dated in the future" in str(error)
    assert fleet.events("web1") == DEPLOYED
    assert fleet.events("web2") == []
    assert not [*(fleet.machine.home / ".local/state/tetra-es").glob("*/waiting/*")]
    assert fleet.deploy("--clock-was-wrong", "-m", "nobody set it", to="web2").code == 0
    assert fleet.events("web2") == DEPLOYED
    fleet.machine.ok("verify")


def test_what_others_record_meanwhile_is_kept(fleet: Fleet) -> None:
    fleet.before["switch"] = lambda: fleet.machine.forked().process(
        "set", "local", "ports.tetra=5555"
    )
    assert fleet.roll_out() == []
    assert fleet.events() == DEPLOYED
    assert "tetra = 5555" in fleet.machine.ok("show", "local").out
    fleet.machine.ok("verify")


def test_a_rebuild_meanwhile(fleet: Fleet) -> None:
    """It replaces the views' file, which the deployment has open."""
    fleet.before["switch"] = lambda: fleet.machine.forked().process("rebuild")
    assert fleet.roll_out() == []
    with closing(sqlite3.connect(fleet.machine.folder / "store" / "views.db")) as views:
        ((last,),) = views.execute("SELECT max(position) FROM events")
    assert last == fleet.machine.last_position()
    fleet.machine.ok("rebuild", "--check")


@LONG_TAIL
def test_a_purge_meanwhile(fleet: Fleet) -> None:
    """It empties the write-ahead log, which the deployment has open, and rewrites the mirror."""
    recipient = fleet.machine.ok("identity", "new").out.strip()
    fleet.machine.ok("recipient", "add", "dev", "alice", recipient)
    for value in ("one", "two"):
        fleet.machine.ok("secret", "set", "dev", "KEY", stdin=value)
    purge = ("secret", "purge", "dev", "KEY", "--version", "1", "-m", "leaked")
    said: list[Result] = []
    fleet.before["switch"] = lambda: said.append(fleet.machine.forked().process(*purge))
    assert fleet.roll_out() == []
    assert (said[0].code, fleet.events()) == (0, DEPLOYED)
    fleet.machine.ok("verify")
    fleet.machine.ok("rebuild", "--check")


def waiting(fleet: Fleet) -> list[Path]:
    """Return what waits in the state folder."""
    return sorted((fleet.machine.home / ".local/state/tetra-es").glob("*/waiting/*.json"))


def bob_of(fleet: Fleet, *limits: str) -> dict[str, str]:
    """Return the environment of another signer who shares the account."""
    keys = fleet.machine.home / "bob"
    fleet.machine.ok("signer", "new", env={"XDG_CONFIG_HOME": str(keys)})
    key = str(keys / "tetra-es" / "id_ed25519.pub")
    more = [word for limit in limits for word in ("--may", limit)]
    fleet.machine.ok("signer", "add", "bob", key, *more)
    return {"XDG_CONFIG_HOME": str(keys), "TETRA_ACTOR": "bob"}


def test_what_a_signer_who_is_removed_meanwhile_did_is_recorded_by_another(fleet: Fleet) -> None:
    """What the key signs after that would not verify; the server keeps what it has."""
    bob = bob_of(fleet)
    fleet.before["switch"] = lambda: fleet.machine.forked().process(
        "signer", "rm", "alice", env=bob
    )
    (error,) = fleet.roll_out()
    assert "dev@1 serves on web1, but that could not be recorded: your key is not" in str(error)
    assert fleet.events() == ["started"]
    (file,) = waiting(fleet)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    fleet.machine.fails(3, "set", "local", "ports.tetra=5555")  # not a signer any more
    assert waiting(fleet) == [file]
    done = fleet.machine.ok("set", "local", "ports.tetra=5555", env=bob)
    assert "recorded what happened to dev on web1 as #" in done.err
    assert (fleet.events(), waiting(fleet)) == (DEPLOYED, [])
    fleet.machine.ok("verify")


def test_who_may_not_deploy_leaves_it_waiting(fleet: Fleet) -> None:
    bob = bob_of(fleet, "edit:local")
    fleet.before["confirm"] = lambda: fleet.machine.store.rename(away)
    away = fleet.machine.store.with_name("away.db")
    fleet.roll_out()
    away.rename(fleet.machine.store)
    done = fleet.machine.ok("set", "local", "ports.tetra=5555", env=bob)
    (file,) = waiting(fleet)
    assert f"cannot record what is in {file}: " in done.err
    assert "deploy:dev" in done.err
    assert fleet.events() == ["started"]
    fleet.machine.ok("set", "local", "ports.tetra=5556", "--dry-run")
    assert fleet.events() == ["started"]
    fleet.machine.ok("set", "local", "ports.tetra=5556")
    assert fleet.events() == DEPLOYED


def test_a_store_that_is_moved_away_meanwhile(fleet: Fleet) -> None:
    """What would be written to it is gone with it, so it does not count as recorded."""
    store = fleet.machine.store
    away = store.with_name("away.db")
    fleet.before["confirm"] = lambda: store.rename(away)
    (error,) = fleet.roll_out()
    away.rename(store)
    assert "serves on web1, but that could not be recorded" in str(error)
    assert "moved or replaced" in str(error)
    assert fleet.events() == ["started"]
    done = fleet.deploy()
    assert done.code == 0, done.err
    assert "cut short" not in done.err
    assert fleet.events() == DEPLOYED  # what waited; there was nothing more to do
    fleet.machine.ok("verify")


def test_a_state_folder_that_keeps_nothing_stops_no_recording(fleet: Fleet) -> None:
    (pins,) = (fleet.machine.home / ".local/state/tetra-es").glob("*/pin.json")
    (pins.parent / "waiting").write_text("in the way")
    assert fleet.roll_out() == []
    assert fleet.events() == DEPLOYED


def test_what_waits_is_recorded_once(fleet: Fleet) -> None:
    """A process may be killed between recording it and removing the file."""
    store = fleet.machine.store
    away = store.with_name("away.db")
    fleet.before["confirm"] = lambda: store.rename(away)
    fleet.roll_out()
    away.rename(store)
    (file,) = waiting(fleet)
    kept = file.read_bytes()
    fleet.machine.ok("set", "local", "ports.tetra=5555")
    file.write_bytes(kept)
    fleet.machine.ok("set", "local", "ports.tetra=5556")
    assert (fleet.events(), waiting(fleet)) == (DEPLOYED, [])


def test_a_failure_that_waits_is_recorded_once(fleet: Fleet) -> None:
    """The deployment stays open with it: the server has not told yet how that ended."""
    store, server = fleet.machine.store, fleet.counted.parent / "servers" / "web1"
    away = store.with_name("away.db")

    def lose() -> None:
        store.rename(away)
        (server / "down").touch()
        (server / "on-healthy").write_text("kill -9 $PPID\n")

    fleet.before["health"] = lose
    (error,) = fleet.roll_out()
    away.rename(store)
    assert "the next deployment asks it; that could not be recorded" in str(error)
    (file,) = waiting(fleet)
    kept = file.read_bytes()
    for port in ("5555", "5556"):
        fleet.machine.ok("set", "local", f"ports.tetra={port}")
        assert (fleet.events()[-1], fleet.events().count("failed")) == ("failed", 1)
        file.write_bytes(kept)


LAWFUL = {"environment": "dev", "host": "web1", "correlation": "c", "reason": ""}


@pytest.mark.parametrize(
    "content",
    some(
        [
            b"",
            b"{}",
            b"[1]",
            json.dumps(LAWFUL | {"facts": [["stopped", "no time", {}]]}).encode(),
            json.dumps(LAWFUL | {"facts": [["no such", NOON, {}]]}).encode(),
            json.dumps(LAWFUL | {"facts": [["stopped", NOON, {"services": 5}]]}).encode(),
            json.dumps(LAWFUL | {"host": "a\nb", "facts": [["stopped", NOON, {}]]}).encode(),
            json.dumps(LAWFUL | {"environment": "../x", "facts": []}).encode(),
        ],
        2,
    ),
)
def test_a_damaged_file_stops_nothing(fleet: Fleet, content: bytes) -> None:
    assert fleet.deploy().code == 0
    (pins,) = (fleet.machine.home / ".local/state/tetra-es").glob("*/pin.json")
    (pins.parent / "waiting").mkdir(exist_ok=True)
    file = pins.parent / "waiting" / "x.json"
    file.write_bytes(content)
    link = file.with_name("y.json")
    link.symlink_to("/etc/passwd")
    os.mkfifo(file.with_name("z.json"))
    done = fleet.machine.ok("set", "local", "ports.tetra=5555")
    for one in ("x", "y", "z"):
        assert f"cannot read {file.with_name(f'{one}.json')}" in done.err
    assert file.exists()


def test_a_process_that_dies_leaves_it_to_the_server_to_tell(fleet: Fleet) -> None:
    class Killed(BaseException):
        """Nothing catches it."""

    def die() -> None:
        raise Killed

    fleet.before["health"] = die
    with pytest.raises(Killed):
        fleet.roll_out()
    assert fleet.events() == ["started"]
    (row,) = fleet.machine.ok("status", "-o", "json").json["servers"]
    assert row["outcome"] == "under way"
    fleet.machine.ok("rebuild", "--check")
    done = fleet.deploy()
    assert done.code == 0, done.err
    assert "web1: the deployment before was cut short" in done.err
    assert fleet.events()[1:] == ["failed", *DEPLOYED]


def test_a_failure_is_the_end_of_its_batch(fleet: Fleet) -> None:
    done = fleet.deploy("--parallel", "2", "-o", "json", to="web1 sick web2")
    assert done.code == 5
    assert [(row["host"], row["outcome"]) for row in done.json] == [
        ("web1", "serving"),
        ("sick", "failed"),
    ]
    assert "web2: not tried" in done.err
    assert fleet.events("web1") == DEPLOYED
    assert fleet.events("sick")[-2:] == ["failed", "reverted"]
    assert fleet.events("web2") == []
    fleet.machine.ok("verify")


@LONG_TAIL
def test_when_one_host_fails_the_others_get_back_what_they_had(fleet: Fleet) -> None:
    machine = fleet.machine
    recipient = machine.ok("identity", "new").out.strip()
    machine.ok("recipient", "add", "dev", "alice", recipient)
    machine.ok("secret", "set", "dev", "KEY", stdin="one")
    assert fleet.deploy(to="web1").code == 0
    machine.ok("secret", "set", "dev", "KEY", stdin="two")
    machine.ok("set", "local", "features.fast=true")
    machine.ok("promote", "dev")
    done = fleet.deploy("--rollback-all", "-o", "json", to="web1 web2 sick web3")
    assert done.code == 5
    rows = [(row["host"], row["outcome"]) for row in done.json]
    assert rows == [("web1", "returned"), ("web2", "returned"), ("sick", "failed")]
    assert "web1: goes back to dev@1\n" in done.err
    assert "web2: goes back to nothing\n" in done.err
    assert "web3: not tried" in done.err
    # With the secret of then; what had nothing has nothing again.
    started = machine.history("dev", "--type", "deployment.started")
    event = machine.ok("event", str(started[1]["event"]), "-o", "json").json
    assert event["state"]["revision"] == 1
    assert [secret[:2] for secret in event["state"]["secrets"]] == [["KEY", 1]]
    runs = {
        row["host"]: row["running"] for row in machine.ok("status", "-o", "json").json["servers"]
    }
    assert runs["web1"] == "dev@1"
    assert fleet.events("web2")[-2:] == ["healthy", "host.uninstalled"]
    machine.ok("verify")


def test_what_runs_before_the_switch_is_shown_without_secrets(fleet: Fleet, tmp_path: Path) -> None:
    machine, web1 = fleet.machine, tmp_path / "servers" / "web1"
    recipient = machine.ok("identity", "new").out.strip()
    machine.ok("recipient", "add", "dev", "alice", recipient)
    machine.ok("secret", "set", "dev", "KEY", stdin="s3cret-value")
    machine.ok("set", "local", "services.tetra.release_command=node migrate.js")
    machine.ok("promote", "dev")
    web1.mkdir()
    (web1 / "prints").write_text("as me:s3cret-value\n\x1b[2J\n")
    (web1 / "old").touch()
    assert "  run for tetra before the switch: node migrate.js" in fleet.deploy("--dry-run").out
    done = fleet.deploy()
    assert done.code == 5
    assert "web1: tetra: | as me:***\n" in done.err
    assert "web1: tetra: | \\x1b[2J\n" in done.err
    assert "release-command: the release command of tetra ended with 1" in done.err
    assert fleet.events()[-4:] == ["step stage", "step arm", "failed", "reverted"]
    (web1 / "old").unlink()
    assert fleet.deploy().code == 0
    assert fleet.events()[-6:-4] == ["step release-command", "step switch"]
    found = [path for path in machine.home.rglob("*") if path.is_file()]
    assert not [path for path in found if b"s3cret-value" in path.read_bytes()]
    machine.ok("verify")


def test_what_a_host_had_of_others_is_not_given_back(fleet: Fleet, tmp_path: Path) -> None:
    web1 = tmp_path / "servers" / "web1"
    web1.mkdir()
    (web1 / "foreign").touch()
    done = fleet.deploy("--replace-unmanaged", "--rollback-all", "-o", "json", to="web1 sick")
    assert done.code == 5
    assert [row["outcome"] for row in done.json] == ["serving", "failed"]
    assert "web1 could not go back: it had files that tetra-es did not deploy" in done.err


@LONG_TAIL
def test_secrets_that_a_server_has_otherwise_are_named(fleet: Fleet, tmp_path: Path) -> None:
    machine, web1 = fleet.machine, tmp_path / "servers" / "web1"
    (machine.home / "alice").write_text(machine.ok("identity", "new").out)
    machine.ok("recipient", "add", "dev", "alice", str(machine.home / "alice"))
    (machine.home / "env").write_text("ONE=same\nTWO=newer-value\n")
    machine.ok("secret", "import", "dev", str(machine.home / "env"))
    web1.mkdir()
    (web1 / "foreign").touch()
    (web1 / "env").write_text("ONE='same'\nTWO=older-value\nMORE=third-value\n")
    takes = "`tetra-es secret import dev --from-host web1` takes"
    refused = fleet.deploy()
    assert refused.code == 3
    assert "/dev.env (would lose MORE; has other values of TWO)" in refused.error()
    assert f"; first, {takes} the variables" in refused.hint()
    planned = fleet.deploy("--dry-run", "--replace-unmanaged")
    assert "/dev.env (would lose MORE; has other values of TWO)\n" in planned.out
    done = fleet.deploy("--replace-unmanaged")
    assert done.code == 0
    said = done.err.splitlines()
    at = next(at for at, line in enumerate(said) if "other values of TWO; those" in line)
    assert said[at + 1] == f"tetra-es: hint: {takes} those that are there now"
    assert at < said.index("tetra-es: web1: preflight")
    machine.ok(*shlex.split(said[at + 1].split("`")[1])[1:])
    assert machine.ok("secret", "get", "dev", "TWO").out == "older-value"
    for each in (refused, planned, done):
        assert "-value" not in each.out + each.err


def test_a_canary_and_pauses(fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine, pauses = fleet.machine, list[float]()
    monkeypatch.setattr(batches, "time", SimpleNamespace(sleep=pauses.append))
    pace = ("deployment.batch=2", "deployment.pause=1", "deployment.canary=1")
    machine.ok("set", "profile", "dev", *pace)
    machine.ok("promote", "dev")
    done = fleet.deploy(to="web1 web2 web3")
    assert done.code == 0, done.err
    said = [line for line in done.err.splitlines() if "pause of" in line or "serves" in line]
    assert said[0].endswith("web1: dev@2 serves")
    assert "pause of 1 s" in said[1]
    assert len(said) == 4
    # The canary dies in the pause: it is asked again, and that is the end.
    (tmp_path / "servers" / "web1" / "stopped").touch()
    done = fleet.deploy("--pause", "1", "--canary", "1", "--at", "dev@1", to="web4 web1 web2")
    assert done.code == 0, done.err
    (tmp_path / "servers" / "web4" / "on-confirm").write_text('touch "${0%/*}/sick"\n')
    machine.ok("set", "local", "features.fast=true")
    machine.ok("promote", "dev")
    done = fleet.deploy("--pause", "1", to="web4 web2 web3")
    assert done.code == 5
    assert "dev@3 did not stay well on web4: tetra: 503" in done.err
    assert "web2: not tried" in done.err
    assert pauses == [1, 1, 1, 1]
    assert fleet.deploy("--pause", "0", to="web2 web3").code == 0
    assert len(pauses) == 4


@pytest.mark.parametrize(
    ("key", "must"),
    [("batch=0", "from 1 to 64"), ("pause=-1", "from 0 to 3600"), ('canary="1"', "from 0 to 64")],
)
def test_a_pace_that_is_none(machine: Machine, key: str, must: str) -> None:
    assert must in machine.fails(1, "set", "profile", "dev", f"deployment.{key}").error()


def start_interrupted(
    fleet: Fleet, *paths: Path, terminal: bool, more: str = ""
) -> subprocess.Popen[str]:
    """Deploy to web1 and web2 at a time, and interrupt that when all the paths are there."""
    words = f"deploy dev --parallel 2 {more} --to web1 --to web2"
    process = subprocess.Popen(
        fleet.machine.argv(*words.split()),
        env=fleet.machine.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=default_signals,
    )
    until(lambda: all(path.exists() for path in paths))
    (os.killpg if terminal else os.kill)(process.pid, signal.SIGINT)
    assert process.stderr is not None
    while "interrupted: each server" not in (line := process.stderr.readline()):
        assert line
    return process


@pytest.mark.parametrize(
    "terminal", some([True, False], 1), ids=lambda terminal: "terminal" if terminal else "alone"
)
def test_an_interrupt_while_several_servers_are_reached(
    fleet: Fleet, tmp_path: Path, terminal: bool
) -> None:
    """Whether ssh gets the signal, too, as in a terminal, or not."""
    servers = [tmp_path / "servers" / host for host in ("web1", "web2")]
    for server in servers:
        server.mkdir()
        (server / "slow").touch()
    before = fleet.machine.last_position()
    process = start_interrupted(fleet, *(one / "asked" for one in servers), terminal=terminal)
    for server in servers:
        (server / "slow").unlink()
    _, err = process.communicate(timeout=HANG)
    assert process.returncode == 130, err
    assert err.splitlines()[-1] == "tetra-es: error: interrupted; nothing was recorded"
    assert fleet.machine.last_position() == before


@LONG_TAIL
def test_an_interrupt_while_one_server_is_reached_and_another_one_restarts(
    fleet: Fleet, tmp_path: Path
) -> None:
    web1, web2 = (tmp_path / "servers" / host for host in ("web1", "web2"))
    for server, word in ((web1, "slow"), (web2, "reverts")):
        server.mkdir()
        (server / word).touch()
    hanging = web2 / "on-healthy"
    hanging.write_text('touch "$0.here"; while [ -e "$0" ]; do sleep 0.05; done\n')
    process = start_interrupted(fleet, web1 / "asked", web2 / "on-healthy.here", terminal=False)
    hanging.unlink()
    (web1 / "slow").unlink()
    _, err = process.communicate(timeout=HANG)
    assert process.returncode == 5, err
    assert "tetra-es: and: interrupted" in err
    assert "error: dev@1 is not on web2: health: " in err
    assert "it has its previous state again" in err
    assert fleet.events("web1") == []
    assert fleet.events("web2")[-2:] == ["failed", "reverted"]
    fleet.machine.ok("verify")


@LONG_TAIL
def test_after_an_interrupt_the_others_go_back_where_one_has_failed(
    fleet: Fleet, tmp_path: Path
) -> None:
    web1, web2 = (tmp_path / "servers" / host for host in ("web1", "web2"))
    for server, word in ((web1, "slow"), (web2, "reverts")):
        server.mkdir()
        (server / word).touch()
    hanging = web2 / "on-healthy"
    hanging.write_text('touch "$0.here"; while [ -e "$0" ]; do sleep 0.05; done\n')
    paths = web1 / "asked", web2 / "on-healthy.here"
    more = "--canary 1 --rollback-all --to web0"
    process = start_interrupted(fleet, *paths, terminal=False, more=more)
    hanging.unlink()
    (web1 / "slow").unlink()
    _, err = process.communicate(timeout=HANG)
    assert process.returncode == 5, err
    assert "error: dev@1 is not on web2: health: " in err
    assert "web0: goes back to nothing" in err
    assert fleet.events("web0")[-2:] == ["healthy", "host.uninstalled"]


def test_a_half_typed_source_stops_no_deployment(fleet: Fleet) -> None:
    source = fleet.machine.toml("local")
    source.write_text(source.read_text() + "\n[half\n")
    for more in (["--dry-run"], []):
        done = fleet.deploy(*more)
        assert done.code == 0, done.err
        assert "environments/local.toml has changes that are not recorded" in done.err
    assert fleet.events() == DEPLOYED


@pytest.mark.parametrize(
    ("command", "head"),
    [
        ("health", "host,service,unit,port,healthy,status"),
        ("drift", "host,subject,difference"),
        ("daemon status", "host,unit,active,sub,enabled,pid,restarts,since,result"),
        ("doctor", "name,result,what,remedy"),
    ],
)
def test_listings_of_servers_as_csv(fleet: Fleet, command: str, head: str) -> None:
    fleet.deploy()
    done = fleet.machine.run(*command.split(), "dev", "--to", "web1", "-o", "csv")
    assert done.out.splitlines()[0] == head


def test_a_host_that_answers_nonsense_is_the_only_one_that_fails(
    fleet: Fleet, tmp_path: Path
) -> None:
    web1 = tmp_path / "servers" / "web1"
    web1.mkdir()
    (web1 / "reverts").touch()
    (web1 / "on-healthy").write_text("echo health x; echo ok\n")
    done = fleet.deploy("--parallel", "2", "-o", "json", to="web1 web2")
    assert done.code == 5
    assert [row["outcome"] for row in done.json] == ["failed", "serving"]
    nonsense = "health: what it answers is not an agent's answer"
    assert f"is not on web1: {nonsense}; it has its previous state again" in done.error()
    assert fleet.events("web1")[-2:] == ["failed", "reverted"]
    assert fleet.events("web2") == DEPLOYED
    (web1 / "on-health").write_text("echo health; echo ok\n")
    (web1 / "on-healthy").unlink()
    assert fleet.deploy(to="web1").code == 0
    asked = fleet.machine.fails(1, "health", "dev", "--to", "web1", "--to", "web2")
    assert "web2  tetra" in asked.out
    assert asked.error() == f"web1: {nonsense}"

"""The application's code: which commit a server has, and what is said of it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT
from tests.examples import some
from tests.servers.fake_server import EACH_SHELL, SHELLS
from tetra_es.remote.program import agent

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine

STAND_IN = ROOT / "tests" / "servers" / "ssh.py"
OLD, NEW = "a" * 40, "b" * 40


def git(folder: Path, *words: str) -> str:
    user = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    done = subprocess.run(
        ["git", *user, "-C", str(folder), *words], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def say_code(shell: str, folder: Path) -> str:
    """Return what the agent says of the code in a folder."""
    program = agent().rpartition("\numask 077\n")[0]
    done = subprocess.run(
        [*SHELLS[shell], "-c", f"{program}\nexec 4>&1\nset -u\nsay_code '{folder}'"],
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("shell", some(EACH_SHELL, 1))
def test_the_agent_knows_the_commit(shell: str, tmp_path: Path) -> None:
    source, ran = tmp_path / "tetra", tmp_path / "ran"
    source.mkdir()
    assert say_code(shell, source) == ""
    git(source, "init", "-q")
    assert say_code(shell, source) == ""
    (source / "server.js").write_text("1\n")
    git(source, "add", ".")
    git(source, "commit", "-q", "-m", "a")
    # What the repository's configuration would have git run is not run.
    git(source, "config", "core.fsmonitor", f"touch {ran};")
    (source / "env").mkdir()
    (source / "env/dev.env").write_text("KEY=1\n")
    commit = git(source, "rev-parse", "HEAD")
    ran.unlink(missing_ok=True)
    assert say_code(shell, source) == f"code {commit} no\n"
    (source / "server.js").write_text("2\n")
    assert say_code(shell, source) == f"code {commit} yes\n"
    assert not ran.exists()


def test_the_code_is_recorded_and_compared(machine: Machine, tmp_path: Path) -> None:
    host = tmp_path / "servers/web1"
    host.mkdir(parents=True)
    stand_in = (sys.executable, "-I", "-S", str(STAND_IN), str(tmp_path / "servers"))
    machine.env["TETRA_ES_SSH"] = shlex.join(stand_in)
    machine.ok("promote", "dev")

    def has(commit: str, dirty: str = "no") -> None:
        (host / "code").write_text(f"{commit} {dirty}\n")

    def recorded() -> list[object]:
        rows = machine.history("dev", "--type", "deployment.started")
        return [
            machine.ok("event", str(row["event"]), "-o", "json").json["state"]["code"]
            for row in rows
        ]

    machine.ok("deploy", "dev", "--to", "web1")
    assert recorded() == [None]
    has(OLD, "yes")
    rows = machine.ok("deploy", "dev", "--to", "web1", "--restart", "-o", "json").json
    assert rows[0]["restarted"] == ["tetra-dev.service"]
    old = {"commit": OLD, "dirty": True}
    assert [(row["outcome"], row["code"]) for row in rows] == [("serving", old)]
    assert recorded() == [old, None]
    (found,) = machine.fails(3, "findings", "--kind", "drift", "-o", "json").json
    assert found["what"] == f"its code was changed there since commit {OLD[:12]}"
    assert "code" not in machine.ok("deploy", "dev", "--to", "web1").err
    (host / "changed").touch()
    refused = machine.fails(3, "deploy", "dev", "--to", "web1", "--restart")
    assert refused.hint().startswith("`tetra-es deploy dev --to web1 --restart --replace-drift`")
    (host / "changed").unlink()

    has(NEW)
    done = machine.ok("deploy", "dev", "--to", "web1")
    assert f"newer commit of the code on the server: {NEW[:12]}, and {OLD[:12]} (cha" in done.err
    assert done.hint().startswith("`tetra-es deploy dev --to web1 --restart`")
    machine.ok("deploy", "dev", "--to", "web1", "--restart")
    assert recorded()[0] == {"commit": NEW, "dirty": False}
    assert "no findings" in machine.ok("findings", "--kind", "drift").err

    machine.ok("set", "local", "ports.tetra=5555")
    machine.ok("promote", "dev")
    machine.ok("set", "profile", "dev", 'deployment.hosts=["web1"]')
    machine.ok("promote", "dev")
    machine.ok("deploy", "dev")
    done = machine.ok("rollback", "dev", "--deploy")
    says = f"web1: a rollback does not bring back the application's code; {NEW[:12]} runs"
    assert says in done.err


def test_a_restart_waits_for_health(machine: Machine, tmp_path: Path) -> None:
    host = tmp_path / "servers/web1"
    host.mkdir(parents=True)
    stand_in = (sys.executable, "-I", "-S", str(STAND_IN), str(tmp_path / "servers"))
    machine.env["TETRA_ES_SSH"] = shlex.join(stand_in)
    machine.ok("set", "local", "health.deadline=1")
    machine.ok("promote", "dev")
    machine.ok("deploy", "dev", "--to", "web1")
    machine.ok("daemon", "restart", "dev")
    (host / "sick").touch()
    failed = machine.run("daemon", "restart", "dev")  # which is recorded all the same
    assert failed.code == 1
    assert failed.error() == "tetra on web1 is not healthy: 503"
    machine.ok("daemon", "stop", "dev")

"""`ci`: what it writes runs, keeps keys to itself and leaves nothing behind."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Machine


def run(machine: Machine, script: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Run a script as CI does: no home with keys in it, `tetra-es` on the path."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "tetra-es"
    arguments = " ".join(machine.argv())
    command.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$*" >> {tmp_path}/seen\nexec {arguments} "$@"\n'
    )
    command.chmod(0o755)
    memory = tmp_path / "memory"
    memory.mkdir()
    env = machine.environment()
    key = (machine.home / ".config/tetra-es/id_ed25519").read_text()
    env |= {
        "PATH": f"{command.parent}:{env['PATH']}:{Path(sys.executable).parent}",
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(memory),
        "TETRA_DIR": str(machine.folder.parent.parent),
        "TETRA_SIGNING_KEY": key,
        "TETRA_SSH_KEY": "the ssh key",
        "TETRA_KNOWN_HOSTS": "dev-server ssh-ed25519 AAAA",
        "TETRA_REASON": "build 1201",
    }
    env.pop("XDG_CONFIG_HOME", None)
    done = subprocess.run(
        ["/bin/sh"], input=script, env=env, capture_output=True, text=True, check=False
    )
    assert list(memory.iterdir()) == []
    assert key.splitlines()[1] not in done.stdout + done.stderr + (tmp_path / "seen").read_text()
    return done


@pytest.mark.parametrize("kind", ["script", "github"])
def test_it_promotes_and_then_deploys(machine: Machine, tmp_path: Path, kind: str) -> None:
    text = machine.ok("ci", kind, "dev").out
    if kind == "github":
        text = textwrap.dedent(text.partition("run: |\n")[2])
    done = run(machine, text, tmp_path)
    # There is no host to deploy to: that is where it stops.
    assert done.returncode == 2, done.stderr
    assert "dev names no host" in done.stderr
    assert machine.history("-n", "1")[0]["reason"] == "build 1201"
    assert machine.history("-n", "1")[0]["type"] == "environment.promoted"
    assert [line.split()[1] for line in (tmp_path / "seen").read_text().splitlines()] == [
        "promote",
        "deploy",
    ]


def test_the_workflow_asks_for_no_more_than_it_needs(machine: Machine) -> None:
    text = machine.ok("ci", "github", "dev", "--branch", "release/2.x").out
    assert "permissions: {}" in text
    assert 'branches: ["release/2.x"]' in text
    assert "cancel-in-progress: false" in text
    assert "StrictHostKeyChecking=yes" in text
    assert "@" not in text.replace("@acme", "")
    for branch in ("a]b", "-x", "a b", "a\nb", "a..b", "$(x)"):
        machine.fails(2, "ci", "github", "dev", "--branch", branch)


def test_there_must_be_such_an_environment(machine: Machine) -> None:
    assert "unknown environment" in machine.fails(2, "ci", "github", "nope").error()


def test_a_file_is_not_replaced_unasked(machine: Machine, tmp_path: Path) -> None:
    path = tmp_path / "ci" / "deploy.sh"
    machine.ok("ci", "script", "dev", "--output", str(path))
    assert path.stat().st_mode & 0o777 == 0o755
    assert (
        "is there already" in machine.fails(3, "ci", "script", "dev", "--output", str(path)).error()
    )
    machine.ok("ci", "script", "dev", "--output", str(path), "--force")
    assert (
        "cannot write" in machine.fails(1, "ci", "script", "dev", "--output", f"{path}/x").error()
    )
    if shellcheck := shutil.which("shellcheck"):
        subprocess.run([shellcheck, "-s", "sh", str(path)], check=True)

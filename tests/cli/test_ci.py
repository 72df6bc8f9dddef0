"""`ci`: what it writes runs, keeps keys to itself and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.needs import cannot, needs
from tetra_es.gate.pins.sharing import Sharing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Machine

SHARED = "/dev/shm"  # noqa: S108 - where the script looks


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder on a tmpfs, empty before and after."""
    if not os.access(SHARED, os.W_OK):
        cannot(f"{SHARED} cannot be written to")
    with tempfile.TemporaryDirectory(dir=SHARED) as name:
        yield Path(name)
        assert list(Path(name).iterdir()) == []


def run(
    machine: Machine, script: str, tmp_path: Path, memory: Path, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a script as CI does: no home with keys in it, `tetra-es` on the path.

    `folder` is where organizations are, the machine's own by default.
    """
    (tmp_path / "bin").mkdir(exist_ok=True)
    command = tmp_path / "bin" / "tetra-es"
    arguments = " ".join(machine.forked().argv())
    command.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$*" >> {tmp_path}/seen\n'
        f'eval "set -- $TETRA_ES_SSH \\"\\$@\\""; cat "$3" > {tmp_path}/ssh_config\n'
        f'shift 3; exec {arguments} "$@"\n'
    )
    command.chmod(0o755)
    env = machine.environment()
    key = (machine.home / ".config/tetra-es/id_ed25519").read_text()
    env |= {
        "PATH": f"{command.parent}:{env['PATH']}:{Path(sys.executable).parent}",
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(memory),
        "TETRA_DIR": str(folder or machine.folder.parent.parent),
        "TETRA_SIGNING_KEY": key,
        "TETRA_SSH_KEY": "the ssh key",
        "TETRA_KNOWN_HOSTS": "dev-server ssh-ed25519 AAAA",
        "TETRA_REASON": "build 1201",
    }
    env.pop("XDG_CONFIG_HOME", None)
    if folder:
        env.pop("XDG_STATE_HOME", None)
    done = subprocess.run(
        ["/bin/sh"], input=script, env=env, capture_output=True, text=True, check=False
    )
    assert key.splitlines()[1] not in done.stdout + done.stderr + (tmp_path / "seen").read_text()
    return done


@pytest.mark.parametrize("kind", ["script", "github"])
def test_it_verifies_promotes_and_then_deploys(
    machine: Machine, tmp_path: Path, memory: Path, kind: str
) -> None:
    text = machine.ok("ci", kind, "dev").out
    if kind == "github":
        text = textwrap.dedent(text.partition("run: |\n")[2])
    done = run(machine, text, tmp_path, memory)
    # There is no host to deploy to: that is where it stops.
    assert done.returncode == 2, done.stderr
    assert "dev names no host" in done.stderr
    assert machine.history("-n", "1")[0]["reason"] == "build 1201"
    assert machine.history("-n", "1")[0]["type"] == "environment.promoted"
    assert [line.split()[1] for line in (tmp_path / "seen").read_text().splitlines()] == [
        "verify",
        "promote",
        "deploy",
    ]


def test_it_takes_a_shared_history_to_a_machine_that_never_saw_it(
    machine: Machine, tmp_path: Path, memory: Path
) -> None:
    shared = tmp_path / "history.git"
    subprocess.run(["git", "init", "-q", "--bare", shared], check=True)
    machine.ok("share", str(shared))
    script, runner = machine.ok("ci", "script", "dev").out, tmp_path / "runner"
    for key in ("first", "second"):
        machine.ok("set", "local", f'app.{key}="x"')
        done = run(machine, script, tmp_path, memory, runner)
        assert "dev names no host" in done.stderr
    seen = (tmp_path / "seen").read_text().splitlines()
    assert [line.split()[1] for line in seen] == [
        *("clone", "verify", "promote", "deploy"),
        *("pull", "verify", "promote", "deploy"),
    ]
    machine.ok("pull")
    assert 'second = "x"' in machine.ok("show", "dev").out
    machine.ok("verify")


def test_it_goes_on_after_a_clone_that_was_killed(
    machine: Machine, tmp_path: Path, memory: Path
) -> None:
    shared, runner = tmp_path / "history.git", tmp_path / "runner"
    subprocess.run(["git", "init", "-q", "--bare", shared], check=True)
    machine.ok("share", str(shared))
    (runner / "org" / machine.org / "store" / "restoring-1").mkdir(parents=True)
    done = run(machine, machine.ok("ci", "script", "dev").out, tmp_path, memory, runner)
    assert "dev names no host" in done.stderr


def test_what_a_person_promotes_is_deployed(machine: Machine) -> None:
    for kind in ("github", "script"):
        assert " promote " not in machine.ok("ci", kind, "prod").out
        assert " promote prod " in machine.ok("ci", kind, "prod", "--promote").out
    assert "schedule:" in machine.ok("ci", "github", "prod").out
    assert 'branches: ["main"]' in machine.ok("ci", "github", "prod", "--branch", "main").out


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://bob:hunter2@example.org/a.git", "https://example.org/a.git"),
        ("https://example.org/a@b.git", "https://example.org/a@b.git"),
        ("ssh://git@example.org/a.git", "ssh://git@example.org/a.git"),
        ("git@example.org:a.git", "git@example.org:a.git"),
    ],
)
def test_no_password_gets_into_a_file_that_is_committed(address: str, shown: str) -> None:
    assert Sharing(address).without_password == shown


@needs("ssh")
def test_ssh_gets_hosts_from_the_configuration_and_keys_from_the_secrets(
    machine: Machine, tmp_path: Path, memory: Path
) -> None:
    run(machine, machine.ok("ci", "script", "dev").out, tmp_path, memory)
    text = (tmp_path / "ssh_config").read_text()
    for name, content in {
        "~/.ssh/config": (
            "Host web\n HostName 10.0.0.5\n Port 2222\n ProxyJump bastion\n"
            " IdentityFile /their/key\n IdentityAgent /their/agent\n StrictHostKeyChecking no\n"
            " UserKnownHostsFile /their/hosts\n ControlPath /their/socket\nHost other\n User x\n"
        ),
        "/etc/ssh/ssh_config": "Host *\n User deployer\n GlobalKnownHostsFile /their/hosts\n",
    }.items():
        file = tmp_path / name.replace("/", "_")
        file.write_text(content)
        assert f"Include {name}\n" in text
        text = text.replace(name, str(file))
    (tmp_path / "config").write_text(text)
    done = subprocess.run(
        ["ssh", "-G", "-F", tmp_path / "config", "web"], capture_output=True, text=True, check=True
    )
    (folder,) = {line.split('"')[1].rpartition("/")[0] for line in text.split("\n") if '"' in line}
    assert Path(folder).parent == memory
    found = done.stdout.splitlines()
    assert next(line for line in found if line.startswith("identityfile ")).endswith("/ssh_key")
    assert {
        "hostname 10.0.0.5",
        "port 2222",
        "user deployer",
        "proxyjump bastion",
        "identitiesonly yes",
        "identityagent none",
        f"userknownhostsfile {folder}/known_hosts",
        "globalknownhostsfile /dev/null",
    } <= set(found)
    assert {"stricthostkeychecking yes", "stricthostkeychecking true"} & set(found)
    assert not [line for line in found if line.startswith("controlpath /")]


@pytest.mark.parametrize("there", ["missing", "a disk", "unset"])
def test_keys_are_written_to_memory_or_not_at_all(
    machine: Machine, tmp_path: Path, there: str
) -> None:
    text = machine.ok("ci", "script", "dev").out.partition("\nmkdir ")[0] + '\necho "$folder"\n'
    disk = tmp_path / "disk"
    disk.mkdir()
    runtime = {"missing": "/no/such/folder", "a disk": str(disk), "unset": None}[there]
    env = {"PATH": os.environ["PATH"]} | ({"XDG_RUNTIME_DIR": runtime} if runtime else {})
    # What the script sees is this machine's; that a folder is on a disk, the test says.
    stat = tmp_path / "bin" / "stat"
    stat.parent.mkdir()
    stat.write_text(
        f'#!/bin/sh\ncase $5 in {SHARED}) echo "$SHARED" ;; *) echo ext2/ext3 ;; esac\n'
    )
    stat.chmod(0o755)
    env["PATH"] = f"{stat.parent}:{env['PATH']}"

    def done(shared: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", "-c", text],
            env={**env, "SHARED": shared},
            capture_output=True,
            text=True,
            check=False,
        )

    if os.access(SHARED, os.W_OK):
        assert done("tmpfs").stdout.startswith(f"{SHARED}/tetra-es-ci.")
    refused = done("overlayfs")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.count("\n") == 1
    assert "no memory for keys" in refused.stderr
    assert list(disk.iterdir()) == []


def test_no_name_means_something_else_to_yaml(machine: Machine) -> None:
    machine.ok("env", "add", "null", "--profile", "dev")
    text = machine.ok("ci", "github", "null", "--promote").out
    assert 'environment: "null"\n' in text
    assert 'branches: ["null"]\n' in text
    assert 'name: "Deploy null"\n' in text


def test_the_workflow_asks_for_no_more_than_it_needs(machine: Machine) -> None:
    text = machine.ok("ci", "github", "dev", "--branch", "release/2.x").out
    assert "permissions: {}" in text
    assert 'branches: ["release/2.x"]' in text
    assert "cancel-in-progress: false" in text
    assert "StrictHostKeyChecking yes" in text
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


@needs("shellcheck")
def test_shellcheck_finds_nothing(machine: Machine, tmp_path: Path) -> None:
    path = tmp_path / "deploy.sh"
    machine.ok("ci", "script", "dev", "--output", str(path))
    done = subprocess.run(["shellcheck", "-s", "sh", path], capture_output=True, check=False)
    assert done.stdout == b""


@pytest.mark.parametrize("kind", ["github", "script"])
def test_nothing_is_written_for_what_no_server_gets(machine: Machine, kind: str) -> None:
    refused = machine.fails(3, "ci", kind, "local")
    assert refused.error().startswith("local is the source of truth")
    assert refused.out == ""

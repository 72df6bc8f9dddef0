"""Events that an agent's key signed: one signature for a batch, and everybody takes them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT
from tests.machine import Machine
from tests.needs import need

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def alice(tmp_path: Path) -> Iterator[Machine]:
    """A machine whose signing key is an agent's alone."""
    need("ssh-agent", "ssh-keygen")
    key, place = tmp_path / "key", tmp_path / "agent"
    subprocess.run(["ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", str(key)], check=True)
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(place)], stdout=subprocess.PIPE) as agent:
        assert agent.stdout
        agent.stdout.readline()  # it listens
        env = {"SSH_AUTH_SOCK": str(place), "TETRA_SIGNING_KEY": f"{key}.pub"}
        path = {"PATH": os.environ["PATH"]}
        subprocess.run(["ssh-add", "-q", str(key)], check=True, env=env | path)
        key.unlink()
        yield Machine(tmp_path, env=env)
        agent.terminate()


def test_an_organization_whose_founder_signs_with_an_agent(alice: Machine) -> None:
    alice.ok("init", "acme")
    alice.ok("promote", "dev")
    bob = Machine(alice.home / "bob")
    bob.home.mkdir()
    line = bob.ok("identity", "line").out
    alice.ok("member", "add", "bob", "-", "--reads", "dev,staging", stdin=line)
    assert "chain, signatures, files, views and mirror agree" in alice.ok("verify").out

    first = json.loads(alice.ok("event", "1", "-o", "json").out)
    assert first["signed_at"] == 2
    second = json.loads(alice.ok("event", "2", "-o", "json").out)
    assert first["signature"] == second["signature"] != ""
    assert "by the signature of #2 over the batch" in alice.ok("event", "1").out
    for position in ("1", "2"):
        signature = alice.home / "signature"
        signature.write_text(alice.ok("event", position, "--signature").out)
        allowed = alice.home / "allowed"
        allowed.write_text(alice.ok("signer", "export").out)
        said = alice.ok("event", position, "--signed-bytes").out
        command = ["ssh-keygen", "-Y", "verify", "-n", "tetra-es-event", "-I", "alice"]
        command += ["-f", str(allowed), "-s", str(signature)]
        subprocess.run(command, input=said.encode(), check=True, stdout=subprocess.PIPE)

    verifier = [sys.executable, str(ROOT / "cli/tetra_es_verify.py"), str(alice.mirror)]
    assert subprocess.check_output(verifier, text=True).startswith("verified ")
    bob.ok("restore", "--from", str(alice.mirror))
    assert "chain, signatures, files, views and mirror agree" in bob.ok("verify").out


def test_without_the_agent_nothing_is_recorded(alice: Machine) -> None:
    alice.ok("init", "acme")
    done = alice.fails(1, "promote", "dev", env={"SSH_AUTH_SOCK": ""})
    assert done.error().endswith("its public half alone is there, and no SSH agent")
    row = alice.run("doctor").out.split("signing key")[1].split("\n")[0]
    assert " ok " in row
    assert " in the SSH agent" in row


def test_a_key_of_another_kind_is_added_by_its_line(alice: Machine) -> None:
    alice.ok("init", "acme")
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", str(alice.home / "other")], check=True
    )
    alice.ok("signer", "add", "bob", (alice.home / "other.pub").read_text())
    assert "ecdsa-sha2-nistp256" in alice.ok("signer", "list").out.split("bob", 1)[1]

"""Stock OpenSSH agrees with what counts as signed, in organizations of both editions."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.integrity.conftest import EVENTS
from tests.needs import needs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine


@pytest.fixture(params=["new_demo", "old_demo"])
def demo(request: pytest.FixtureRequest) -> Machine:
    """An organization, made by this edition and by the first."""
    machine: Machine = request.getfixturevalue(request.param)
    return machine


needs_ssh_keygen = needs("ssh-keygen")


def openssh_accepts(folder: Path, actor: str, message: str) -> bool:
    """Ask stock OpenSSH about the files `allowed_signers` and `sig` in a folder."""
    done = subprocess.run(
        [
            *("ssh-keygen", "-Y", "verify", "-n", "tetra-es-event"),
            *("-I", actor, "-f", "allowed_signers", "-s", "sig"),
        ],
        cwd=folder,
        input=message,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0


@needs_ssh_keygen
def test_openssh_accepts_every_event(demo: Machine, tmp_path: Path) -> None:
    rows = demo.history()
    assert len(rows) == EVENTS
    for row in rows:
        ref, actor = str(row["event"]), row["actor"]
        # What an event says of signers counts from the next one on; the first has its own.
        before = str(max(1, row["event"] - 1))
        signed = demo.ok("event", ref, "--signed-bytes").out
        (tmp_path / "sig").write_text(demo.ok("event", ref, "--signature").out)
        (tmp_path / "allowed_signers").write_text(demo.ok("signer", "export", "--at", before).out)
        assert signed == row["hash"]
        assert openssh_accepts(tmp_path, actor, signed), row
        for at in range(0, len(signed), 7):
            changed = signed[:at] + ("0" if signed[at] != "0" else "1") + signed[at + 1 :]
            assert not openssh_accepts(tmp_path, actor, changed)
        assert not openssh_accepts(tmp_path, "eve", signed)


@needs_ssh_keygen
def test_openssh_follows_who_is_a_signer(demo: Machine, tmp_path: Path) -> None:
    """Today's signers do not include alice; her events count with those of then."""
    (tmp_path / "sig").write_text(demo.ok("event", "3", "--signature").out)
    signed = demo.ok("event", "3", "--signed-bytes").out
    for options, accepted in (((), False), (("--at", "3"), True), (("--at", "local@2"), True)):
        (tmp_path / "allowed_signers").write_text(demo.ok("signer", "export", *options).out)
        assert openssh_accepts(tmp_path, "alice", signed) == accepted

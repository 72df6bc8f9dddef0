"""Who signed counts as of that position; stock OpenSSH agrees."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.integrity.conftest import EVENTS
from tests.integrity.tampering import append, findings, key_of, manifest, state
from tests.needs import needs
from tetra_es.crypto.ssh import keys

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine


def test_bob_may_append(store: Path, demo: Machine) -> None:
    """The same as below, by the one who may: no finding, or the rest proves nothing."""
    append(store, key_of(demo, "bob"), stream="org", topic="manifest.edited", state=manifest("bob"))
    assert findings(store) == []


def test_a_removed_signer_can_sign_nothing_more(store: Path, demo: Machine) -> None:
    position = append(
        store, key_of(demo, "alice"), stream="org", topic="manifest.edited", state=manifest("alice")
    )
    (found,) = findings(store)
    assert found.startswith(f"event #{position}: is signed by SHA256:")
    assert "alice" in found


@pytest.mark.parametrize(("signer", "actor"), [("alice", "bob"), ("bob", "alice"), ("bob", "eve")])
def test_nobody_signs_for_somebody_else(
    store: Path, demo: Machine, signer: str, actor: str
) -> None:
    position = append(
        store, key_of(demo, signer), stream="org", topic="manifest.edited", state=manifest(actor)
    )
    assert findings(store)[0].startswith(f"event #{position}: is signed by SHA256:")


def test_a_stranger_cannot_add_himself(store: Path, tmp_path: Path) -> None:
    mallory = keys.create(tmp_path / "mallory")
    position = append(
        store,
        mallory,
        stream="org",
        topic="signer.added",
        state=state("mallory", signer="mallory", key=mallory.public_line),
    )
    assert findings(store)[0].startswith(f"event #{position}: is signed by SHA256:")


def test_the_organization_cannot_be_founded_twice(store: Path, tmp_path: Path) -> None:
    """The founding event brings its own signer: a second one must not."""
    mallory = keys.create(tmp_path / "mallory")
    fields = {"name": "acme", "text": "", "changes": [], "signer": "mallory"}
    founding = state("mallory", **fields, key=mallory.public_line)
    position = append(store, mallory, stream="org", topic="organization.created", state=founding)
    assert findings(store)[0].startswith(f"event #{position}: ")


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

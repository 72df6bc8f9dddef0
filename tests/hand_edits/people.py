"""Two people with a machine each, who have the same history."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tetra_es.crypto.ssh.own_key import OwnKey

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine

SECURITY = '[security]\nalert = false\nlevel = 1\n\n# how it writes\n[logging]\nlevel = "info"\n'


class People(NamedTuple):
    """Alice, who founded the organization, and bob."""

    alice: Machine
    bob: Machine

    def send(self) -> None:
        """Bring what alice recorded to bob's machine: her events are more than his."""
        bring(self.alice, self.bob)


def two_people(alice: Machine, home: Path) -> People:
    """Make bob a signer, with a machine of his own in `home`."""
    config = home.parent / "bob"
    config.mkdir()
    (config / "tetra-es").mkdir()
    key = config / "tetra-es" / "id_ed25519"
    data = Ed25519PrivateKey.generate()
    key.write_bytes(data.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    key.chmod(0o600)
    alice.ok("signer", "add", "bob", OwnKey(key).load().public_line)
    alice.toml("local").write_text(SECURITY)
    alice.ok("record")
    bob = alice.copy(home)
    bob.env["XDG_CONFIG_HOME"] = str(config)
    bob.ok("record")
    return People(alice, bob)


def bring(one: Machine, other: Machine) -> None:
    """Put the events of one machine in the place of another's."""
    for suffix in ("", "-wal", "-shm"):
        other.store.with_name(other.store.name + suffix).unlink(missing_ok=True)
    source, target = sqlite3.connect(one.store), sqlite3.connect(other.store)
    source.backup(target)
    source.close()
    target.close()
    other.store.chmod(0o600)


def save(machine: Machine, *changes: tuple[str, str], text: str | None = None) -> str:
    """Save local.toml as an editor does that had `text`, or what is there; return what it saved."""
    path = machine.toml("local")
    text = path.read_text() if text is None else text
    for before, after in changes:
        assert text.count(before) == 1
        text = text.replace(before, after)
    path.write_text(text)
    return text

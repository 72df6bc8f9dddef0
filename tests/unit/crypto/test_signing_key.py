"""A signing key is read as the library reads it, without the library where it is as we write it."""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.conftest import PACKAGES
from tetra_es.crypto.ssh import keys
from tetra_es.crypto.ssh.openssh_key import seed_and_point
from tetra_es.crypto.ssh.own_key import OwnKey
from tetra_es.errors import TetraEsError

if TYPE_CHECKING:
    from pathlib import Path

BEGIN, END = b"-----BEGIN OPENSSH PRIVATE KEY-----\n", b"\n-----END OPENSSH PRIVATE KEY-----\n"


def as_file(key: Ed25519PrivateKey | rsa.RSAPrivateKey, password: bytes | None = None) -> bytes:
    how = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, how)


def seed_of(key: object) -> bytes:
    assert isinstance(key, Ed25519PrivateKey)
    return key.private_bytes_raw()


def test_a_key_is_read_without_the_library(tmp_path: Path) -> None:
    keys.create(tmp_path / "key")
    code = (
        "import sys, pathlib; from tetra_es.crypto.ssh import own_key; "
        "print(own_key.OwnKey(pathlib.Path(sys.argv[1])).load().public_line); "
        "assert 'cryptography.hazmat.primitives.serialization.ssh' not in sys.modules"
    )
    said = subprocess.check_output(
        [sys.executable, "-c", code, tmp_path / "key"], env={"PYTHONPATH": PACKAGES}, text=True
    )
    assert said == (tmp_path / "key.pub").read_text()


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
@pytest.mark.parametrize("comment", ["", "a", "alice@example.org", "é" * 40])
def test_keys_of_openssh_are_read(tmp_path: Path, comment: str) -> None:
    path = tmp_path / "key"
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)]
    subprocess.run(command, check=True)
    found = seed_and_point(path.read_bytes())
    assert found is not None
    assert found[0] == seed_of(serialization.load_ssh_private_key(path.read_bytes(), None))
    assert OwnKey(path).load().public_line in path.with_name("key.pub").read_text()


def test_others_are_left_to_the_library(tmp_path: Path) -> None:
    ed25519 = Ed25519PrivateKey.generate()
    others = {
        "encrypted": as_file(ed25519, b"secret"),
        "rsa": as_file(rsa.generate_private_key(65537, 2048)),
        "empty": b"",
        "text": BEGIN + b"?" + END,
        "cut": as_file(ed25519)[:-40],
    }
    for name, data in others.items():
        assert seed_and_point(data) is None, name
        (tmp_path / name).touch(0o600)
        (tmp_path / name).write_bytes(data)
        if name == "rsa":
            assert OwnKey(tmp_path / name).load().public_line.startswith("ssh-rsa ")
            continue
        with pytest.raises(TetraEsError):
            OwnKey(tmp_path / name).load()


def test_a_damaged_key_is_what_the_library_makes_of_it(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    blob = base64.b64decode(b"".join(as_file(key).split(b"\n")[1:-2]))
    for at in range(len(blob)):
        damaged = blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]
        data = BEGIN + base64.b64encode(damaged) + END
        try:
            expected = seed_of(serialization.load_ssh_private_key(data, None))
        except Exception:
            expected = None
        path = tmp_path / "key"
        path.touch(0o600)
        path.write_bytes(data)
        try:
            loaded = OwnKey(path).load()
            read = seed_of(loaded.private) if isinstance(loaded, keys.Ed25519Key) else None
        except TetraEsError:
            read = None
        assert read == expected, at

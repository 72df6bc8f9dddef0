"""The `age` command reads what the organization has, and gives it values, with no help of ours."""

from __future__ import annotations

import os
import subprocess
from itertools import cycle
from typing import TYPE_CHECKING

import pytest

from tests.needs import needs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine

pytestmark = needs("age", "ssh-keygen")

VALUES = {
    "EMPTY": b"",
    "TEXT": "pässwörd".encode(),
    "LINES": b"one\r\ntwo\n",
    "BINARY": b"\0\xff\r\n" + bytes(range(256)),
    "CHUNK": os.urandom(64 * 1024),  # age encrypts pieces of this size
    "LARGE": os.urandom(2**20),
}


def age(*words: str | Path, stdin: bytes = b"") -> bytes:
    done = subprocess.run(["age", *words], input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def identities(vault: Machine) -> list[Path]:
    """The private keys of the three kinds of recipients that dev has."""
    found = [vault.home / ".config/tetra-es/age.key"]
    for kind in ("ed25519", "rsa"):
        file = vault.home / f"id_{kind}"
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(file)], check=True)
        vault.ok("recipient", "add", "dev", kind, f"{file}.pub")
        found.append(file)
    return found


def set_values(machine: Machine) -> None:
    for key, value in VALUES.items():
        file = machine.home / "value"
        file.write_bytes(value)
        machine.ok("secret", "set", "dev", key, "--from-file", str(file))


def blobs(machine: Machine) -> dict[str, set[str]]:
    """Return key to the objects that it is in any commit of the mirror."""
    found: dict[str, set[str]] = {}
    for commit in machine.git("rev-list", "--all").split():
        for line in machine.git("ls-tree", "-r", commit, "secrets/dev/").splitlines():
            _, _, name, path = line.split()
            found.setdefault(path.removeprefix("secrets/dev/").removesuffix(".age"), set()).add(
                name
            )
    return found


def test_age_reads_every_file_and_every_commit(vault: Machine, identities: list[Path]) -> None:
    set_values(vault)
    folder = vault.folder / "secrets" / "dev"
    assert {path.name for path in folder.iterdir()} == {f"{key}.age" for key in VALUES}
    for key, value in VALUES.items():
        for identity in identities:
            assert age("-d", "-i", identity, folder / f"{key}.age") == value
    vault.ok("recipient", "rm", "dev", "rsa")
    vault.ok("secret", "set", "dev", "TEXT", stdin="another")
    *still, removed = identities
    found = blobs(vault)
    assert {key: len(names) for key, names in found.items()} == {
        key: 3 if key == "TEXT" else 2 for key in VALUES
    }
    for key, names in found.items():
        read: list[bytes] = []
        for name in names:
            data = vault.git("cat-file", "blob", name).encode()
            values = {age("-d", "-i", identity, stdin=data) for identity in still}
            assert len(values) == 1
            read += values
        assert set(read) == {VALUES[key], *([b"another"] if key == "TEXT" else [])}
    for key in VALUES:
        refused = subprocess.run(
            ["age", "-d", "-i", str(removed), str(folder / f"{key}.age")],
            capture_output=True,
            check=False,
        )
        assert refused.returncode == 1
        assert b"no identity matched" in refused.stderr


def test_the_file_of_recipients_is_for_age(vault: Machine, identities: list[Path]) -> None:
    vault.ok("secret", "set", "dev", "A", stdin="x")
    sealed = age("-a", "-R", vault.folder / "secrets" / "dev.recipients", stdin=b"by age")
    for identity in identities:
        assert age("-d", "-i", identity, stdin=sealed) == b"by age"


def test_what_age_encrypted_comes_in(vault: Machine, identities: list[Path]) -> None:
    """Values go in as values: a ciphertext of unknown origin is never taken over as it is."""
    recipients = vault.folder / "secrets" / "dev.recipients"
    for (key, value), identity in zip(VALUES.items(), cycle(identities), strict=False):
        sealed = age("-R", recipients, stdin=value)
        file = vault.home / "value"
        file.write_bytes(age("-d", "-i", identity, stdin=sealed))
        vault.ok("secret", "set", "dev", key, "--from-file", str(file))
        read = subprocess.run(
            vault.argv("secret", "get", "dev", key, "-i", str(identity)),
            env=vault.environment(),
            capture_output=True,
            check=True,
        )
        assert read.stdout == value


def test_a_dotenv_file_that_age_encrypted(vault: Machine, identities: list[Path]) -> None:
    """`age -d … | tetra-es secret import ENV /dev/stdin`: no plaintext touches the disk."""
    recipients = vault.folder / "secrets" / "dev.recipients"
    sealed = age("-R", recipients, stdin="A='ä b'\nB=\"1\n2\"\n".encode())
    opened = age("-d", "-i", identities[0], stdin=sealed)
    vault.ok("secret", "import", "dev", "/dev/stdin", stdin=opened.decode())
    assert vault.ok("secret", "export", "dev", "--format", "json").json == {"A": "ä b", "B": "1\n2"}

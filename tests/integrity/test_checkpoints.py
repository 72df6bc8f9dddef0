"""Checkpoints: what an auditor takes home, and what `verify` says of it later."""

from __future__ import annotations

import base64
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tetra_es.crypto.ssh.keys import Ed25519Key
from tetra_es.crypto.ssh.library_key import read
from tetra_es.integrity.checkpoint import Checkpoint, parse

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine
    from tetra_es.crypto.ssh.keys import SigningKey

ORIGIN = f"tetra-es.invalid/acme/{'ab' * 32}"


def taken(machine: Machine, path: Path) -> Path:
    """Return the file of a checkpoint that is taken now."""
    machine.ok("audit", "checkpoint", "-o", str(path))
    return path


def test_a_checkpoint_has_the_form_of_c2sp(machine: Machine) -> None:
    """Read by the specification alone."""
    note = machine.ok("audit", "checkpoint").out
    text, signature = note.split("\n\n")
    origin, size, root = text.split("\n")
    first = machine.history("--reverse")[0]
    assert origin == f"tetra-es.invalid/acme/{first['hash']}"
    assert int(size) == machine.last_position()
    assert len(base64.b64decode(root)) == 32
    dash, name, encoded = signature.removesuffix("\n").split(" ")
    blob = base64.b64decode(encoded)
    (signer,) = machine.ok("signer", "list", "-o", "json").json
    key = base64.b64decode(signer["key"].split()[1])[-32:]
    assert (dash, name) == ("—", origin)
    assert blob[:4] == sha256(f"{origin}\n".encode() + b"\x01" + key).digest()[:4]
    Ed25519PublicKey.from_public_bytes(key).verify(blob[4:], f"{text}\n".encode())


def test_later_history_extends_it(machine: Machine, tmp_path: Path) -> None:
    file = taken(machine, tmp_path / "checkpoint")
    done = machine.ok("verify", "--against", str(file), "-o", "json").json["against"]
    assert (done["relation"], done["more"]) == ("same", 0)
    before = machine.last_position()
    machine.ok("set", "local", "ports.tetra=5555")
    done = machine.ok("verify", "--against", str(file), "-o", "json").json["against"]
    assert (done["relation"], done["events"], done["more"]) == ("extends", before, 1)
    # A witness's signature beside ours changes nothing.
    file.write_text(
        file.read_text() + f"— witness.example {base64.b64encode(b'w' * 76).decode()}\n"
    )
    machine.ok("verify", "--against", str(file))


def test_a_history_that_ends_earlier(machine: Machine, tmp_path: Path) -> None:
    older = machine.copy(tmp_path / "older")
    machine.ok("set", "local", "ports.tetra=5555")
    file = taken(machine, tmp_path / "checkpoint")
    error = older.fails(4, "verify", "--against", str(file)).error()
    assert "the copy goes on to" in error


def test_a_history_that_forked(machine: Machine, tmp_path: Path) -> None:
    other = machine.copy(tmp_path / "other")
    machine.ok("set", "local", "ports.tetra=5555")
    other.ok("set", "local", "ports.tetra=6666")
    file = taken(machine, tmp_path / "checkpoint")
    done = other.fails(4, "verify", "--against", str(file), "-o", "json")
    assert f"forks at #{machine.last_position()} or before" in done.error()
    assert done.json["against"]["relation"] == "fork"


def changed(machine: Machine, file: Path, old: str, new: str) -> str:
    """Return what `verify` says of a checkpoint in which something is replaced."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    said = machine.fails(4, "verify", "--against", str(file)).error()
    file.write_text(text)
    return said


def test_what_somebody_wrote_into_one(machine: Machine, tmp_path: Path) -> None:
    file = taken(machine, tmp_path / "checkpoint")
    last = machine.last_position()
    signature = file.read_text().split("— ")[1].split()[1]
    flipped = base64.b64decode(signature)[:-1] + b"!"
    other = base64.b64encode(flipped).decode()
    assert "is of tetra-es.invalid/evil/" in changed(machine, file, "/acme/", "/evil/")
    changed_it = "the checkpoint was changed: the signature of alice does not match"
    root = file.read_text().split("\n")[2]
    assert changed_it in changed(machine, file, f"\n{last}\n", f"\n{last - 1}\n")
    assert changed_it in changed(machine, file, f"\n{last}\n", f"\n{last + 1}\n")
    assert changed_it in changed(machine, file, root, base64.b64encode(bytes(32)).decode())
    assert changed_it in changed(machine, file, root, f"{root}\na line more")
    assert changed_it in changed(machine, file, signature, other)
    assert "nobody who was a signer" in changed(machine, file, signature, "A" * 88)
    assert "nobody who was a signer" in changed(machine, file, f"{signature}", "AAAA")
    assert "not a sound checkpoint" in changed(machine, file, f"\n{last}\n", f"\n0{last}\n")
    assert "not a sound checkpoint" in changed(machine, file, "— ", "- ")


def test_one_that_came_by_mail(machine: Machine, tmp_path: Path) -> None:
    file = taken(machine, tmp_path / "checkpoint")
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    machine.ok("verify", "--against", str(file))


def test_only_a_signer_makes_one(machine: Machine, tmp_path: Path) -> None:
    stranger = {"XDG_CONFIG_HOME": str(tmp_path / "stranger")}
    machine.ok("signer", "new", env=stranger)
    done = machine.fails(3, "audit", "checkpoint", env=stranger)
    assert "is not that of a signer" in done.error()


def test_no_file_is_replaced(machine: Machine, tmp_path: Path) -> None:
    file = taken(machine, tmp_path / "checkpoint")
    machine.fails(3, "audit", "checkpoint", "-o", str(file))
    machine.ok("audit", "checkpoint", "-o", str(file), "--force")


def key_of_kind(kind: str) -> SigningKey:
    if kind == "ed25519":
        return Ed25519Key(Ed25519PrivateKey.from_private_bytes(b"k" * 32))
    private = (
        rsa.generate_private_key(65537, 2048)
        if kind == "rsa"
        else ec.derive_private_key(5, ec.SECP256R1())
    )
    return read(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        ),
        None,
    )


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_each_kind_of_key(kind: str) -> None:
    key, other = key_of_kind(kind), Ed25519Key(Ed25519PrivateKey.from_private_bytes(b"o" * 32))
    made = Checkpoint(ORIGIN, 7, bytes(32)).signed(key)
    read_again = parse(made.note.encode())
    assert read_again == made
    signers = {"alice": key.public_line, "bob": other.public_line}
    assert read_again.signers(signers) == ["alice"]
    assert read_again.signed(other).signers(signers) == ["alice", "bob"]
    with pytest.raises(ValueError, match="of alice does not match"):
        read_again._replace(size=8).signers(signers)


@pytest.mark.parametrize(
    "note",
    [
        *("", "\n\n", "a\n1\n\n", "a\n1\nAAAA\n\n", "a\n-1\n{}\n\n", "a\n01\n{}\n\n"),
        *("a\n1\n{}\n", "a\n1\n{}\n\n— b AAAAA=\n", "a\n1\n{}\n\n— b  AAAA\n", "a\n\n{}\n\n"),
        *("a\n1\n{}\n\n— b AAAA", "a\t\n1\n{}\n\n", "a\n1\n{}\n\n— b+c AAAA\n", "a\n1\n{}=\n\n"),
        "a\n\u0661\n{}\n\n",
    ],
)
def test_what_is_no_checkpoint(note: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse(note.format(base64.b64encode(bytes(32)).decode()).encode())

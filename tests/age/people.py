"""Key pairs of the three kinds that age encrypts to here, as files and in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tetra_es.crypto.age.identities import create_identity, load_identities, recipient_of

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.serialization import SSHPrivateKeyTypes

    from tetra_es.crypto.age.identity import Identity

KINDS = ("x25519", "ssh-ed25519", "ssh-rsa")


class Person(NamedTuple):
    """Someone with one key pair."""

    file: Path
    identity: Identity
    recipient: str


def make_person(folder: Path, kind: str) -> Person:
    file = folder / f"identity-{kind}"
    if kind == "x25519":
        create_identity(file)
    else:
        key: SSHPrivateKeyTypes = (
            Ed25519PrivateKey.generate() if kind == "ssh-ed25519" else rsa_key(2048)
        )
        write_ssh(file, key)
    (identity,) = load_identities(file)
    return Person(file, identity, recipient_of(identity).text)


def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)  # the tests of refusal need short ones


def ecdsa_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def write_ssh(file: Path, key: SSHPrivateKeyTypes, passphrase: str = "") -> None:
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.BestAvailableEncryption(passphrase.encode())
            if passphrase
            else serialization.NoEncryption(),
        )
    )
    file.chmod(0o600)


def public_line(key: SSHPrivateKeyTypes) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        .decode()
    )

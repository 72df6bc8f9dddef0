"""Every kind of key verifies, with signatures by OpenSSH and, of hardware keys, by hand."""

from __future__ import annotations

import subprocess
from functools import cache
from hashlib import sha256, sha512
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.needs import need
from tetra_es.crypto.ssh.keys import Ed25519Key, public_line
from tetra_es.crypto.ssh.kinds import parse_public_line
from tetra_es.crypto.ssh.sshsig import NAMESPACE, BadSignature, dearmor, sign, verify
from tetra_es.crypto.ssh.wire import pack
from tetra_es.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MESSAGE = b"ab" * 32
SK_ED25519 = b"sk-ssh-ed25519@openssh.com"
SK_ECDSA = b"sk-ecdsa-sha2-nistp256@openssh.com"
APPLICATION = b"ssh:"
STOCK = [
    ("ed25519",),
    ("ecdsa", "-b", "256"),
    ("ecdsa", "-b", "384"),
    ("ecdsa", "-b", "521"),
    ("rsa", "-b", "2048"),
    ("rsa", "-b", "3072"),
]


def keygen(*arguments: str) -> None:
    subprocess.run(["ssh-keygen", *arguments], check=True, capture_output=True)


@pytest.mark.parametrize("kind", STOCK, ids=" ".join)
@pytest.mark.parametrize("hashing", ["sha256", "sha512"])
def test_a_signature_by_openssh(tmp_path: Path, kind: tuple[str, ...], hashing: str) -> None:
    need("ssh-keygen")
    key, text = tmp_path / "key", tmp_path / "text"
    text.write_bytes(MESSAGE)
    keygen("-q", "-N", "", "-t", *kind, "-f", str(key))
    keygen("-Y", "sign", "-O", f"hashalg={hashing}", "-n", NAMESPACE, "-f", str(key), str(text))
    blob = dearmor((tmp_path / "text.sig").read_text())
    line = (tmp_path / "key.pub").read_text()

    found = verify(MESSAGE, blob, any_kind=True)
    assert found == parse_public_line(line)
    assert public_line(found) == " ".join(line.split()[:2])
    with pytest.raises(BadSignature):
        verify(MESSAGE + b"x", blob, any_kind=True)
    if kind[0] != "ed25519":
        with pytest.raises(BadSignature, match="not an Ed25519"):
            verify(MESSAGE, blob)


def number(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 8) // 8, "big")


def raw_ecdsa(key: ec.EllipticCurvePrivateKey, data: bytes, hashing: hashes.HashAlgorithm) -> bytes:
    return pack(*map(number, decode_dss_signature(key.sign(data, ec.ECDSA(hashing)))))


@cache
def ecdsa_key() -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(5, ec.SECP256R1())


def point() -> bytes:
    numbers = ecdsa_key().public_key().public_numbers()
    return b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")


ED25519 = Ed25519PrivateKey.from_private_bytes(b"k" * 32)


def signature(key: bytes, make: Callable[[bytes], bytes]) -> bytes:
    """Return the SSHSIG blob by a key, given what makes its inner signature."""
    digest = sha512(MESSAGE).digest()
    inner = make(b"SSHSIG" + pack(NAMESPACE.encode(), b"", b"sha512", digest))
    return b"SSHSIG" + (1).to_bytes(4, "big") + pack(key, NAMESPACE.encode(), b"", b"sha512", inner)


def by_hardware(kind: bytes, *, flags: int = 1, application: bytes = APPLICATION) -> bytes:
    """Return a signature as a hardware key makes it."""
    trailer = bytes([flags]) + (7).to_bytes(4, "big")

    def make(data: bytes) -> bytes:
        signed = sha256(application).digest() + trailer + sha256(data).digest()
        if kind == SK_ED25519:
            return pack(kind, ED25519.sign(signed)) + trailer
        return pack(kind, raw_ecdsa(ecdsa_key(), signed, hashes.SHA256())) + trailer

    return signature(hardware_key(kind), make)


def hardware_key(kind: bytes) -> bytes:
    if kind == SK_ED25519:
        return pack(kind, ED25519.public_key().public_bytes_raw(), APPLICATION)
    return pack(kind, b"nistp256", point(), APPLICATION)


def by_ecdsa() -> bytes:
    key = pack(b"ecdsa-sha2-nistp256", b"nistp256", point())
    return signature(
        key,
        lambda data: pack(b"ecdsa-sha2-nistp256", raw_ecdsa(ecdsa_key(), data, hashes.SHA256())),
    )


@pytest.mark.parametrize("kind", [SK_ED25519, SK_ECDSA], ids=bytes.decode)
def test_a_signature_by_a_hardware_key(kind: bytes) -> None:
    blob = by_hardware(kind)
    assert verify(MESSAGE, blob, any_kind=True) == hardware_key(kind)
    line = public_line(hardware_key(kind))
    assert line.startswith(kind.decode() + " ")
    assert parse_public_line(f"{line} alice@example.org") == hardware_key(kind)
    with pytest.raises(BadSignature):
        verify(MESSAGE, blob)
    with pytest.raises(BadSignature):
        verify(MESSAGE[1:], blob, any_kind=True)


@pytest.mark.parametrize("kind", [SK_ED25519, SK_ECDSA], ids=bytes.decode)
def test_a_hardware_key_has_to_be_touched_for_our_application(kind: bytes) -> None:
    with pytest.raises(BadSignature, match="touched"):
        verify(MESSAGE, by_hardware(kind, flags=0), any_kind=True)
    with pytest.raises(BadSignature):
        verify(MESSAGE, by_hardware(kind, application=b"ssh:other"), any_kind=True)
    assert verify(MESSAGE, by_hardware(kind, flags=5), any_kind=True)


@pytest.mark.parametrize(
    "make",
    [by_ecdsa, lambda: by_hardware(SK_ED25519), lambda: by_hardware(SK_ECDSA)],
    ids=["ecdsa", "sk-ed25519", "sk-ecdsa"],
)
def test_no_byte_can_be_flipped_added_or_left_out(make: Callable[[], bytes]) -> None:
    blob = make()
    assert verify(MESSAGE, blob, any_kind=True)
    changed = [blob + b"\x00", blob[:-1]]
    changed += [
        blob[:at] + bytes([blob[at] ^ flip]) + blob[at + 1 :]
        for at in range(len(blob))
        for flip in (0x01, 0x80)
    ]
    for one in changed:
        with pytest.raises(BadSignature):
            verify(MESSAGE, one, any_kind=True)


def test_numbers_have_one_spelling() -> None:
    r, s = decode_dss_signature(
        ecdsa_key().sign(b"x", ec.ECDSA(hashes.SHA256()))
    )  # only their forms are looked at
    key = pack(b"ecdsa-sha2-nistp256", b"nistp256", point())
    for first, second in (
        (b"\x00" + number(r), number(s)),
        (number(r), b"\x00" + number(s)),
        (b"", number(s)),
        (b"\x00", number(s)),
        (b"\xff", number(s)),
    ):
        inner = pack(b"ecdsa-sha2-nistp256", pack(first, second))
        blob = signature(key, lambda _, inner=inner: inner)  # type: ignore[misc]  # mypy gives the default no type
        with pytest.raises(BadSignature, match="not a positive number"):
            verify(MESSAGE, blob, any_kind=True)


def rsa_line(bits: int) -> str:
    numbers = rsa.generate_private_key(65537, bits).public_key().public_numbers()
    return public_line(pack(b"ssh-rsa", number(numbers.e), number(numbers.n)))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "ssh-ed25519",
        "ssh-ed25519 !!!!",
        "ssh-dss AAAAB3NzaC1kc3M=",
        public_line(pack(b"ssh-ed25519", b"short")),
        public_line(pack(b"ssh-ed25519", bytes(32), b"more")),
        public_line(pack(b"ecdsa-sha2-nistp256", b"nistp384", b"\x04" + bytes(64))),
        public_line(pack(b"ecdsa-sha2-nistp256", b"nistp256", b"\x04" + bytes(64))),
        public_line(pack(b"ecdsa-sha2-nistp256", b"nistp256", b"\x02" + bytes(32))),
        public_line(pack(b"ssh-rsa", b"\x03", b"\x00" + b"\xff" * 128)),
        public_line(pack(b"ssh-rsa", b"\x00\x03", b"\x00" + b"\xff" * 256)),
        public_line(pack(b"ssh-rsa", b"\x03", b"\x00" + b"\xff" * 4096)),
        "ssh-rsa " + Ed25519Key(ED25519).public_line.split()[1],
        "ssh-ed25519-cert-v01@openssh.com AAAA",
    ],
)
def test_what_is_not_a_key_that_can_sign(line: str) -> None:
    with pytest.raises(UsageError, match="not a public key"):
        parse_public_line(line)


def test_keys_of_rsa_that_are_large_enough() -> None:
    with pytest.raises(UsageError):
        parse_public_line(rsa_line(1024))
    assert parse_public_line(rsa_line(2048))


def test_ed25519_is_read_in_both_ways() -> None:
    blob = sign(MESSAGE, Ed25519Key(ED25519))
    assert verify(MESSAGE, blob) == verify(MESSAGE, blob, any_kind=True) == Ed25519Key(ED25519).blob

"""SSH signatures: what was signed verifies, anything else does not."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tetra_es.crypto.ssh.keys import Ed25519Key, SigningKey
from tetra_es.crypto.ssh.kinds import parse_public_line
from tetra_es.crypto.ssh.sshsig import (
    NAMESPACE,
    BadSignature,
    armor,
    dearmor,
    public_key_of,
    sign,
    verify,
)
from tetra_es.crypto.ssh.wire import pack, unpack

MANY = examples(30)

KEYS = st.builds(
    lambda seed: Ed25519Key(Ed25519PrivateKey.from_private_bytes(seed)),
    st.binary(min_size=32, max_size=32),
)


@MANY
@given(st.binary(max_size=200), KEYS)
def test_what_was_signed_verifies(message: bytes, key: SigningKey) -> None:
    blob = sign(message, key)
    assert verify(message, blob) == key.blob == public_key_of(blob)
    assert dearmor(armor(blob)) == blob
    assert parse_public_line(key.public_line + " alice@example.org") == key.blob


@MANY
@given(st.binary(min_size=1, max_size=80), KEYS, st.integers(0), st.integers(1, 255))
def test_another_message_does_not(message: bytes, key: SigningKey, at: int, flip: int) -> None:
    changed = bytearray(message)
    changed[at % len(message)] ^= flip
    with pytest.raises(BadSignature):
        verify(bytes(changed), sign(message, key))


def test_no_byte_of_a_signature_can_be_flipped() -> None:
    """Each byte, and each of a few ways to change it: no part of the blob is ignored."""
    key = Ed25519Key(Ed25519PrivateKey.from_private_bytes(b"k" * 32))
    blob = sign(b"message", key)
    for at in range(len(blob)):
        for flip in (0x01, 0x20, 0x80, 0xFF):
            changed = bytearray(blob)
            changed[at] ^= flip
            with pytest.raises(BadSignature):
                verify(b"message", bytes(changed))


@MANY
@given(KEYS, st.integers(0, 200), st.binary(min_size=1, max_size=8))
def test_no_signature_can_be_cut_or_made_longer(key: SigningKey, end: int, tail: bytes) -> None:
    blob = sign(b"message", key)
    for changed in (blob[: end % len(blob)], blob + tail):
        with pytest.raises(BadSignature):
            verify(b"message", changed)


@MANY
@given(st.binary(max_size=300))
def test_rubbish_is_refused(blob: bytes) -> None:
    for candidate in (blob, b"SSHSIG\0\0\0\1" + blob):
        with pytest.raises(BadSignature):
            verify(b"message", candidate)
        with pytest.raises(BadSignature):
            dearmor(candidate.decode("latin-1"))


@MANY
@given(KEYS, st.text("abcdefgh-", min_size=1, max_size=20).filter(lambda name: name != NAMESPACE))
def test_a_signature_for_another_purpose_does_not_count(key: SigningKey, namespace: str) -> None:
    blob = sign(b"message", key, namespace=namespace)
    with pytest.raises(BadSignature, match="namespace"):
        verify(b"message", blob)


@MANY
@given(KEYS, KEYS)
def test_a_signature_names_its_own_key(one: SigningKey, other: SigningKey) -> None:
    blob = sign(b"message", one)
    swapped = blob.replace(one.blob, other.blob)
    if one.blob != other.blob:
        with pytest.raises(BadSignature):
            verify(b"message", swapped)


@MANY
@given(st.lists(st.binary(max_size=50), max_size=6))
def test_the_wire_format_round_trips(parts: list[bytes]) -> None:
    assert unpack(pack(*parts), len(parts)) == parts
    with pytest.raises(ValueError, match=r"too short|after the end"):
        unpack(pack(*parts) + b"\0", len(parts))

"""No change of a file goes unnoticed, but for whitespace around its armor and its line endings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import some
from tetra_es.crypto.age.armor import dearmor
from tetra_es.crypto.age.backend import Damaged, NotForYou, decrypt, encrypt
from tetra_es.crypto.age.header import LIMIT, stanza_types
from tetra_es.errors import Refused

if TYPE_CHECKING:
    from tests.age.people import Person

VALUE = b"the value"
WHITESPACE = b" \t\r\n"
MANY = 60
"""Bytes to change: some, spread over the file, that they are quick; all in a thorough run."""
same_person = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def ciphertext(people: dict[str, Person]) -> bytes:
    """One file for all examples: every encryption is another."""
    return encrypt(VALUE, [people["x25519"].recipient])


def changed(data: bytes, offset: int, byte: int) -> bytes:
    return data[:offset] + bytes([byte]) + data[offset + 1 :]


def test_every_changed_byte_of_a_binary_file_is_noticed(person: Person) -> None:
    data = dearmor(encrypt(VALUE, [person.recipient]))
    for offset, byte in some(enumerate(data), MANY):
        for flip in (0x01, 0x80):
            with pytest.raises((Damaged, NotForYou)):
                decrypt(changed(data, offset, byte ^ flip), [person.identity])


def test_every_changed_byte_of_an_armored_file_is_noticed(person: Person) -> None:
    data = encrypt(VALUE, [person.recipient])
    # The last byte is the newline after the armor, the one place where whitespace may vary.
    for offset, byte in some(enumerate(data[:-1]), MANY):
        for flip in (0x01, 0x20, 0x80):
            with pytest.raises((Damaged, NotForYou)):
                decrypt(changed(data, offset, byte ^ flip), [person.identity])


@given(st.data())
@same_person
def test_only_whitespace_after_the_armor_may_vary(
    alice: Person, ciphertext: bytes, draw: st.DataObject
) -> None:
    data = ciphertext
    offset = draw.draw(st.one_of(st.just(len(data) - 1), st.integers(0, len(data) - 1)))
    byte = draw.draw(
        st.one_of(st.sampled_from(WHITESPACE), st.integers(0, 255)).filter(
            lambda byte: byte != data[offset]
        )
    )
    if offset == len(data) - 1 and byte in WHITESPACE:
        assert decrypt(changed(data, offset, byte), [alice.identity]) == VALUE
    else:
        with pytest.raises((Damaged, NotForYou)):
            decrypt(changed(data, offset, byte), [alice.identity])


def test_every_cut_is_noticed(person: Person) -> None:
    armored = encrypt(VALUE, [person.recipient])
    assert decrypt(armored[:-1], [person.identity]) == VALUE  # without the last newline
    for data in (armored[:-1], dearmor(armored)):
        for length in range(len(data)):
            with pytest.raises(Damaged):
                decrypt(data[:length], [person.identity])


def test_what_follows_is_noticed_unless_it_is_whitespace(alice: Person) -> None:
    armored = encrypt(VALUE, [alice.recipient])
    binary = dearmor(armored)
    for more in (b"x", b"\0", b"\x0b", b"\x0c", b"\xc2\xa0", armored):
        for data in (armored, binary):
            with pytest.raises(Damaged):
                decrypt(data + more, [alice.identity])
        with pytest.raises(Damaged):
            decrypt(more + armored, [alice.identity])
    for data in (binary + b"\n", b"\n" + binary):
        with pytest.raises(Damaged):
            decrypt(data, [alice.identity])


def test_whitespace_around_the_armor_and_crlf_are_tolerated(alice: Person) -> None:
    armored = encrypt(VALUE, [alice.recipient])
    crlf = armored.replace(b"\n", b"\r\n")
    for data in (b"\n \t\r\n" + armored, armored + b" \r\n\t", crlf, crlf[:-2]):
        assert decrypt(data, [alice.identity]) == VALUE
    with pytest.raises(Damaged):
        decrypt(armored.replace(b"\n", b"\r"), [alice.identity])


@given(st.binary(max_size=400))
@same_person
def test_any_bytes_are_only_ever_refused(alice: Person, junk: bytes) -> None:
    for data in (junk, b"age-encryption.org/v1\n" + junk):
        with pytest.raises((Damaged, NotForYou)):
            decrypt(data, [alice.identity])


def test_a_header_may_have_16_kib_and_not_a_byte_more(alice: Person) -> None:
    def with_stanza(size: int) -> bytes:
        """Return a header of `size` bytes; it stays well-formed while its MAC becomes wrong."""
        binary = dearmor(encrypt(VALUE, [alice.recipient]))
        length = binary.index(b"\n", binary.index(b"\n--- ") + 1) + 1
        filler = b"-> x" + b"y" * (size - length - len(b"-> x\n\n")) + b"\n\n"
        start = binary.index(b"-> ")
        return binary[:start] + filler + binary[start:]

    assert stanza_types(with_stanza(LIMIT))[1] == "X25519"
    with pytest.raises(Damaged, match="do not match"):
        decrypt(with_stanza(LIMIT), [alice.identity])
    with pytest.raises(ValueError, match="longer than 16 KiB"):
        stanza_types(with_stanza(LIMIT + 1))
    with pytest.raises(Damaged, match="longer than 16 KiB"):
        decrypt(with_stanza(LIMIT + 1), [alice.identity])


def test_base64_in_a_header_has_one_spelling(alice: Person) -> None:
    binary = dearmor(encrypt(VALUE, [alice.recipient]))
    end = binary.index(b"\n", binary.index(b"\n--- ") + 1)
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for byte in alphabet:
        # 43 characters of 6 bits hold 32 bytes and 2 bits, which must be 0.
        if alphabet.index(byte) % 4 == 0:
            assert stanza_types(changed(binary, end - 1, byte))
        else:
            with pytest.raises(ValueError, match="base64"):
                stanza_types(changed(binary, end - 1, byte))


def test_damage_is_named_and_is_an_integrity_failure(alice: Person) -> None:
    with pytest.raises(Damaged) as caught:
        decrypt(b"", [alice.identity], name="secrets/dev/KEY.age")
    assert caught.value.message.startswith("secrets/dev/KEY.age ")
    assert caught.value.exit_code == 4


def test_a_passphrase_file_is_refused_as_such(alice: Person) -> None:
    data = (
        b"age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 30\n"
        + (b"A" * 43)
        + b"\n--- "
        + (b"A" * 43)
        + b"\n"
        + bytes(48)
    )
    with pytest.raises(Refused, match="with a passphrase") as caught:
        decrypt(data, [alice.identity])
    assert not isinstance(caught.value, NotForYou)
    assert "age -d" in (caught.value.hint or "")

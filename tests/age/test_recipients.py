"""Only keys that age can encrypt to, and that only their owner can read, are recipients."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.age.people import ecdsa_key, public_line, rsa_key
from tetra_es.crypto.age import bech32
from tetra_es.crypto.age.backend import encrypt, generate_x25519
from tetra_es.crypto.age.recipients import Recipient, parse_recipient
from tetra_es.crypto.ssh.wire import pack
from tetra_es.errors import UsageError

if TYPE_CHECKING:
    from tests.age.people import Person

SECRET, PUBLIC = generate_x25519()
ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
PRIME = 2**255 - 19


def age1(point: bytes, prefix: str = "age") -> str:
    """Return Bech32 text for any bytes; the checksum is found by trying, as a forger could."""
    bits = int.from_bytes(point, "big") << (-len(point) * 8 % 5)
    count = -(-len(point) * 8 // 5)
    return checked(
        prefix, "".join(ALPHABET[bits >> 5 * (count - 1 - i) & 31] for i in range(count))
    )


def checked(prefix: str, data: str) -> str:
    return f"{prefix}1{data}{_checksum(prefix, data)}"


def _checksum(prefix: str, data: str) -> str:
    values = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    values += [ALPHABET.index(c) for c in data] + [0] * 6
    state = 1
    for value in values:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ value
        for bit, term in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            state ^= term * (top >> bit & 1)
    return "".join(ALPHABET[(state ^ 1) >> 5 * (5 - i) & 31] for i in range(6))


def ssh(kind: str, *parts: bytes) -> str:
    return f"{kind} {base64.b64encode(pack(kind.encode(), *parts)).decode()}"


def ed25519(y: int) -> str:
    return ssh("ssh-ed25519", y.to_bytes(32, "little"))


def refused(line: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        parse_recipient(line)
    assert caught.value.hint
    assert "\n" not in caught.value.message
    return caught.value


def test_each_kind_is_parsed_to_one_spelling(person: Person) -> None:
    recipient = parse_recipient(person.recipient)
    assert recipient == parse_recipient(f"  {person.recipient}\t\n")
    assert recipient.text == person.recipient
    assert recipient.kind == person.identity.kind
    assert encrypt(b"x", [recipient.text])


@pytest.mark.parametrize("more", ["\nssh-rsa AAAA", "\r\nx", " a\x1b[2Jb", " a\x00", "\u2028x"])
def test_no_comment_holds_another_line_or_controls(people: dict[str, Person], more: str) -> None:
    refused(people["ssh-ed25519"].recipient + more)


def test_an_ssh_comment_is_dropped(people: dict[str, Person]) -> None:
    for kind in ("ssh-ed25519", "ssh-rsa"):
        line = people[kind].recipient
        assert parse_recipient(f"{line.replace(' ', '   ')} anna's key @ work").text == line


def test_short_ids_tell_keys_apart(people: dict[str, Person]) -> None:
    assert parse_recipient(PUBLIC).short_id == f"{PUBLIC[:12]}…{PUBLIC[-6:]}"
    for kind in ("ssh-ed25519", "ssh-rsa"):
        short_id = parse_recipient(people[kind].recipient).short_id
        assert short_id.startswith("SHA256:")
        assert len(short_id) == 50


@pytest.mark.parametrize(
    "line",
    [
        SECRET,
        SECRET.lower(),
        f"age1 {SECRET}",
        f"# {SECRET}",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        f"AGE-SECRET-KEY-PQ-{SECRET[15:]}",
    ],
    ids=lambda _: "case",
)
def test_private_keys_are_refused_and_not_repeated(line: str) -> None:
    error = refused(line)
    assert "private key" in error.message
    for text in (error.message, error.hint or ""):
        assert not any(SECRET[i : i + 8].lower() in text.lower() for i in range(15, 60))


@pytest.mark.parametrize("junk", ["hunter2hunter2", "b3BlbnNzaC1rZXktdjEAAAAA", "p@ss w0rd", "x"])
def test_what_is_no_key_at_all_is_not_repeated(junk: str) -> None:
    error = refused(junk)
    assert junk not in error.message.replace("public key", "").replace("not an age or SSH", "")


@pytest.mark.parametrize(
    "line",
    ["", " ", "\n", f"{PUBLIC}\n{PUBLIC}", f"{PUBLIC}\x00", f"{PUBLIC}\x1b[2J", "ssh-ed25519"],
    ids=lambda _: "case",
)
def test_only_one_printable_line_is_a_recipient(line: str) -> None:
    refused(line)


@given(st.integers(0, len(PUBLIC) - 1), st.sampled_from(ALPHABET + "1bio"))
def test_any_mistyped_character_is_noticed(offset: int, character: str) -> None:
    if PUBLIC[offset] != character:
        refused(PUBLIC[:offset] + character + PUBLIC[offset + 1 :])


@given(st.integers(0, len(PUBLIC) - 2))
def test_any_cut_is_noticed(length: int) -> None:
    refused(PUBLIC[:length])


@given(st.binary(max_size=80))
def test_bech32_decodes_what_was_encoded(data: bytes) -> None:
    assert bech32.decode(age1(data, "x-1")) == ("x-1", data)


@pytest.mark.parametrize(("data", "size"), [("", 0), ("qq", 1), ("qqqq", 2), ("qqqqq", 3)])
def test_bech32_drops_the_bits_that_fill_up_a_character(data: str, size: int) -> None:
    assert bech32.decode(checked("x", data)) == ("x", bytes(size))


@pytest.mark.parametrize("data", ["q", "qqq", "qqqqqq", "qp", "qqqqp"])
def test_bech32_has_no_second_spelling_of_the_same_bytes(data: str) -> None:
    """Neither a character that adds no byte, nor bits that are set after the last byte."""
    with pytest.raises(ValueError, match="after the last byte"):
        bech32.decode(checked("x", data))


def test_upper_and_mixed_case_are_refused() -> None:
    refused(PUBLIC.upper())
    refused("A" + PUBLIC[1:])


@pytest.mark.parametrize(
    "point",
    [
        *(number.to_bytes(32, "little") for number in (0, 1, PRIME - 1)),
        # The two points of order 8 (RFC 7748 section 7 asks that such inputs be noticed).
        bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    ],
)
def test_keys_that_everyone_could_read_are_refused(point: bytes) -> None:
    assert "is not a public key" in refused(age1(point)).message


@pytest.mark.parametrize("number", [PRIME, PRIME + 9, 2**255 + 9, 2**256 - 1])
def test_second_spellings_of_a_key_are_refused(number: int) -> None:
    refused(age1(number.to_bytes(32, "little")))
    if number != 2**255 + 9:  # the top bit belongs to an Ed25519 key, for its sign
        refused(ed25519(number))


@pytest.mark.parametrize("size", [0, 31, 33])
def test_points_of_another_size_are_refused(size: int) -> None:
    refused(age1(bytes([9]) * size))
    refused(ssh("ssh-ed25519", bytes([9]) * size))


# y = 1, -1, 0, and the two of order 8 (the same points as above, on the Edwards curve)
ORDER_8 = int.from_bytes(
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
)


@pytest.mark.parametrize("y", [0, 1, PRIME - 1, ORDER_8, PRIME - ORDER_8])
@pytest.mark.parametrize("sign", [0, 1 << 255])
def test_weak_ed25519_keys_are_refused(y: int, sign: int) -> None:
    assert "not a usable SSH key" in refused(ed25519(y | sign)).message


def test_an_ed25519_key_off_the_curve_is_refused_when_it_is_used() -> None:
    line = parse_recipient(ed25519(2)).text
    with pytest.raises(UsageError, match="age cannot encrypt to SHA256:"):
        encrypt(b"x", [line])


@pytest.mark.parametrize("bits", [1024, 2040])
def test_short_rsa_keys_are_refused(bits: int) -> None:
    assert f"this one has {bits}" in refused(public_line(rsa_key(bits))).message


def test_rsa_keys_that_the_age_library_cannot_use_are_refused() -> None:
    modulus = (1 << 4096) + 1
    line = ssh("ssh-rsa", b"\1\0\1", modulus.to_bytes(513, "big"))
    assert "this one has 4097" in refused(line).message


@pytest.mark.parametrize(
    ("exponent", "modulus"),
    [
        (b"\0\1\0\1", b"\0" + b"\xff" * 256),  # a zero too many
        (b"\1\0\1", b"\0\0" + b"\xff" * 256),
        (b"\1\0\1", b"\xff" * 256),  # negative
        (b"", b"\0" + b"\xff" * 256),
        (b"\1", b"\0" + b"\xff" * 256),
        (b"\2", b"\0" + b"\xff" * 256),
        (b"\1\0\1", b"\0" + b"\xff" * 255 + b"\xfe"),
        (b"\1\0\1", b""),
    ],
)
def test_malformed_rsa_keys_are_refused(exponent: bytes, modulus: bytes) -> None:
    refused(ssh("ssh-rsa", exponent, modulus))


def test_malformed_ssh_lines_are_refused(people: dict[str, Person]) -> None:
    kind, encoded = people["ssh-ed25519"].recipient.split()
    for line in (
        kind,
        f"{kind} !",
        f"{kind} {encoded[:-4]}",
        f"{kind} {encoded}=",
        f"ssh-rsa {encoded}",
        f'command="x" {kind} {encoded}',
        encoded,
    ):
        refused(line)


@pytest.mark.parametrize(
    "line",
    [
        public_line(ecdsa_key()),
        "ssh-dss AAAA",
        "sk-ssh-ed25519@openssh.com AAAA",
    ],
)
def test_other_ssh_types_are_refused_by_name(line: str) -> None:
    error = refused(line)
    assert line.split(maxsplit=1)[0] in error.message
    assert "ssh-ed25519" in (error.hint or "")


@pytest.mark.parametrize("prefix", ["age1pq", "age1tag", "age1yubikey", "agf"])
def test_other_age_recipients_are_refused(prefix: str) -> None:
    line = age1(bytes([9]) * 32, prefix)
    error = refused(line)
    assert ("not a recipient of the kinds" in error.message) == prefix.startswith("age1")


def test_recipients_are_values(alice: Person) -> None:
    assert parse_recipient(alice.recipient) == Recipient("x25519", alice.recipient)
    assert len({parse_recipient(alice.recipient), parse_recipient(f"{alice.recipient} ")}) == 1

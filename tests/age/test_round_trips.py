"""Encrypted values come back, for each recipient and nobody else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.age.people import make_person
from tests.examples import CHARACTERS
from tetra_es.crypto.age.backend import VALUE_LIMIT, NotForYou, decrypt, encrypt
from tetra_es.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.age.people import Person

same_person = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
values = st.one_of(
    st.binary(max_size=300),
    st.text(CHARACTERS, max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.integers(0, 2**17).map(lambda size: b"\x00\xff\n" * (size // 3)),
)


@given(values)
@same_person
def test_any_value_comes_back(alice: Person, value: bytes) -> None:
    assert decrypt(encrypt(value, [alice.recipient]), [alice.identity]) == value


@pytest.mark.parametrize("size", [0, 1, 48, 2**16 - 1, 2**16, 2**16 + 1, 2**20, VALUE_LIMIT])
def test_any_size_comes_back_to_any_kind(person: Person, size: int) -> None:
    value = os.urandom(size)
    assert decrypt(encrypt(value, [person.recipient]), [person.identity]) == value


def test_each_recipient_reads_it_and_nobody_else(people: dict[str, Person], tmp_path: Path) -> None:
    data = encrypt(b"42", [person.recipient for person in people.values()])
    for person in people.values():
        assert decrypt(data, [person.identity]) == b"42"
    for kind, person in people.items():
        stranger = make_person(tmp_path, kind)
        with pytest.raises(NotForYou):
            decrypt(data, [stranger.identity])
        assert decrypt(data, [stranger.identity, person.identity]) == b"42"


def test_it_is_armored_text_that_ends_in_a_newline(person: Person) -> None:
    lines = encrypt(os.urandom(1000), [person.recipient]).decode("ascii").split("\n")
    assert lines[0] == "-----BEGIN AGE ENCRYPTED FILE-----"
    assert lines[-2:] == ["-----END AGE ENCRYPTED FILE-----", ""]
    assert {len(line) for line in lines[1:-3]} == {64}


def test_the_same_value_never_gives_the_same_file(alice: Person) -> None:
    assert len({encrypt(b"x", [alice.recipient]) for _ in range(20)}) == 20


def test_a_recipient_that_is_given_twice_counts_once(people: dict[str, Person]) -> None:
    line = people["ssh-ed25519"].recipient
    # 200 stanzas of any kind would not fit into a header.
    data = encrypt(b"x", [f"{line} comment-{number}" for number in range(200)])
    assert decrypt(data, [people["ssh-ed25519"].identity]) == b"x"


def test_more_recipients_than_a_header_holds_are_refused(tmp_path: Path) -> None:
    recipients = []
    for number in range(180):
        folder = tmp_path / str(number)
        folder.mkdir()
        recipients.append(make_person(folder, "x25519").recipient)
    assert encrypt(b"x", recipients[:150])
    with pytest.raises(UsageError, match="180 recipients"):
        encrypt(b"x", recipients)


def test_no_recipient_and_too_long_a_value_are_refused(alice: Person) -> None:
    with pytest.raises(UsageError, match="no recipient"):
        encrypt(b"x", [])
    with pytest.raises(UsageError, match=f"{VALUE_LIMIT + 1} bytes"):
        encrypt(bytes(VALUE_LIMIT + 1), [alice.recipient])


def test_without_an_identity_it_says_how_to_get_one(alice: Person) -> None:
    with pytest.raises(NotForYou, match="no identity") as caught:
        decrypt(encrypt(b"x", [alice.recipient]), [], name="secrets/dev/KEY.age")
    assert "secrets/dev/KEY.age" in caught.value.message
    assert "tetra-es identity new" in (caught.value.hint or "")
    assert caught.value.exit_code == 3

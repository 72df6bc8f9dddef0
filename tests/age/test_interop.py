"""The stock `age` command reads our files, and we read its files and its keys."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.machine import HANG
from tests.needs import needs
from tetra_es.crypto.age.backend import decrypt, encrypt
from tetra_es.crypto.age.identities import create_identity, load_identities, recipient_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.age.people import Person

VALUES = [b"", b"s3cret", "pässwörd\n".encode(), os.urandom(70_000), os.urandom(2**20)]


def run(*command: str | Path, stdin: bytes = b"") -> bytes:
    done = subprocess.run(command, input=stdin, capture_output=True, check=False, timeout=HANG)
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs("age")
@pytest.mark.parametrize("value", VALUES, ids=len)
def test_the_command_decrypts_ours(person: Person, value: bytes) -> None:
    data = encrypt(value, [person.recipient])
    assert run("age", "-d", "-i", person.file, stdin=data) == value


@needs("age")
@pytest.mark.parametrize("value", VALUES, ids=len)
@pytest.mark.parametrize("form", [["-a"], []], ids=["armored", "binary"])
def test_we_decrypt_what_the_command_encrypts(
    person: Person, value: bytes, form: list[str]
) -> None:
    data = run("age", "-e", *form, "-r", person.recipient, stdin=value)
    assert decrypt(data, [person.identity]) == value


@needs("age")
def test_several_recipients_both_ways(people: dict[str, Person]) -> None:
    recipients = [person.recipient for person in people.values()]
    ours = encrypt(b"shared", recipients)
    theirs = run(
        "age", "-e", "-a", *(f"--recipient={text}" for text in recipients), stdin=b"shared"
    )
    for person in people.values():
        assert run("age", "-d", "-i", person.file, stdin=ours) == b"shared"
        assert decrypt(theirs, [person.identity]) == b"shared"


@needs("age-keygen")
def test_keys_of_age_keygen_are_ours(tmp_path: Path) -> None:
    run("age-keygen", "-o", tmp_path / "key.txt")
    (identity,) = load_identities(tmp_path / "key.txt")
    assert (
        recipient_of(identity).text == run("age-keygen", "-y", tmp_path / "key.txt").decode()[:-1]
    )


@needs("age-keygen")
def test_our_keys_are_those_of_age_keygen(tmp_path: Path) -> None:
    recipient = create_identity(tmp_path / "key.txt")
    assert run("age-keygen", "-y", tmp_path / "key.txt").decode() == f"{recipient.text}\n"


@needs("ssh-keygen")
@pytest.mark.parametrize("type_", ["ed25519", "rsa"])
@pytest.mark.parametrize("passphrase", ["", "correct horse"])
def test_keys_of_ssh_keygen(tmp_path: Path, type_: str, passphrase: str) -> None:
    file = tmp_path / "id"
    run("ssh-keygen", "-q", "-t", type_, "-N", passphrase, "-C", "me@here", "-f", file)
    line = (tmp_path / "id.pub").read_text()
    (identity,) = load_identities(file, lambda: passphrase)
    assert recipient_of(identity).text == line.removesuffix(" me@here\n")
    fingerprint = run("ssh-keygen", "-l", "-f", tmp_path / "id.pub").decode().split()[1]
    assert recipient_of(identity).short_id == fingerprint
    assert decrypt(encrypt(b"x", [line]), [identity]) == b"x"

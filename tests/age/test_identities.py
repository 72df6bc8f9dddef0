"""Private keys are read only from files that are their owner's alone, and never shown."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.age.people import ecdsa_key, public_line, rsa_key, write_ssh
from tests.examples import some
from tetra_es.crypto.age.backend import decrypt, encrypt, generate_x25519
from tetra_es.crypto.age.identities import create_identity, load_identities, recipient_of
from tetra_es.crypto.age.ssh_keys import NeedsPassphrase
from tetra_es.errors import Refused, TetraEsError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.age.people import Person


def private_file(path: Path, data: bytes | str) -> Path:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    path.chmod(0o600)
    return path


def never() -> str:
    raise AssertionError("asked for a passphrase that nobody needs")


def test_a_new_identity_is_written_as_age_keygen_does(tmp_path: Path) -> None:
    file = tmp_path / "config" / "age" / "key.txt"
    recipient = create_identity(file)
    lines = file.read_text().split("\n")
    assert lines[0].startswith("# created: 20")
    assert lines[0].endswith("Z")
    assert lines[1] == f"# public key: {recipient.text}"
    assert lines[2].startswith("AGE-SECRET-KEY-1")
    assert lines[3:] == [""]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in file.parent.iterdir()] == ["key.txt"]
    (identity,) = load_identities(file, never)
    assert recipient_of(identity) == recipient


def test_an_umask_does_not_open_a_new_identity(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        create_identity(tmp_path / "new" / "key.txt")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new" / "key.txt").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_an_identity_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "key.txt"
    create_identity(file)
    before = file.read_bytes()
    with pytest.raises(Refused, match="exists already"):
        create_identity(file)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused, match="exists already"):
        create_identity(tmp_path / "link")
    assert file.read_bytes() == before
    assert {entry.name for entry in tmp_path.iterdir()} == {"key.txt", "link"}


def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TetraEsError, match="cannot write the identity"):
        create_identity(tmp_path / "file" / "key.txt")


def test_several_keys_comments_and_empty_lines(tmp_path: Path) -> None:
    pairs = [generate_x25519() for _ in range(3)]
    text = "# one\r\n\n" + "".join(f"  {secret} \r\n# next\n" for secret, _ in pairs)
    identities = load_identities(private_file(tmp_path / "keys", text))
    assert [recipient_of(identity).text for identity in identities] == [
        recipient for _, recipient in pairs
    ]
    assert decrypt(encrypt(b"x", [pairs[2][1]]), identities) == b"x"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610, 0o777])
def test_files_that_others_can_open_are_refused(person: Person, tmp_path: Path, mode: int) -> None:
    file = private_file(tmp_path / "key", person.file.read_bytes())
    file.chmod(mode)
    with pytest.raises(Refused, match="open to others") as caught:
        load_identities(file)
    assert caught.value.hint == f"`chmod 600 {file}` closes it"


def test_missing_and_unreadable_files_are_said(tmp_path: Path) -> None:
    with pytest.raises(TetraEsError, match="no identity at") as caught:
        load_identities(tmp_path / "none")
    assert "path of an age identity" in (caught.value.hint or "")
    with pytest.raises(TetraEsError, match="cannot read the identity"):
        load_identities(tmp_path)


SECRET = generate_x25519()[0]


@pytest.mark.parametrize(
    "line",
    [
        SECRET.lower(),
        SECRET[:-1],
        SECRET[:-1] + ("Q" if SECRET[-1] != "Q" else "P"),
        f"{SECRET} # mine",
        f"{SECRET}{SECRET}",
        f"AGE-SECRET-KEY-PQ-{SECRET[15:]}",
        f"AGE-PLUGIN-YUBIKEY-{SECRET[15:]}",
        "hunter2",
        "\x00",
        "\xff",
    ],
    ids=lambda _: "case",
)
def test_a_line_that_is_no_identity_is_named_and_not_repeated(tmp_path: Path, line: str) -> None:
    file = private_file(tmp_path / "keys", f"# comment\n{SECRET}\n{line}\n")
    with pytest.raises(TetraEsError) as caught:
        load_identities(file)
    assert caught.value.message == f"{file}:3: not an x25519 identity"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "holds no identity"),
        (b"# only a comment\n", "holds no identity"),
        (b"-----BEGIN AGE ENCRYPTED FILE-----\n", "itself encrypted with age"),
        (b"age-encryption.org/v1\n", "itself encrypted with age"),
        (b"-----BEGIN EC PRIVATE KEY-----\n", "neither an age identity file nor an OpenSSH"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", "cannot be read"),
        (b"#" * (1024 * 1024 + 1), "too large"),
        (b"\xff\xfe\x00" * 9, "1: not an x25519 identity"),
    ],
)
def test_other_files_are_refused_with_what_they_are(
    tmp_path: Path, data: bytes, words: str
) -> None:
    with pytest.raises(TetraEsError, match=words):
        load_identities(private_file(tmp_path / "file", data), never)


def test_an_older_rsa_file_is_refused_with_the_command_that_helps(tmp_path: Path) -> None:
    data = rsa_key(2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    with pytest.raises(TetraEsError) as caught:
        load_identities(private_file(tmp_path / "id_rsa", data))
    assert f"ssh-keygen -p -f {tmp_path / 'id_rsa'}" in (caught.value.hint or "")


def test_other_types_of_ssh_keys_are_refused(tmp_path: Path) -> None:
    write_ssh(tmp_path / "id_ecdsa", ecdsa_key())
    with pytest.raises(TetraEsError, match="of a type that age does not know"):
        load_identities(tmp_path / "id_ecdsa")


def test_a_short_rsa_key_has_no_recipient(tmp_path: Path) -> None:
    write_ssh(tmp_path / "id_rsa", rsa_key(1024))
    (identity,) = load_identities(tmp_path / "id_rsa")
    with pytest.raises(UsageError, match="2048 to 4096"):
        recipient_of(identity)


@pytest.mark.parametrize("kind", some(["ssh-ed25519", "ssh-rsa"], 1))
def test_an_encrypted_ssh_key_is_opened_by_its_passphrase(tmp_path: Path, kind: str) -> None:
    key = Ed25519PrivateKey.generate() if kind == "ssh-ed25519" else rsa_key(2048)
    file = tmp_path / "id"
    write_ssh(file, key, "pässphrase")
    asked = []

    def passphrase() -> str:
        asked.append(1)
        return "pässphrase"

    (identity,) = load_identities(file, passphrase)
    assert asked == [1]
    assert identity.kind == kind
    assert recipient_of(identity).text == public_line(key)
    assert decrypt(encrypt(b"x", [public_line(key)]), [identity]) == b"x"


def test_without_anyone_to_ask_it_needs_a_passphrase(tmp_path: Path) -> None:
    write_ssh(tmp_path / "id", Ed25519PrivateKey.generate(), "x")
    with pytest.raises(NeedsPassphrase, match="has a passphrase"):
        load_identities(tmp_path / "id")


@pytest.mark.parametrize("wrong", some(["", "y", "x ", "x" * 5000], 1))
def test_a_wrong_passphrase_is_said_and_not_repeated(tmp_path: Path, wrong: str) -> None:
    write_ssh(tmp_path / "id", Ed25519PrivateKey.generate(), "x")
    with pytest.raises(TetraEsError) as caught:
        load_identities(tmp_path / "id", lambda: wrong)
    assert caught.value.message == f"the passphrase does not open the SSH key {tmp_path / 'id'}"


def test_a_key_without_passphrase_asks_for_none(person: Person) -> None:
    (identity,) = load_identities(person.file, never)
    assert recipient_of(identity).text == person.recipient

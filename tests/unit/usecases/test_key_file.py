"""What somebody sends to become a member: public keys, and nothing else."""

from __future__ import annotations

import pytest

from tetra_es.errors import UsageError
from tetra_es.usecases.members.key_file import MAX_SIZE, parse_keys

SSH = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g"
AGE = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEcHUhp/FRic/1dlIDHrBnJd/5uFo5j6ptvtoCmoGwhF"
LONGEST = 20
"""Characters of the name of a kind of key, which hints have."""


@pytest.mark.parametrize(
    ("text", "recipient"),
    [
        (SSH, None),
        (f"{SSH} {AGE}", AGE),
        (f"{AGE} {SSH}", AGE),
        (f"{SSH} bob@laptop {AGE}", AGE),
        (f"{SSH} bob on his laptop\r\n\r\n  {AGE}\r\n", AGE),
        (SSH.replace(" ", "\n") + f" a comment\n{AGE}\n", AGE),
        (f"# bob's keys\n{SSH}\n  # created: 2026-11-22\n{AGE}\n", AGE),
        (f"{SSH} not my secret-key, nor a private key\n{AGE}", AGE),
        (f"{SSH}\t{OTHER}", OTHER),
        (f"{SSH} bob\n{OTHER} the one that reads\n", OTHER),
        (f"{SSH} {SSH}", SSH),
    ],
)
def test_keys_with_white_space_between_them(text: str, recipient: str | None) -> None:
    keys = parse_keys(text.encode(), "bob.pub")
    assert (keys.signing, keys.recipient) == (SSH, recipient)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "bob.pub: no public key"),
        (AGE, "bob.pub: no public key"),
        ("hello", "bob.pub:1: not a public key"),
        (f"{SSH}\nhello", "bob.pub:2: not a public key"),
        (f"{SSH}\n{AGE} hello", "bob.pub:2: not a public key"),
        (f"{SSH} a\n{SSH.split()[1]}", "bob.pub:2: not a public key"),
        (f"{SSH}\n{AGE}\n{OTHER}", "bob.pub:3: one key too many"),
        (f"\n{AGE[:-1]}q {SSH}", "bob.pub:2: not a key that age can encrypt to"),
        ("ssh-ed25519", "bob.pub:1: not a public key that can sign events"),
        (f"ssh-rsa {SSH.split()[1]}", "bob.pub:1: not a public key that can sign events"),
        (f"{SSH} ecdsa-sha2-nistp256 AAAA", "bob.pub:1: not a key that age can encrypt to"),
        (f"{SSH}\n\0{AGE}", "bob.pub:2: not a public key"),
        (SSH + " " * MAX_SIZE, f"bob.pub: more than {MAX_SIZE} bytes"),
    ],
)
def test_anything_else_is_not_quoted(text: str, said: str) -> None:
    with pytest.raises(UsageError) as failed:
        parse_keys(text.encode(), "bob.pub")
    assert failed.value.message.startswith(said)
    quoted = failed.value.message + str(failed.value.hint)
    assert not [word for word in text.split() if len(word) > LONGEST and word in quoted]
    assert "hello" not in quoted


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAA\n",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n",
        "AGE-SECRET-KEY-1QQQQQQQQQQ",
        "age-secret-key-1qqqqqqqqqq",
        "AGE-PLUGIN-YUBIKEY-1QQQQ",
        "PuTTY-User-Key-File-3: ssh-ed25519\n",
        "b3BlbnNzaC1rZXktdjEAAAA",
    ],
)
@pytest.mark.parametrize("before", ["", f"{SSH} {AGE}\n", f"{SSH} {AGE}\nhello\n", "# "])
def test_a_private_key_must_not_be_sent(text: str, before: str) -> None:
    with pytest.raises(UsageError) as failed:
        parse_keys(f"{before}{text}".encode(), "bob.key")
    line = before.count("\n") + 1
    assert failed.value.message == (
        f"bob.key:{line}: that is a private key, which must not be sent to anybody"
    )
    assert text.strip()[:12] not in str(failed.value.hint)


def test_bytes_that_are_not_text() -> None:
    with pytest.raises(UsageError, match=r"bob\.pub:1: not a public key"):
        parse_keys(b"\xff\xfe\x00", "bob.pub")

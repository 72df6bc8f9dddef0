"""Messages say what was given, and what to give instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tetra_es.crypto.key_text import check_key_text
from tetra_es.errors import ConfigError, UsageError
from tetra_es.remote.errors import Unreachable
from tetra_es.remote.program import agent
from tetra_es.remote.session import AgentSession
from tetra_es.remote.transport import Ssh
from tetra_es.usecases.secrets.dotenv import read_dotenv

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIq31rP3gOXdhITo7RXMqXYdQbJPTJ5onD62IqWNmqQM"
URL = "https://example.org/alice.keys"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("A=\"it's", 'the value begins with ", and no other " ends it'),
        ("A='it", "the value begins with ', and no other ' ends it"),
        ("export A = 'it", "the value begins with ', and no other ' ends it"),
        ("A='it'\\''s'", "something stands after the closing ' of the value"),
        ('A="a" junk', 'something stands after the closing " of the value'),
        ("JUNK", "not KEY=VALUE"),
        ("=x", "not KEY=VALUE"),
    ],
)
def test_quotes_that_do_not_match(tmp_path: Path, line: str, says: str) -> None:
    """https://github.com/theskumar/python-dotenv/issues/544 and
    https://github.com/theskumar/python-dotenv/issues/82: such lines, taken or lost.
    """
    file = tmp_path / "e.env"
    file.write_text(f"B=1\n{line}\n")
    with pytest.raises(ConfigError) as caught:
        read_dotenv(file)
    assert caught.value.message == f"{file}:2: {says}"


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    file = tmp_path / "e.env"
    file.write_bytes(b"\xef\xbb\xbfA='b' # c\n")
    assert read_dotenv(file) == {"A": b"b"}


@pytest.mark.parametrize(
    "line",
    [
        f"restrict {KEY} alice",
        f'command="echo hi",no-pty {KEY}',
        f'no-pty,from="10.0.0.0/8" {KEY}',
        f'environment="A=b c" {KEY}',
    ],
)
def test_options_of_authorized_keys(machine: Machine, tmp_path: Path, line: str) -> None:
    """https://github.com/android-password-store/kage/issues/547"""
    file = tmp_path / "x.pub"
    file.write_text(f"{line}\n")
    says = "options stand before the key, as in authorized_keys"
    for given, where in ((line, ""), (str(file), f"{file}: ")):
        for command in (("recipient", "add", "dev", "x"), ("signer", "add", "x")):
            assert machine.fails(2, *command, given).error() == f"{where}{says}"
    assert machine.fails(2, "member", "add", "x", str(file)).error() == f"{file}:1: {says}"


@pytest.mark.parametrize(
    "command", [("recipient", "add", "dev", "x"), ("signer", "add", "x"), ("member", "add", "x")]
)
def test_an_address_or_nothing_in_the_place_of_a_key(
    machine: Machine, command: tuple[str, ...]
) -> None:
    """https://github.com/str4d/rage/issues/132: keys from an address."""
    assert machine.fails(2, *command, URL).error() == "that is an address, not a key"
    assert machine.fails(2, *command, "").error() == "no key: the text is empty"


def test_a_key_and_its_comment_pass() -> None:
    for text in (KEY, f"{KEY} see https://example.org", "age1abc", "./alice.pub", "C:/alice.pub"):
        check_key_text(text)
    with pytest.raises(UsageError):
        check_key_text(f" {URL}")


@pytest.mark.parametrize(
    "command",
    [
        ("import", ""),
        ("restore", "--from", ""),
        ("backup", ""),
        ("validate", ""),
        ("secret", "import", "dev", ""),
        ("secret", "set", "dev", "A", "--from-file", ""),
        ("secret", "get", "dev", "A", "-i", ""),
        ("profile", "test", "dev", ""),
    ],
)
def test_an_empty_path_is_not_the_current_folder(
    machine: Machine, command: tuple[str, ...]
) -> None:
    assert machine.fails(2, *command).error().endswith("it is empty")


@pytest.mark.parametrize(
    ("ref", "hint"),
    [
        ("20261125", "the date is written 2026-11-25; "),
        ("202611", "the date is written 2026-11-01; "),
        ("20261301", "`tetra-es history`"),
        ("999", "the events are #1 to #2"),
    ],
)
def test_a_date_without_its_dashes(machine: Machine, ref: str, hint: str) -> None:
    """https://github.com/grafana/loki/issues/8592 and
    https://github.com/serverless/serverless/issues/2493: which form a time has.
    """
    assert machine.fails(1, "show", "local", "--at", ref).hint().startswith(hint)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ('Please login as the user "admin" rather than the user "root".\\n', 142),
        ("This account is currently not available.\\n", 1),
        ("This account is currently not available.", 1),
        ("\\033[31mLast login: never\\n\\nno shell for you\\n\\n", 1),
    ],
)
def test_what_a_server_prints_when_it_refuses_a_login(tmp_path: Path, said: str, code: int) -> None:
    """https://github.com/deployphp/deployer/issues/3542 and
    https://github.com/deployphp/deployer/issues/3146
    """
    ssh = tmp_path / "ssh"
    ssh.write_text(f"#!/bin/sh\nprintf '{said}'\nexit {code}\n")
    ssh.chmod(0o700)
    session = AgentSession(Ssh("web-1", (str(ssh),)), agent())
    with pytest.raises(Unreachable) as caught:
        session.greet("acme", "dev", 60)
    last = said.replace("\\n", "\n").strip().splitlines()[-1]
    assert caught.value.hint == f"the server said: {last}"

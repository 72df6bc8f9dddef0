"""A reason is in an event as a TOML text is: what looks like a secret is refused there, too.

The kind is reported in https://github.com/gitleaks/gitleaks/issues/60,
https://github.com/gitleaks/gitleaks/issues/800 and
https://github.com/trufflesecurity/trufflehog/issues/2683.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scanner.tokens import SHORTEST, mixed
from tetra_es.errors import Refused
from tetra_es.secret_scan.prose import refuse_in_reason

if TYPE_CHECKING:
    from tests.machine import Machine

TOKEN = SHORTEST["github"]


@pytest.mark.parametrize(
    "command",
    [
        ("set", "local", "ports.tetra=5555"),
        ("promote", "dev"),
        ("promote", "dev", "--dry-run"),
        ("recipient", "rm", "dev", "bob"),
        ("signer", "rm", "bob"),
        ("init", "other"),
    ],
)
def test_a_reason_with_a_token_is_refused_and_kept_nowhere(
    machine: Machine, command: tuple[str, ...]
) -> None:
    failed = machine.fails(3, *command, "-m", f"use {TOKEN} from now on")
    assert failed.error() == "the reason looks as if it had a secret in it (GitHub token)"
    assert TOKEN not in failed.out + failed.err
    files = [path for path in machine.home.rglob("*") if path.is_file()]
    assert not [path for path in files if TOKEN.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    "reason",
    [
        "postgres://app:hunter2@db/app is the new one",
        "now with DB_PASSWORD=hunter2",
        "curl -u app:hunter2 works again",
        "password: hunter2",
        f"see {mixed(32)}",
        "Authorization: Bearer " + mixed(24),
    ],
)
def test_what_people_paste_into_reasons_is_found(reason: str) -> None:
    with pytest.raises(Refused):
        refuse_in_reason(reason)


@pytest.mark.parametrize(
    "reason",
    [
        "first release",
        "token: rotated",
        "the password is in the vault",
        "rotate --password and --token options",
        "4444 is taken, see https://tracker.example/TICKET-1234?tab=log#c5",
        "merge of 5f2b8c1d9e3a7f6b4c2d1e0f9a8b7c6d5e4f3a2b",
        "undo 7f9a3b1, build 20261126T181500Z, 2026-11-26",
        "image sha256:" + "ab12" * 16,
        "asked for by the shop's people (ticket OPS-991), approved by bob@example.org",
        "x" * 300,
        "",
    ],
)
def test_ordinary_reasons_pass(reason: str) -> None:
    refuse_in_reason(reason)

"""A file of several keys, where one is meant: none of them is left out without a word.

Reported in https://github.com/mvt-project/androidqf/issues/30 and
https://github.com/str4d/rage/issues/132.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.machine import Machine

AGE = (
    "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg",
    "age1xuux5xj5ch5pez95t4qs3yt028sv6uejjzdnr377jhauyttsgyys4lcr9s",
)
SSH = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKYchCqxpnikd1rGk0i/AfTPiDfol0ANLN/zoMsl22kz alice",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK7XZFUiAairfOI1p1IdAPMrp7iHRRZqAbmnhloDRBrn bob",
)


@pytest.mark.parametrize("keys", [AGE, SSH, (AGE[0], SSH[0])], ids=["age", "ssh", "both"])
def test_a_recipients_file_with_two_keys_is_refused(
    machine: Machine, keys: tuple[str, str]
) -> None:
    team = machine.home / "team.txt"
    team.write_text(f"# the team\n{keys[0]}\n\n{keys[1]}\n")
    failed = machine.fails(2, "recipient", "add", "dev", "team", str(team))
    assert failed.error() == f"{team} has 2 keys, and a name has one"
    machine.fails(2, "recipient", "add", "dev", "team", "\n".join(keys))


def test_a_recipients_file_with_one_key_is_taken(machine: Machine) -> None:
    team = machine.home / "team.txt"
    team.write_text(f"# bob\r\n{AGE[0]} \r\n{AGE[0]}\n")
    machine.ok("recipient", "add", "dev", "bob", str(team))
    (row,) = machine.ok("recipient", "list", "dev", "-o", "json").json
    assert row == {"name": "bob", "recipient": AGE[0]}


def test_a_pub_file_with_two_keys_is_refused(machine: Machine) -> None:
    keys = machine.home / "two.pub"
    keys.write_text("\n".join(SSH) + "\n")
    failed = machine.fails(2, "signer", "add", "bob", str(keys))
    assert failed.error() == f"{keys} has 2 keys, and a name has one"
    machine.fails(2, "signer", "add", "bob", "\n".join(SSH))
    keys.write_text(f"# bob\n{SSH[1]}\n")
    machine.ok("signer", "add", "bob", str(keys))

"""A file of several keys, where one is meant: none of them is left out without a word.

Reported in https://github.com/mvt-project/androidqf/issues/30 and
https://github.com/str4d/rage/issues/132.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL

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


def test_of_two_ssh_keys_a_member_who_reads_nothing_signs_with_neither(machine: Machine) -> None:
    keys = machine.home / "bob.keys"  # such as what a forge has of somebody
    keys.write_text("\n".join(SSH) + "\n")
    failed = machine.fails(2, "member", "add", "bob", str(keys))
    assert failed.error() == f"{keys} has two SSH keys, and one signs"
    machine.ok("member", "add", "bob", str(keys), "--reads", "dev")
    (row,) = machine.ok("recipient", "list", "dev", "-o", "json").json
    assert row == {"name": "bob", "recipient": SSH[1].rpartition(" ")[0]}


@pytest.mark.parametrize(
    "command",
    [("signer", "add"), pytest.param(("recipient", "add", "dev"), marks=LONG_TAIL)],
)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{SSH[0]}\nnonsense\n", ":2: not a public key"),
        ("root:x:0:0:root:/root:/bin/sh\nbin:x:1:1\n", ":1: not a public key"),
        (f"{SSH[0]}\nhttps://forge.example/bob.keys\n", ":2: that is an address, not a key"),
        (f'command="x" {SSH[0]}\n{SSH[1]}\n', " has 2 keys, and a name has one"),
        (
            "-----BEGIN OPENSSH " + "PRIVATE KEY-----\nb3Bl\nAAAA\n-----END OPENSSH PRIVATE KEY",
            ": that is a private key, not a public one",
        ),
        ("# bob\nAGE-SECRET-" + "KEY-1ABC\n", ": that is a private key, not a public one"),
        ("AGE-PLUGIN-YUBIKEY-1ABC\n", ": that is a private key, not a public one"),
    ],
)
def test_what_else_stands_in_the_file_is_named(
    machine: Machine, command: tuple[str, ...], text: str, said: str
) -> None:
    file = machine.home / "bob.pub"
    file.write_text(text)
    assert machine.fails(2, *command, "bob", str(file)).error() == f"{file}{said}"


@pytest.mark.parametrize("command", [("signer", "add"), ("recipient", "add", "dev")])
def test_a_byte_order_mark_before_the_key_is_left_out(
    machine: Machine, command: tuple[str, ...]
) -> None:
    file = machine.home / "bob.pub"
    file.write_text(f"{SSH[0]}\n", encoding="utf-8-sig")
    machine.ok(*command, "bob", str(file), "--dry-run")
    machine.ok("member", "add", "bob", str(file), "--dry-run")

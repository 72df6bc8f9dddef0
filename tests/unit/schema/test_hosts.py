"""A host is the same wherever one is written: in a profile, on the command line, for ssh."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tetra_es.schema.hosts import are_hosts, is_host

if TYPE_CHECKING:
    from tests.conftest import Machine

GOOD = (
    "dev-server",
    "root@10.0.0.5",
    "ssh://root@dev:2222",
    "root@[::1]",
    "a_b.example",
    "[::1]",
    "::1",
    "root@::1",
    "ssh://root@[2001:db8::7]:2222",
    "root@[fe80::1%eth0]",
)
BAD = (
    "",
    "-oProxyCommand=x",
    "a;b",
    "a b",
    "a\nb",
    "root@-x",
    "$(x)",
    "a'b",
    5,
    None,
    "root@[::1",
    "root@[dev]",
    "root@[::1]:22",
    "root@[]",
    "[::1]x",
    "x[::1]",
    "root@[1.2.3.4]",
)


@pytest.mark.parametrize("host", GOOD)
def test_what_ssh_takes(host: str) -> None:
    assert is_host(host)


@pytest.mark.parametrize("host", BAD)
def test_what_is_not_one_word_for_ssh(host: object) -> None:
    assert not is_host(host)


def test_a_list_names_each_host_once() -> None:
    assert are_hosts(["a", "b"])
    assert not are_hosts(["a", "a"])
    assert not are_hosts("a")


def test_a_profile_with_a_host_that_cannot_be_deployed_to_is_not_recorded(
    machine: Machine,
) -> None:
    refused = machine.fails(1, "set", "profile", "dev", 'deployment.hosts=["a;b"]')
    assert "deployment.hosts: must be a list of different ssh destinations" in refused.error()


def test_the_command_line_has_the_same_rule(machine: Machine) -> None:
    machine.ok("promote", "dev")
    refused = machine.fails(2, "health", "dev", "--to", "a;b")
    assert "not a destination for ssh" in refused.error()

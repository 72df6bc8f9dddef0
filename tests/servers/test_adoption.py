"""Hand fixes on a server that `drift` finds: the commands that adopt them, pasted."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest

from tests.examples import some
from tests.servers.test_rollout import fleet

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.test_rollout import Fleet

__all__ = ["fleet"]

SECRET = "swordfish-by-hand"  # noqa: S105 - a bait

FIXES = {
    # what somebody did on the server, and the values that are the same
    "memory": (["^MemoryMax=.*", "MemoryMax=1500M"], ["resources.memory_max=1500"]),
    "gigabytes": (["^MemoryMax=.*", "MemoryMax=2G"], ["resources.memory_max=2048"]),
    "limits": (
        ["^LimitNOFILE=.*", "LimitNOFILE=9999", "^LimitNPROC=.*", "LimitNPROC=99"],
        ["resources.nofile=9999", "resources.nproc=99"],
    ),
    "user and group": (
        ["^User=.*", "User=svc", "^Group=.*", "Group=svc"],
        ['deployment.user="svc"', 'deployment.group="svc"'],
    ),
    "umask": (["^Restart=", r"UMask=0077\nRestart="], ['deployment.umask="0077"']),
    "port": (["^TSM_PORT=.*", 'TSM_PORT="4445"'], ["ports.tetra=4445"]),
    "health": (["^tetra = 4444", r'tetra = 4444\n[health]\npath = "/up"'], ['health.path="/up"']),
    "what maps to nothing": (["^RestartSec=.*", "RestartSec=9"], []),
    "a secret": ([r"\Z", f"[mail]\\npassword = '{SECRET}-4711'\\n"], []),
}


def after_a_fix(fleet: Fleet, lines: list[str]) -> Path:
    """Deploy, and have somebody change the files on web1."""
    fleet.machine.ok("set", "profile", "dev", 'deployment.hosts=["web1"]')
    fleet.machine.ok("promote", "dev")
    assert fleet.deploy().code == 0
    web1 = fleet.machine.home.parent / "servers/web1"
    (web1 / "edited").write_text("".join(f"{line}\n" for line in lines))
    return web1


@pytest.mark.parametrize("fix", some(FIXES, 1))
def test_what_maps_back_is_offered_and_works_when_pasted(fleet: Fleet, fix: str) -> None:
    lines, values = FIXES[fix]
    machine, web1 = fleet.machine, after_a_fix(fleet, lines)
    found = machine.fails(3, "drift", "dev", "-o", "json")
    assert SECRET not in found.out + found.err
    offered = [line for line in found.err.splitlines() if "to adopt what was changed" in line]
    told = [row["adopt"] for row in json.loads(found.out)]
    if not values:
        assert offered == []
        assert told == [[]] * len(told) != []
        return
    (line,) = offered
    assert line.startswith("tetra-es: web1: to adopt")
    assert told == [line.split("`")[1::2]] * len(told)
    commands = [shlex.split(command)[1:] for command in line.split("`")[1::2]]
    assert commands[0] == ["set", "profile", "dev", *values]
    assert commands[1] == ["promote", "dev"]
    assert commands[2][:4] == ["deploy", "dev", "--to", "web1"]
    if fix == "user and group":
        commands.pop()  # somebody else has to own the folders first, which is said
    for command in commands:
        machine.ok(*command)
    if len(commands) == 3:
        assert not (web1 / "edited").exists()
        machine.ok("drift", "dev")
    for value in values:
        key, _, literal = value.partition("=")
        assert literal in machine.ok("show", "dev").out, key


def test_what_no_value_brings_back_is_replaced_with_the_rest(fleet: Fleet) -> None:
    """Somebody changed the memory, and the env file beside."""
    web1 = after_a_fix(fleet, FIXES["memory"][0])
    (web1 / "known").touch()
    (row, *_) = json.loads(fleet.machine.fails(3, "drift", "dev", "-o", "json").out)
    assert row["adopt"][-1] == "tetra-es deploy dev --to web1 --replace-drift"
    for command in row["adopt"]:
        fleet.machine.ok(*shlex.split(command)[1:])

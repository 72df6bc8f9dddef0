"""`blame --at`, `recipient list --at`: as it was after an event, which is what it was then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.machine import Machine

STEPS = (
    ("promote", "dev"),
    ("identity", "new"),
    ("set", "local", "ports.tetra=4445", "ports.extra=1"),
    (
        "recipient",
        "add",
        "dev",
        "bob",
        "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg",
    ),
    ("promote", "dev"),
    ("unset", "local", "ports.extra"),
    ("secret", "set", "dev", "TOKEN"),
    ("promote", "dev"),
    ("rollback", "dev", "--to", "dev@2"),
    ("recipient", "rm", "dev", "bob"),
)


def asked(machine: Machine, *command: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = machine.ok(*command, "-o", "json").json
    return rows


def test_every_answer_of_then(machine: Machine) -> None:
    commands = (("blame", "dev"), ("blame", "local"), ("recipient", "list", "dev"))
    then = []
    for step in STEPS:
        machine.run(*step, stdin="an old value\n")
        now = [asked(machine, *command) for command in commands]
        then.append((machine.last_position(), now))
    for position, answers in then:
        at = [asked(machine, *command, "--at", str(position)) for command in commands]
        assert at == answers, position
    assert asked(machine, "blame", "dev", "ports", "--at", "dev@2") == [
        row for row in asked(machine, "blame", "dev", "--at", "dev@2") if "ports" in row["key"]
    ]


def test_what_had_changed_since_then(machine: Machine) -> None:
    machine.ok("promote", "dev")
    machine.ok("set", "profile", "dev", "logging.level=error")
    changed = machine.last_position()
    machine.ok("promote", "dev")
    machine.ok("env", "add", "qa", "--profile", "dev")

    def dev(position: int) -> dict[str, Any]:
        rows = machine.ok("status", "--at", str(position), "-o", "json").json["environments"]
        assert [row["environment"] for row in rows] == ["local", "dev", "staging", "prod"]
        (row,) = (row for row in rows if row["environment"] == "dev")
        return dict(row)

    assert dev(changed - 1)["changed_since"] == []
    assert dev(changed)["changed_since"] == ["profile"]
    assert dev(changed)["source"] == "local@1 (behind: profile changed)"
    assert dev(changed + 1)["changed_since"] == []


@pytest.mark.parametrize("command", [("blame", "dev"), ("recipient", "list", "dev")])
def test_before_there_was_anything(machine: Machine, command: tuple[str, ...]) -> None:
    assert asked(machine, *command, "--at", "1") == []
    machine.ok("promote", "dev")
    done = machine.fails(1, "blame", "dev", "ports.tetra", "--at", "2")
    assert done.error().endswith("dev has no key ports.tetra there")

"""`findings`: each kind is found where it is, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tetra_es_cli.commands.findings import findings
from tetra_es_projections.queries.findings import KINDS

if TYPE_CHECKING:
    from tests.machine import Machine

BOB = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg"


def listed(machine: Machine, *kinds: str) -> list[dict[str, Any]]:
    options = [word for kind in kinds for word in ("--kind", kind)]
    done = machine.run("findings", *options, "-o", "json")
    rows: list[dict[str, Any]] = done.json
    assert done.code == (3 if rows else 0), done.err
    return rows


def test_every_kind_can_be_asked_for() -> None:
    (kinds,) = (option for option in findings.params if option.name == "kinds")
    assert isinstance(kinds.type, click.Choice)
    assert list(kinds.type.choices) == list(KINDS)


def test_nothing(machine: Machine) -> None:
    machine.ok("promote", "dev", "-m", "first")
    assert listed(machine) == []
    assert "no findings" in machine.ok("findings").err


def test_a_decision_without_a_reason(machine: Machine) -> None:
    machine.ok("promote", "dev")
    machine.ok("set", "local", "ports.tetra=4445", "-m", "moved")
    (row,) = listed(machine)
    assert (row["kind"], row["environment"], row["event"]) == ("without-reason", "dev", 3)
    assert row["what"] == "alice gave no reason"
    done = machine.run("findings")
    assert (done.code, done.error()) == (3, "1 finding")
    assert listed(machine, "void", "backdated") == []


def test_secrets_that_somebody_could_read_who_left(machine: Machine) -> None:
    machine.ok("promote", "dev", "-m", "first")
    machine.run("identity", "new")
    mine = machine.ok("identity", "show").out.strip()
    machine.run("recipient", "add", "dev", "me", mine, "-m", "x")
    machine.ok("recipient", "add", "dev", "bob", BOB, "-m", "helps")
    for key in ("OLD", "NEW", "GONE"):
        machine.ok("secret", "set", "dev", key, "-m", "x", stdin="an old value")
    assert listed(machine, "to-rotate") == []
    machine.ok("recipient", "rm", "dev", "bob", "-m", "left")
    machine.ok("secret", "set", "dev", "NEW", "-m", "x", stdin="a new value")
    machine.ok("secret", "rm", "dev", "GONE", "-m", "x")
    (row,) = listed(machine, "to-rotate")
    assert (row["environment"], row["subject"]) == ("dev", "OLD")
    assert row["what"] == "bob, who was removed, could read version 1"
    machine.ok("secret", "compromised", "dev", "OLD", "--version", "1", "-m", "seen")
    (row,) = listed(machine, "compromised")
    assert (row["subject"], row["what"]) == (
        "OLD",
        "version 1 is marked as compromised, and present",
    )


def test_an_exception_for_the_scanner(machine: Machine) -> None:
    machine.ok("set", "local", "app.password=hunter2", "--allow", "app.password", "-m", "a sample")
    (row,) = listed(machine, "exception")
    assert row["what"] == "alice let the scanner pass: a sample"


def test_promotions_of_what_the_environment_before_did_not_have(machine: Machine) -> None:
    for name in ("dev", "staging", "prod"):
        machine.ok("promote", name, "-m", "x")
    assert listed(machine) == []
    machine.ok("set", "local", "ports.tetra=4445", "-m", "x")
    machine.ok("promote", "prod", "-m", "urgent")
    (row,) = listed(machine, "out-of-order")
    assert (row["environment"], row["event"]) == ("prod", 7)
    assert row["what"] == "staging did not have local@2 (it had local@1)"
    for name in ("dev", "staging"):
        machine.ok("promote", name, "-m", "x")
    machine.ok("set", "manifest", "promotion.gradual=off", "-m", "x")
    machine.ok("set", "local", "ports.tetra=4446", "-m", "x")
    machine.ok("promote", "prod", "-m", "urgent")
    assert listed(machine) == [row]
    done = machine.ok("findings", "--at", "6", "-o", "json")
    assert done.json == []

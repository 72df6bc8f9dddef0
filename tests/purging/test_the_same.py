"""Each answer about a key is the same after a purge, or says that something was purged."""

from __future__ import annotations

import shutil
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from tests.examples import LONG_TAIL, examples
from tests.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KEYS = ("app.one", "app.two", "ports.tetra")
FILES = ("local", "dev")
NEEDLES = ("needle-one-1", "needle-two-2")


class Step(NamedTuple):
    """One thing that somebody does."""

    kind: str
    key: str
    value: int
    needle: str


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(("set", "set", "leak", "leak", "hide", "unset", "promote", "rollback")),
        st.sampled_from(KEYS),
        st.integers(5001, 5003),
        st.sampled_from(NEEDLES),
    ),
    min_size=4,
    max_size=12,
)


def do(machine: Machine, step: Step) -> None:
    """Do one step; what is refused leaves things as they are."""
    match step.kind:
        case "set":
            machine.run("set", "local", f"{step.key}={step.value}", "-m", "x")
        case "leak":
            leak = f"app.entry={step.needle}"
            machine.run("set", "local", leak, f"{step.key}={step.value}", "-m", "x")
        case "hide":
            machine.run("unset", "local", "app.entry", "-m", "x")
        case "unset":
            machine.run("unset", "local", step.key, "-m", "x")
        case "promote":
            machine.run("promote", "dev", "-m", "x")
        case "rollback":
            machine.run("rollback", "local", "-m", "x")


Values = dict[str, dict[str, Any]]


class Answers(NamedTuple):
    """What an organization says of its keys."""

    now: dict[str, Values]
    """By file and key, as blame lists them."""
    then: dict[tuple[str, int], Values | None]
    """The same as it was after an event; None where that was refused since it was purged."""
    lives: dict[tuple[str, str], list[dict[str, Any]]]
    """By file and key, the rows of its history."""
    whys: dict[tuple[str, str], dict[str, Any] | None]
    found: list[dict[str, Any]]


def rows(machine: Machine, *words: str) -> Any:
    """Return what a command answers; nothing where it says that there is no such thing.

    None where it says that something was purged.
    """
    done = machine.run(*words, "-o", "json")
    if done.code == 0:
        return done.json
    assert done.code in (1, 2, 3), (words, done.err)
    return None if "purged" in done.err else []


def asked(machine: Machine, last: int) -> Answers:
    """Ask for all that there is to know up to a position."""

    def blamed(file: str, *more: str) -> Values | None:
        found = rows(machine, "blame", file, *more)
        return None if found is None else {row["key"]: row for row in found}

    return Answers(
        {file: blamed(file) or {} for file in FILES},
        {(file, at): blamed(file, "--at", str(at)) for file in FILES for at in range(2, last + 1)},
        {(f, key): rows(machine, "history", f, "--key", key) for f in FILES for key in KEYS},
        {(f, key): rows(machine, "why", f, key) for f in FILES for key in KEYS},
        rows(machine, "search", "500"),
    )


def same_or_said(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Check the origin of a value."""
    if after["purged"] is None:
        assert (after["value"], after["event"]) == (before["value"], before["event"])
        return
    assert after["value"] in (None, before["value"])
    if after["one_of"]:
        assert before["event"] in after["one_of"]
    else:
        assert before["event"] == after["event"]


@LONG_TAIL
@examples(3)
@given(STEPS, st.sampled_from(NEEDLES))
def test_answers_are_the_same_or_say_that_they_are_not(
    bare_founded: Path, steps: list[Step], first: str
) -> None:
    with TemporaryDirectory(dir=bare_founded.parent) as folder:
        home = bare_founded.parent / folder / "home"
        shutil.copytree(bare_founded, home, symlinks=True)
        machine = Machine(home)
        for step in steps:
            do(machine, step)
        machine.run("unset", "local", "app.entry", "-m", "clean")
        machine.run("set", "local", "app.last=1", "-m", "something new")
        machine.ok("promote", "dev", "-m", "clean")
        last = machine.last_position()
        before = asked(machine, last)
        for needle in sorted(NEEDLES, key=lambda each: each != first):
            machine.ok("purge", "-m", "it leaked", "--yes", stdin=needle)
            compare(before, asked(machine, last))
        machine.ok("verify")


def compare(before: Answers, after: Answers) -> None:
    """Check each answer against the one before the purge, which is the truth."""
    for file in FILES:
        assert after.now[file].keys() == before.now[file].keys()
        for key, row in after.now[file].items():
            assert row["value"] == before.now[file][key]["value"]
            same_or_said(before.now[file][key], row)
    for asked, then in after.then.items():
        compare_then(before.then[asked] or {}, then)
    for (file, key), life in after.lives.items():
        compare_lives(before, file, key, life)
    for name, why in after.whys.items():
        compare_why(before.whys[name], why)
    compare_found(before.found, after.found)


def compare_then(before: Values, after: Values | None) -> None:
    for key, row in (after or {}).items():
        if key in before:
            same_or_said(before[key], row)
        else:
            assert row["purged"]
            assert row["value"] is None
    missing = before.keys() - (after or {}).keys()
    assert not missing or after is None or any(row["value"] is None for row in after.values())


def compare_lives(before: Answers, file: str, key: str, after: list[dict[str, Any]] | None) -> None:
    def truth(at: int) -> str | None:
        row = (before.then.get((file, at)) or {}).get(key)
        return row["value"] if row else None

    wanted = {row["event"]: row for row in before.lives[file, key]}
    if after is None:
        return
    assert wanted.keys() <= {row["event"] for row in after}
    for row in after:
        at = row["event"]
        if row["purged"] is None:
            assert row == wanted[at]
        else:
            assert row["before"] in (None, truth(at - 1))
            assert row["after"] in (None, truth(at))


def compare_why(before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
    if not before or not after:
        assert after is None or not before
        return
    edited = before["edited"] and before["edited"]["event"]
    if after["purged"] is None:
        assert (after["edited"] and after["edited"]["event"]) == edited
    else:
        assert after["edited"] is None
        assert edited in [row["event"] for row in after["one_of"]]


def compare_found(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    told = [{**row, "summary": ""} for row in before]
    for row in after:
        if row["purged"] is None:
            assert {**row, "summary": ""} in told
        elif row["in_force"] and row["kind"] == "value":
            place = (row["key"], row["where"], row["after"], True)
            assert place in [
                (each["key"], each["where"], each["after"], each["in_force"]) for each in before
            ]

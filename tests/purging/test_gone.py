"""Values that were set, promoted, changed and purged are nowhere in an organization's bytes."""

from __future__ import annotations

import shlex
import shutil
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from tests.examples import THOROUGH, examples
from tests.machine import Machine
from tests.purging.remains import remains
from tests.secrets.leaks import content
from tetra_es.toml.literals import value_literal

if TYPE_CHECKING:
    from pathlib import Path

GENERATED = ("dev", "staging", "prod")

VALUES = st.builds(
    "{}{}{}".format,
    st.sampled_from(("", "postgres://tetra:", "é ")),
    st.text("abcdefgh\"'\\é#=\n", min_size=2, max_size=4),
    st.uuids().map(lambda one: one.hex[:12]),
)
"""Values that nothing else holds, of letters that TOML spells in several ways."""


@dataclass(frozen=True)
class Step:
    """One thing that somebody does."""

    kind: str
    where: str
    value: str


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(("local", "local", "profile", "comment", "promote", "promote", "rollback")),
        st.sampled_from(GENERATED),
        VALUES,
    ),
    min_size=3,
    max_size=9,
)


def do(machine: Machine, step: Step, values: list[str]) -> None:
    """Do one step; what is refused, such as a promotion of nothing new, leaves things as they are.

    The value ends in what no other has, so that it tells whatever is left of it.
    """
    literal = value_literal(step.value)
    match step.kind:
        case "local":
            machine.run("set", "local", f"app.entry={literal}", "-m", "x")
        case "profile":
            machine.run("set", "profile", step.where, f"app.more={literal}", "-m", "x")
        case "comment":
            file = machine.toml("local")
            said = step.value.replace("\n", " ")
            file.write_text(f"{file.read_text()}# {said}\n")
            machine.run("record", "-m", "x")
            values.append(said)
            return
        case "promote":
            machine.run("promote", step.where)
            return
        case "rollback":
            machine.run("rollback", "local")
            return
    values.append(step.value)


def clean(machine: Machine) -> None:
    """Take all of the values out of what is there now."""
    text = "".join(
        line
        for line in machine.toml("local").read_text().splitlines(keepends=True)
        if not line.startswith(("#", "entry = "))
    )
    machine.toml("local").write_text(text)
    if (asked := machine.run("record", "-m", "clean")).code == 3:  # what was set is taken back
        machine.ok(*shlex.split(asked.hint().split("`")[1])[1:], "-m", "clean")
    for name in GENERATED:
        machine.run("unset", "profile", name, "app.more")
        if machine.toml(name).exists():
            machine.ok("set", "local", f"app.{name}=1", "-m", "something new")
            machine.ok("promote", name)


@examples(3 if THOROUGH else 1)
@given(STEPS)
def test_nothing_of_a_purged_value_is_left(bare_founded: Path, steps: list[Step]) -> None:
    with TemporaryDirectory(dir=bare_founded.parent) as folder:
        home = bare_founded.parent / folder / "home"
        shutil.copytree(bare_founded, home, symlinks=True)
        machine, values = Machine(home), list[str]()
        for step in steps:
            do(machine, step, values)
        clean(machine)
        before = [row["hash"] for row in machine.history()]
        recorded = {one for one in values if remains(tail(one), machine)}
        for value in values:
            machine.ok("purge", "-m", "it leaked", "--yes", stdin=value)
            assert remains(tail(value), machine) == []
            assert machine.ok("search", stdin=tail(value)).err.startswith("found nowhere\n")
        purges = machine.ok("verify", "-o", "json").json["purged"]
        assert bool(purges) is bool(recorded)  # a text may have several of them
        assert len(purges) <= len(recorded)
        assert [row["hash"] for row in machine.history()][len(purges) :] == before
        for path in home.rglob("*"):
            data = content(path) if path.is_file() else b""
            assert not any(tail(value).encode() in data for value in values), path


def tail(value: str) -> str:
    """Return the end of a value, which nothing else holds and which is always spelled as it is."""
    return value[-12:]

"""An editor was open while something else was recorded, here or elsewhere."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from tests.hand_edits.people import SECURITY, save

if TYPE_CHECKING:
    from tests.hand_edits.people import People
    from tests.machine import Machine

BOTH = SECURITY.replace("false", "true").replace("level = 1", "level = 2")


def recorded(machine: Machine) -> str:
    return machine.ok("show", "local").out


def received(people: People) -> str:
    """Have bob's file written with what alice recorded; return what his editor has."""
    before = people.bob.toml("local").read_text()
    people.alice.ok("set", "local", "security.alert=true", "-m", "alerts")
    people.send()
    people.bob.ok("record")
    assert "alert = true" in people.bob.toml("local").read_text()
    return before


def hints(failed: str) -> list[list[str]]:
    """Return the commands in a hint, without the program's name."""
    return [shlex.split(part)[1:] for part in failed.split("`")[1::2]]


def test_what_it_saves_with_another_key_is_taken_as_typed_on_the_older_revision(
    people: People,
) -> None:
    buffer = received(people)
    save(people.bob, ("level = 1", "level = 2"), text=buffer)
    done = people.bob.ok("promote", "dev")
    assert recorded(people.bob) == BOTH
    assert people.bob.toml("local").read_text() == BOTH
    assert "merged environments/local.toml, typed on local@2, with local@3" in done.err


def test_the_same_key_as_a_colleague_counts_as_typed_on_what_is_there(people: People) -> None:
    buffer = received(people)
    save(people.bob, ("alert = false", "alert = 3"), text=buffer)
    people.bob.ok("record")
    assert recorded(people.bob) == SECURITY.replace("alert = false", "alert = 3")


def test_the_same_key_beside_one_that_is_back_is_refused_with_both_values(people: People) -> None:
    buffer = people.bob.toml("local").read_text()
    people.alice.ok("set", "local", "security.alert=true", "security.level=7", "-m", "audit")
    people.send()
    people.bob.ok("record")
    mine = save(people.bob, ("level = 1", "level = 2"), text=buffer)
    failed = people.bob.fails(3, "promote", "dev")
    assert "security.level was 1, is 2 in the file, and 7 in local@3" in failed.error()
    assert people.bob.toml("local").read_text() == mine
    people.bob.ok(*hints(failed.hint())[0])
    assert recorded(people.bob) == BOTH


@pytest.mark.parametrize(("choice", "alert"), [(0, "false"), (1, "true")])
def test_what_does_nothing_but_take_it_back_is_refused_with_both_meanings(
    people: People, choice: int, alert: str
) -> None:
    buffer = received(people)
    save(people.bob, text=buffer)
    failed = people.bob.fails(3, "record")
    position = people.bob.last_position()
    assert failed.error() == (
        "environments/local.toml has security.alert as before local@3 "
        f"(#{position} by alice: alerts): that was taken back by hand, or an editor had the file "
        "open since local@2"
    )
    ways = hints(failed.hint())
    assert ways == [["record", "local", "--base", f"local@{n}"] for n in (3, 2)]
    people.bob.ok(*ways[choice])
    assert f"alert = {alert}" in recorded(people.bob)
    assert people.bob.toml("local").read_text() == recorded(people.bob)
    assert people.bob.ok("record").out == "nothing was changed by hand\n"


def test_a_comment_of_a_colleague_that_is_gone_again_is_refused(people: People) -> None:
    buffer = people.bob.toml("local").read_text()
    save(people.alice, ("# how it writes", "# how and where it writes"))
    people.alice.ok("record")
    people.send()
    people.bob.ok("record")
    save(people.bob, text=buffer)
    failed = people.bob.fails(3, "record")
    assert "has lines as before local@3" in failed.error()


def test_an_editor_that_stays_open_keeps_what_a_colleague_recorded(people: People) -> None:
    buffer = save(people.bob, ("level = 1", "level = 2"))
    people.alice.ok("set", "local", "security.alert=true")
    people.send()
    people.bob.ok("record")
    save(people.bob, ("info", "warn"), text=buffer)
    people.bob.ok("record")
    assert recorded(people.bob) == BOTH.replace("info", "warn")


def test_what_was_saved_and_recorded_may_be_taken_back(machine: Machine) -> None:
    """Somebody who edits, records, and edits back again is not asked."""
    machine.toml("local").write_text(SECURITY)
    machine.ok("record")
    save(machine, ("level = 1", "level = 2"))
    machine.ok("record")
    save(machine, ("level = 2", "level = 1"))
    machine.ok("promote", "dev")
    assert recorded(machine) == SECURITY


def test_a_set_in_another_terminal_is_not_taken_back_by_what_an_editor_saves(
    machine: Machine,
) -> None:
    machine.toml("local").write_text(SECURITY)
    machine.ok("record")
    machine.ok("set", "local", "security.alert=true")
    mine = save(machine, ("level = 1", "level = 2"), text=SECURITY)
    failed = machine.fails(3, "promote", "dev")
    assert "has security.alert as before local@3" in failed.error()
    assert machine.toml("local").read_text() == mine
    machine.ok(*hints(failed.hint())[1])
    assert recorded(machine) == BOTH
    assert machine.toml("local").read_text() == BOTH


def editor_while(machine: Machine, assignment: str) -> str:
    """Make an editor that saves another level after somebody has set something."""
    script = machine.home / "editor"
    program = shlex.join(machine.forked().argv("set", "local", assignment))
    script.write_text(
        "#!/bin/sh\nset -e\n"
        f'sed "s/level = 1/level = 2/" "$1" > "$HOME/buffer"\n{program}\ncp "$HOME/buffer" "$1"\n'
    )
    script.chmod(0o755)
    return str(script)


def test_edit_merges_with_what_was_set_while_its_editor_was_open(machine: Machine) -> None:
    machine.toml("local").write_text(SECURITY)
    machine.ok("record")
    done = machine.ok("edit", env={"EDITOR": editor_while(machine, "security.alert=true")})
    assert recorded(machine) == BOTH
    assert machine.toml("local").read_text() == BOTH
    assert "merged environments/local.toml, typed on local@2, with local@3" in done.err


def test_edit_that_is_refused_is_remembered_as_typed_on_its_revision(machine: Machine) -> None:
    machine.toml("local").write_text(SECURITY)
    machine.ok("record")
    failed = machine.run("edit", env={"EDITOR": editor_while(machine, "security.level=7")})
    assert failed.code == 3
    assert "security.level was 1, is 2 in the file, and 7 in local@3" in failed.error()
    machine.ok(*hints(failed.hint())[0])
    assert recorded(machine) == SECURITY.replace("level = 1", "level = 2")


@pytest.mark.parametrize(
    ("base", "code", "said"),
    [
        ("local@99", 2, "there is no local@99"),
        ("dev@1", 2, "'dev@1' is not a revision of a file that is edited"),
        ("local", 2, "'local' is not a revision of a file that is edited"),
    ],
)
def test_a_base_that_is_none_is_told(machine: Machine, base: str, code: int, said: str) -> None:
    save(machine, text=SECURITY)
    assert machine.fails(code, "record", "--base", base).error() == said

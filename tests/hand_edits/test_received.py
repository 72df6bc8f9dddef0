"""Somebody else's events came in between a person's last look at a file and their edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.hand_edits.people import SECURITY, save

if TYPE_CHECKING:
    from tests.hand_edits.people import People
    from tests.machine import Machine


def recorded(machine: Machine) -> str:
    return machine.ok("show", "local").out


def test_an_edit_of_another_key_and_what_a_colleague_recorded_are_both_promoted(
    people: People,
) -> None:
    people.alice.ok("set", "local", "security.alert=true", "-m", "turn alerts on")
    save(people.bob, ("level = 1", "level = 2"))
    people.send()
    done = people.bob.ok("promote", "dev")
    wanted = SECURITY.replace("false", "true").replace("level = 1", "level = 2")
    assert recorded(people.bob) == wanted
    assert people.bob.toml("local").read_text() == wanted
    assert "merged environments/local.toml, typed on local@2, with local@3" in done.err
    assert "by alice: turn alerts on)" in done.err
    assert people.bob.ok("record").out == "nothing was changed by hand\n"
    dev = people.bob.toml("dev").read_text()
    assert "alert = true" in dev
    assert "level = 2" in dev


def test_lines_apart_are_merged_as_they_were_typed(people: People) -> None:
    people.alice.ok("set", "local", "security.alert=true")
    save(people.bob, ('level = "info"', 'level   =   "warn" # quiet'))
    people.send()
    people.bob.ok("record")
    wanted = SECURITY.replace("false", "true").replace(
        'level = "info"', 'level   =   "warn" # quiet'
    )
    assert recorded(people.bob) == wanted


def test_the_same_key_is_refused_with_both_values_and_two_ways_on(people: People) -> None:
    people.alice.ok("set", "local", "security.level=7", "-m", "as the audit says")
    mine = save(people.bob, ("level = 1", "level = 2"), ("alert = false", "alert = true"))
    people.send()
    failed = people.bob.fails(3, "promote", "dev")
    position = people.bob.last_position()
    assert failed.error() == (
        "environments/local.toml: security.level was 1, is 2 in the file, and 7 in "
        f"local@3 (#{position} by alice: as the audit says)"
    )
    assert failed.hint() == (
        "`tetra-es record local --keep mine` takes what is in the file there, "
        "`tetra-es record local --keep theirs` what was recorded"
    )
    assert people.bob.toml("local").read_text() == mine


@pytest.mark.parametrize(("keep", "level"), [("mine", 2), ("theirs", 7)])
def test_what_is_to_be_kept_counts_for_that_key_alone(
    people: People, keep: str, level: int
) -> None:
    people.alice.ok("set", "local", "security.level=7", "logging.level=debug")
    save(people.bob, ("level = 1", "level = 2"), ("alert = false", "alert = true"))
    people.send()
    people.bob.fails(3, "record")
    people.bob.ok("record", "local", "--keep", keep)
    wanted = SECURITY.replace("false", "true").replace("= 1", f"= {level}").replace("info", "debug")
    assert recorded(people.bob) == wanted
    assert people.bob.toml("local").read_text() == wanted


def test_a_secret_that_was_typed_is_not_shown(people: People) -> None:
    people.alice.ok("set", "local", "security.level=7")
    save(people.bob, ("level = 1", 'level = "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"'))
    people.send()
    failed = people.bob.fails(3, "record")
    assert "ghp_" not in failed.err
    assert "looks like" in failed.err


def test_a_dry_run_merges_and_leaves_the_file_alone(people: People) -> None:
    people.alice.ok("set", "local", "security.alert=true")
    mine = save(people.bob, ("level = 1", "level = 2"))
    people.send()
    before = people.bob.last_position()
    done = people.bob.ok("record", "--dry-run")
    assert "would merge environments/local.toml, typed on local@2, with local@3" in done.err
    assert "security.level" in done.out
    assert "security.alert" not in done.out
    assert people.bob.toml("local").read_text() == mine
    assert people.bob.last_position() == before


ARRAYS = '[[rule]]\nname = "a"\n\n[[rule]]\nname = "b"\n\n[other]\nn = 1\n'


@pytest.fixture
def with_arrays(people: People) -> People:
    save(people.alice, text=ARRAYS)
    people.alice.ok("record")
    people.send()
    people.bob.ok("record")
    return people


def test_a_deleted_element_and_a_key_added_to_it_are_refused(with_arrays: People) -> None:
    alice, bob = with_arrays
    save(alice, ('name = "b"\n', 'name = "b"\nport = 1\n'))
    alice.ok("record")
    mine = save(bob, ('[[rule]]\nname = "a"\n\n', ""))
    with_arrays.send()
    failed = bob.fails(3, "record")
    assert "rule was [{" in failed.error()
    assert bob.toml("local").read_text() == mine
    bob.ok("record", "local", "--keep", "mine")
    assert recorded(bob) == mine


def test_an_array_of_tables_and_another_key_are_merged(with_arrays: People) -> None:
    alice, bob = with_arrays
    save(alice, ('name = "b"\n', 'name = "b"\nport = 1\n'))
    alice.ok("record")
    save(bob, ("n = 1", "n = 2"))
    with_arrays.send()
    bob.ok("record")
    assert recorded(bob) == ARRAYS.replace('name = "b"\n', 'name = "b"\nport = 1\n').replace(
        "n = 1", "n = 2"
    )


def test_comments_alone_are_merged_with_a_key(people: People) -> None:
    people.alice.ok("set", "local", "security.alert=true")
    save(people.bob, ("# how it writes", "# how and where it writes"))
    people.send()
    people.bob.ok("record")
    assert recorded(people.bob) == SECURITY.replace("false", "true").replace(
        "# how it writes", "# how and where it writes"
    )


def test_comments_on_the_same_line_as_a_key_that_was_changed_are_refused(people: People) -> None:
    people.alice.ok("set", "local", "security.alert=true", "-m", "on")
    mine = save(people.bob, ("alert = false", "alert = false # not yet"))
    people.send()
    failed = people.bob.fails(3, "record")
    position = people.bob.last_position()
    assert failed.error() == (
        f"environments/local.toml:2: local@3 (#{position} by alice: on) changed the same lines"
    )
    assert people.bob.toml("local").read_text() == mine
    people.bob.ok("record", "local", "--keep", "mine")
    assert recorded(people.bob) == SECURITY.replace("alert = false", "alert = true # not yet")


def test_two_comments_in_one_place_are_refused(people: People) -> None:
    save(people.alice, ("# how it writes", "# how alice has it"))
    people.alice.ok("record")
    save(people.bob, ("# how it writes", "# how bob has it"))
    people.send()
    people.bob.fails(3, "record")
    people.bob.ok("record", "local", "--keep", "theirs")
    assert recorded(people.bob) == SECURITY.replace("# how it writes", "# how alice has it")


def test_another_order_alone_is_merged_with_a_key(people: People) -> None:
    people.alice.ok("set", "local", "logging.level=debug")
    save(people.bob, ("alert = false\nlevel = 1\n", "level = 1\nalert = false\n"))
    people.send()
    people.bob.ok("record")
    assert recorded(people.bob) == SECURITY.replace("info", "debug").replace(
        "alert = false\nlevel = 1\n", "level = 1\nalert = false\n"
    )


def test_another_order_of_a_key_that_was_changed_is_merged_too(people: People) -> None:
    people.alice.ok("set", "local", "security.alert=true")
    save(people.bob, ("alert = false\nlevel = 1\n", "level = 1\nalert = false\n"))
    people.send()
    people.bob.ok("record")
    assert recorded(people.bob) == SECURITY.replace(
        "alert = false\nlevel = 1\n", "level = 1\nalert = true\n"
    )


def test_two_other_orders_are_refused(people: People) -> None:
    lines = ("alert = false\nlevel = 1\n", "level = 1\nalert = false\n")
    save(people.alice, lines, ("level = 1", "extra = 1\nlevel = 1"))
    people.alice.ok("record")
    mine = save(people.bob, lines, ("alert = false", "alert = false\nmore = 2"))
    people.send()
    failed = people.bob.fails(3, "record")
    assert "changed the same lines" in failed.error()
    assert people.bob.toml("local").read_text() == mine


def test_a_manifest_and_an_overlay_are_merged_too(people: People) -> None:
    alice, bob = people
    alice.ok("set", "profile", "prod", "a.one=1")
    people.send()
    bob.ok("record")
    alice.ok("set", "profile", "prod", "b.two=2")
    alice.ok("set", "manifest", "promotion.gradual=advised")
    overlay, manifest = bob.folder / "profiles" / "prod.toml", bob.folder / "manifest.toml"
    overlay.write_text(f"# bob's\n{overlay.read_text()}")
    manifest.write_text(f"{manifest.read_text()}# bob's\n")
    people.send()
    bob.ok("record")
    assert overlay.read_text().startswith("# bob's\n")
    assert bob.ok("record").out == "nothing was changed by hand\n"
    assert "two = 2" in overlay.read_text()
    assert manifest.read_text().endswith("# bob's\n")
    assert 'gradual = "advised"' in manifest.read_text()


def test_a_command_that_was_killed_before_it_wrote_the_file_is_made_up_for(
    people: People,
) -> None:
    people.alice.ok("set", "local", "security.alert=true")
    mine = save(people.bob, ("level = 1", "level = 2"))
    people.send()
    kept = {path: path.read_bytes() for path in people.bob.home.rglob("bases/*.json")}
    people.bob.ok("record")
    before = people.bob.last_position()
    for path, data in kept.items():
        path.write_bytes(data)
    people.bob.toml("local").write_text(mine)
    assert people.bob.ok("record").out == "nothing was changed by hand\n"
    assert people.bob.last_position() == before
    assert people.bob.toml("local").read_text() == recorded(people.bob)
    assert "alert = true" in recorded(people.bob)

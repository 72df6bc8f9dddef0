"""What a file was written as last is known, or asked for; nobody is asked who need not be."""

from __future__ import annotations

import json
import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.hand_edits.people import SECURITY, save

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hand_edits.people import People
    from tests.machine import Machine

BOTH = SECURITY.replace("false", "true").replace("level = 1", "level = 2")


def bases(machine: Machine) -> list[Path]:
    return sorted(machine.home.rglob("bases/*.json"))


def forget(machine: Machine) -> None:
    for path in bases(machine):
        path.unlink()


def as_before_there_were_any(machine: Machine) -> None:
    """Leave views and state folder as a version did that kept no bases."""
    forget(machine)
    with sqlite3.connect(machine.folder / "store" / "views.db") as connection:
        connection.execute("DELETE FROM progress WHERE projection = 'bases'")
    connection.close()


def recorded(machine: Machine) -> str:
    return machine.ok("show", "local").out


def test_they_are_for_the_user_alone(people: People) -> None:
    for path in bases(people.bob):
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert "alert" not in path.read_text()


def test_the_views_tell_it_where_none_were_kept_yet(people: People) -> None:
    save(people.bob, ("level = 1", "level = 2"))
    as_before_there_were_any(people.bob)
    people.alice.ok("set", "local", "security.alert=true")
    people.send()
    people.bob.ok("record")
    assert recorded(people.bob) == SECURITY.replace("false", "true").replace(
        "level = 1", "level = 2"
    )


def test_without_events_of_others_the_first_edit_is_recorded_as_it_is(machine: Machine) -> None:
    mine = save(machine, text=SECURITY)
    as_before_there_were_any(machine)
    machine.ok("promote", "dev")
    assert recorded(machine) == mine


@pytest.mark.parametrize(
    "data",
    [None, b"\0" * 99, b'{"files": {"x": [1]}}'],
    ids=["lost", "zeros", "short"],
)
def test_one_that_is_lost_or_damaged_is_asked_for(people: People, data: bytes | None) -> None:
    mine = save(people.bob, ("level = 1", "level = 2"))
    people.alice.ok("set", "local", "security.alert=true")
    people.send()
    people.bob.ok("show", "local")  # the file is not written: somebody is at work on it
    for path in bases(people.bob):
        path.unlink() if data is None else path.write_bytes(data)
    failed = people.bob.fails(3, "promote", "dev")
    assert failed.error() == (
        "environments/local.toml was changed by hand, and nothing tells on which revision"
    )
    assert "`tetra-es record local --base local@3`" in failed.hint()
    assert people.bob.toml("local").read_text() == mine
    people.bob.ok("record", "--base", "local@2")
    assert recorded(people.bob) == SECURITY.replace("false", "true").replace(
        "level = 1", "level = 2"
    )


def test_it_is_found_by_its_text_where_events_have_other_positions(people: People) -> None:
    save(people.bob, ("level = 1", "level = 2"))
    people.alice.ok("set", "local", "security.alert=true")
    people.send()
    people.bob.ok("show", "local")
    for path in bases(people.bob):
        found = json.loads(path.read_text())
        for fields in found["files"].values():
            fields[0] = 1
        path.write_text(json.dumps(found))
    people.bob.ok("record")
    assert recorded(people.bob) == BOTH


def test_a_folder_that_is_moved_takes_it_along(people: People) -> None:
    mine = save(people.bob, ("level = 1", "level = 2"))
    folder = people.bob.folder.parent
    folder.rename(folder.with_name("moved"))
    folder.symlink_to(folder.with_name("moved"))
    people.bob.ok("record")
    assert recorded(people.bob) == mine


def test_a_file_that_is_an_old_copy_gets_the_newest_content(people: People) -> None:
    old = people.bob.toml("local").read_text()
    people.alice.ok("set", "local", "security.alert=true")
    people.send()
    people.bob.ok("record")
    save(people.bob, text=f"{old}# more\n")
    people.alice.ok("set", "local", "security.level=7")
    people.send()
    people.bob.ok("show", "local")
    forget(people.bob)
    save(people.bob, text=old)
    people.bob.ok("record")
    assert people.bob.toml("local").read_text() == recorded(people.bob)
    assert "alert = true" in recorded(people.bob)


def test_views_that_are_built_again_leave_it(people: People) -> None:
    save(people.bob, ("level = 1", "level = 2"))
    people.alice.ok("set", "local", "security.alert=true")
    people.send()
    people.bob.ok("rebuild")
    assert "level = 2" in people.bob.toml("local").read_text()
    people.bob.ok("record")
    assert recorded(people.bob) == SECURITY.replace("false", "true").replace(
        "level = 1", "level = 2"
    )


def test_another_folder_has_bases_of_its_own(people: People, tmp_path: Path) -> None:
    copy = people.bob.copy(tmp_path / "copy")
    shutil.rmtree(copy.home / ".local")
    shutil.copytree(people.bob.home / ".local", copy.home / ".local")
    copy.ok("record")
    assert len(bases(copy)) == len(bases(people.bob)) + 1


def test_an_overlay_that_a_colleague_recorded_meanwhile_is_not_lost(people: People) -> None:
    alice, bob = people
    alice.ok("set", "profile", "prod", "a.one=1")
    overlay = bob.folder / "profiles" / "prod.toml"
    overlay.parent.mkdir(exist_ok=True)
    overlay.write_text("[set]\nb.two = 2\n")
    people.send()
    failed = bob.fails(3, "record")
    assert "profiles/prod.toml was changed by hand" in failed.error()
    assert "`tetra-es record profile prod --base 'profile prod@1'`" in failed.hint()
    assert overlay.read_text() == "[set]\nb.two = 2\n"
    bob.ok("record", "profile", "prod", "--base", "profile prod@1")
    assert overlay.read_text() == "[set]\nb.two = 2\n"
    assert bob.ok("record").out == "nothing was changed by hand\n"

"""Hints of an organization that is shared."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.hints.case import Case
from tests.sharing.people import bare_repository

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine

HUB = "$HOME/hub.git"


def beside_a_repository(machine: Machine) -> None:
    bare_repository(machine.home / "hub.git")


def shared(machine: Machine) -> None:
    beside_a_repository(machine)
    machine.ok("share", str(machine.home / "hub.git"))


def note_of(machine: Machine) -> Path:
    """Return the file that says where it is shared."""
    (path,) = (machine.home / ".local" / "state").rglob("shared.json")
    return path


def address_damaged(machine: Machine) -> None:
    shared(machine)
    note_of(machine).write_text("{")


def state_lost(machine: Machine) -> None:
    shared(machine)
    shutil.rmtree(machine.home / ".local" / "state")


def others_recorded(machine: Machine) -> None:
    shared(machine)
    second = ("--dir", str(machine.home / "second"))
    machine.ok(*second, "clone", str(machine.home / "hub.git"))
    machine.ok(*second, "set", "local", "ports.tetra=5001")


def forked(machine: Machine) -> None:
    shared(machine)
    hub, other = machine.home / "hub.git", machine.copy(machine.home.with_name("other"))
    shutil.copytree(hub, hub.with_name("older.git"), symlinks=True)
    machine.ok("set", "local", "ports.tetra=5001")
    shutil.rmtree(hub)
    hub.with_name("older.git").rename(hub)
    other.ok("set", "local", "app.others=1")


def moved(machine: Machine) -> None:
    shared(machine)
    other = machine.copy(machine.home.with_name("other"))
    other.ok("share", str(bare_repository(machine.home / "new.git")))


def told_of_the_move(machine: Machine) -> None:
    moved(machine)
    machine.run("pull")


def moved_and_empty(machine: Machine) -> None:
    moved(machine)
    bare_repository(machine.home / "third.git")


def older_store(machine: Machine) -> None:
    shared(machine)
    shutil.copytree(machine.folder, machine.home / "older", symlinks=True)
    machine.ok("set", "local", "ports.tetra=5001")
    machine.ok("pull")
    shutil.rmtree(machine.folder)
    (machine.home / "older").rename(machine.folder)


def remote_before(machine: Machine) -> None:
    beside_a_repository(machine)
    machine.ok("mirror", "add", "origin", str(machine.home / "hub.git"))
    machine.ok("share", str(machine.home / "hub.git"))


def something_waits(machine: Machine) -> None:
    shared(machine)
    folder = note_of(machine).parent / "waiting"
    folder.mkdir()
    (folder / "1.json").write_text("{}")


def folder_gone(machine: Machine) -> None:
    shutil.rmtree(machine.folder)


CASES = [
    Case(
        "`rm {}`, then `tetra-es share URL` says again where it is shared",
        "set local app.a=1",
        address_damaged,
        fill={"URL": HUB},
        then="set local app.a=1",
    ),
    Case(
        "`tetra-es --dir {} --org {} pull` brings what is new; another --dir makes another clone",
        f"clone {HUB}",
        shared,
    ),
    Case(
        "`tetra-es share URL` says it again; `tetra-es unshare` has it alone here",
        "set local app.a=1",
        state_lost,
        fill={"URL": HUB},
        then="set local app.a=1",
    ),
    Case(
        "`tetra-es share URL` shares it by a git repository",
        "pull",
        beside_a_repository,
        fill={"URL": HUB},
        then="pull",
    ),
    Case(
        "`tetra-es share {}` goes there with it, if you know that address",
        "pull",
        moved,
        then="set local app.a=1",
    ),
    Case(
        "the log goes on at {} (`tetra-es share {}`)",
        "status",
        told_of_the_move,
        then="set local app.a=1",
    ),
    Case("`tetra-es share {}`", "share $HOME/third.git", moved_and_empty),
    Case("  a colleague joins with `{}`", f"share {HUB}", beside_a_repository, before=folder_gone),
    Case(
        "`tetra-es pull --rerecord` takes over what is there, and records again what only this "
        "copy has; with --dry-run it says how",
        "pull",
        forked,
        then="set local app.a=1",
    ),
    Case("`tetra-es mirror rm {}` forgets it", "mirror push", remote_before),
    Case("`tetra-es pull` takes them over", "doctor", others_recorded, then="status"),
    Case("`tetra-es pull` takes over what is missing here", "audit checkpoint", older_store),
    Case("behind: #{} is there (`tetra-es pull`)", "status", older_store, then="set local app.a=1"),
    Case(
        "not recorded yet: {} result{} of servers (`tetra-es record`, or any command that records)",
        "status",
        something_waits,
    ),
    Case("`tetra-es share --help` says how; `tetra-es mirror --help` is about copies", "push"),
]

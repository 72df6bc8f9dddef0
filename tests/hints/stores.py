"""Hints about the store, the views and the mirror."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

from tests.first_edition.archive import DEMO, unpack
from tests.hints.case import Case
from tests.integrity import tampering
from tests.mirrors import commit_on, give_work_tree

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine

WHO = ("-c", "user.name=carol", "-c", "user.email=carol@example.org")


def change_store(machine: Machine, statement: str) -> None:
    """Change a store past what guards it."""
    with tampering.opened(machine.store) as store:
        assert store.execute(statement).rowcount


def without_a_ciphertext(machine: Machine) -> None:
    change_store(machine, "DELETE FROM bodies")


def with_another_ciphertext(machine: Machine) -> None:
    change_store(machine, "UPDATE bodies SET content = CAST('x' AS BLOB)")


def with_what_was_before(machine: Machine) -> None:
    """The newest event is in the store alone, as after a command that was cut short."""
    before = machine.home / "before"
    shutil.copytree(machine.folder, before)
    machine.ok("set", "local", "ports.tetra=7777")
    for file in machine.store.parent.glob(f"{machine.store.name}*"):
        shutil.copy(file, before / "store")
    shutil.rmtree(machine.folder)
    before.rename(machine.folder)


def with_an_unreadable_event(machine: Machine) -> None:
    change_store(machine, "UPDATE events SET state = CAST('{}' AS BLOB) WHERE position = 6")


def with_a_forged_recipient(machine: Machine) -> None:
    """The name of a recipient is not the one that was signed."""
    change_store(
        machine,
        "UPDATE events SET state = CAST(replace(CAST(state AS TEXT), 'alice', 'mallo') "
        "AS BLOB) WHERE position = 7",
    )


def with_changed_texts(machine: Machine) -> None:
    change_store(machine, "UPDATE bodies SET content = CAST(content || x'00' AS BLOB)")


def with_the_views_of_another_store(machine: Machine) -> None:
    """In a folder of the first edition, of which nothing is pinned."""
    shutil.rmtree(machine.home)
    unpack(machine.home, DEMO)
    machine.ok("status")
    with closing(sqlite3.connect(machine.folder / "store" / "views.db")) as views:
        views.execute("UPDATE events SET hash = 'another'")
        views.commit()


def without_an_event(machine: Machine) -> None:
    change_store(machine, "DELETE FROM events WHERE position = 6")


def cut_short(machine: Machine) -> None:
    change_store(machine, "DELETE FROM events WHERE position = 9")


def without_store(machine: Machine) -> None:
    """As an `init` leaves it that did not get far."""
    shutil.rmtree(machine.folder)
    machine.folder.mkdir(parents=True)


def with_damaged_views(machine: Machine) -> None:
    (machine.folder / "store" / "views.db").write_bytes(b"no database" * 1000)


def with_an_origin(machine: Machine) -> Path:
    """There is a bare repository, which the mirror may be pushed to."""
    path = machine.home / "origin.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", path], check=True)
    return path


def with_a_remote(machine: Machine) -> None:
    machine.ok("mirror", "add", "origin", str(with_an_origin(machine)))


def with_a_remote_of_others(machine: Machine) -> None:
    with_a_remote(machine)
    clone = machine.home / "theirs"
    git = ["git", "-C", str(clone), *WHO]
    subprocess.run(["git", "clone", "-q", machine.home / "origin.git", clone], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    subprocess.run([*git, "push", "-q", "origin", "HEAD:main"], check=True)


def without_mirror(machine: Machine) -> None:
    shutil.rmtree(machine.mirror)


def with_a_foreign_mirror(machine: Machine) -> None:
    without_mirror(machine)
    subprocess.run(["git", "init", "-q", machine.mirror], check=True)
    machine.git(*WHO, "commit", "-q", "--allow-empty", "-m", "x")


def with_a_stray_commit(machine: Machine) -> None:
    commit_on(machine.mirror, "refs/heads/main")


def without_objects(machine: Machine) -> None:
    shutil.rmtree(machine.mirror / "objects")
    (machine.mirror / "objects").mkdir()


VERIFY = "run `tetra-es verify` to find out what was changed"
TAMPERED = "somebody changed the store; `tetra-es verify` looks at all of it"


def with_views_that_boast(machine: Machine) -> None:
    with closing(sqlite3.connect(machine.folder / "store/views.db")) as views:
        views.execute("UPDATE progress SET position = 9999")
        views.commit()


CASES = [
    Case(
        "it was purged or lost: `tetra-es verify` tells which",
        "secret get dev API_KEY",
        without_a_ciphertext,
        code=4,
    ),
    Case("run `tetra-es verify`", "secret get dev API_KEY", with_another_ciphertext, code=4),
    Case(
        "`tetra-es verify` names the event; a clone of the mirror has the body",
        "rebuild",
        without_a_ciphertext,
        code=4,
    ),
    Case(TAMPERED, "event 6", with_an_unreadable_event, code=4),
    Case(VERIFY, "show dev", with_changed_texts, code=4),
    Case(
        "the store was replaced or lost events: run `tetra-es verify`",
        "mirror push",
        with_the_views_of_another_store,
        code=4,
    ),
    Case(
        TAMPERED,
        "secret get dev API_KEY",
        with_a_forged_recipient,
        code=4,
    ),
    Case(
        "put the newer copy back, or say that this one is right: `tetra-es trust --head {} -m WHY`",
        "promote staging",
        cut_short,
    ),
    Case(
        "`tetra-es init {}` goes on; so does the same import",
        "status",
        without_store,
        then="status",
    ),
    Case("`tetra-es rebuild` builds it again", "status", with_views_that_boast, then="promote dev"),
    Case(
        "`tetra-es mirror rm {}` removes it",
        "mirror add origin elsewhere.git",
        with_a_remote,
        then="mirror add origin elsewhere.git",
    ),
    Case(
        "`tetra-es mirror add origin URL` adds one",
        "mirror push origin",
        with_an_origin,
        fill={"URL": "$HOME/origin.git"},
        then="mirror push origin",
    ),
    Case(
        "added the remote {}: `tetra-es mirror push {}` fills it",
        "mirror add origin $HOME/origin.git",
        with_an_origin,
    ),
    Case(
        "after a purge, --force replaces them; else find out who else pushes there",
        "mirror push origin",
        with_a_remote_of_others,
        options="--force",
    ),
    Case(
        "`tetra-es rebuild` makes the mirror again",
        "mirror list",
        without_mirror,
        then="mirror list",
    ),
    Case(
        "`{}` moves it away; run the command again",
        "promote staging",
        with_a_foreign_mirror,
        then="promote staging",
    ),
    Case("`{}` shows them", "promote staging", with_a_stray_commit),
    Case(
        "`{} {}-history` makes a folder with them",
        "promote staging",
        lambda machine: give_work_tree(machine.mirror),
    ),
    Case(
        "`{}` moves it away, `tetra-es rebuild` makes another; what was recorded is safe",
        "promote staging",
        without_objects,
        then="promote staging",
    ),
]

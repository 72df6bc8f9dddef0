"""Hints of commands that look, and of wrong arguments."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from tests.hints.case import Case
from tests.sharing.people import bare_repository

if TYPE_CHECKING:
    from tests.machine import Machine

HISTORY = "`tetra-es history {}` lists the states of {}"


def no_organization_named(machine: Machine) -> None:
    machine.env["TETRA_ORG"] = ""


def another_organization(machine: Machine) -> None:
    """Ours is shared and not here; another one is named."""
    bare_repository(machine.home / "hub.git")
    machine.ok("share", str(machine.home / "hub.git"))
    shutil.rmtree(machine.folder)
    machine.env["TETRA_ORG"] = "other"


def without_views_rows(machine: Machine) -> None:
    """The views cannot be used."""
    views = machine.folder / "store" / "views.db"
    views.unlink()
    views.mkdir()
    (views / "x").touch()


def without_store(machine: Machine) -> None:
    shutil.rmtree(machine.folder)
    machine.folder.mkdir(parents=True)


def altered(machine: Machine) -> None:
    """The text of an event is not what was signed."""
    with closing(sqlite3.connect(machine.store)) as store:
        for (name,) in store.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            store.execute(f"DROP TRIGGER {name}")
        store.execute(
            "UPDATE events SET state = CAST('{}' AS BLOB) "
            "WHERE topic LIKE '%promoted%' OR topic LIKE '%secret%'"
        )
        store.commit()


CASES = [
    Case("`{} --help` says how it is used", "show"),
    Case("`{} --help` says how it is used", "secret set dev --nope"),
    Case(
        "use --org ORG or TETRA_ORG, or go to its folder; `tetra-es orgs` lists them",
        "status",
        no_organization_named,
    ),
    Case(
        "`tetra-es init {}` creates it, `tetra-es clone URL` makes a replica of a shared one; "
        "`tetra-es orgs` lists what is there",
        "status",
        another_organization,
        fill={"URL": "$HOME/hub.git"},
    ),
    Case(
        "{}this organization has {}; `tetra-es env add {} --profile dev` adds it",
        "promote nosuch",
        then="promote nosuch",
    ),
    Case(
        "`tetra-es profile show {}` shows the rules of its profile, and `tetra-es set profile {} "
        "KEY=VALUE` adds one",
        "unset profile dev ports.tetra",
        fill={"KEY": "ports.tetra", "VALUE": "5555"},
        then="unset profile dev ports.tetra",
    ),
    Case("`tetra-es blame {}` lists its keys", "blame dev no.such"),
    Case("`tetra-es blame {} {}` lists them", "why dev ports"),
    Case("`tetra-es history {}` lists what changed {}", "replay dev --without 1"),
    Case("`tetra-es event REF` shows an event", "findings", fill={"REF": "3"}),
    Case("{}`tetra-es blame {}` lists its keys", "get dev no.such"),
    Case("`tetra-es secret get {} {}` prints it", "get dev API_KEY"),
    Case(
        "`tetra-es diff ENV` or `tetra-es diff ENV@N ENV@M`",
        "diff 1 2 3",
        fill={"ENV": "dev", "N": "1", "M": "2"},
    ),
    Case(HISTORY, "show dev --at staging@1"),
    Case("{}`tetra-es history` lists the events", "show dev --at abcdef1"),
    Case("`tetra-es history` lists the events", "event 2001-01-01"),
    Case("`tetra-es promote {}` generates it", "show prod", then="show prod"),
    Case("{}`tetra-es {}` lists the keys", "history --key no.such"),
    Case("{}`tetra-es {}` lists the keys", "history dev --key no.such"),
    Case("{}`tetra-es {}` lists the keys", "history profile dev --key no.such"),
    Case("add --graph", "history --svg x.svg", options="--graph"),
    Case("`tetra-es history {}` lists its states", "show prod --at 1"),
    Case(
        "`tetra-es history {}` lists the states",
        "bisect local --good local@2 --bad local@1 --run true",
    ),
    Case("such as `tetra-es bisect {} --run -- grep -q 4444`", "bisect local true"),
    Case(
        "`tetra-es history {}` lists the states; --good and --bad name others",
        "bisect local --run true",
    ),
    Case("`tetra-es profile show {}` shows them", "show profile staging"),
]

"""Snapshots in a store of the first edition: nothing reads them, and `verify` compares them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.integrity.conftest import BOB
from tests.integrity.tampering import rejected
from tetra_es.log.canonical import decode, encode

if TYPE_CHECKING:
    from tests.conftest import Machine


@pytest.fixture(scope="session")
def demo(old_demo: Machine) -> Machine:
    """The organization of the first edition, in which `local` has a snapshot."""
    return old_demo


def snapshot(copy: Machine) -> dict[str, Any]:
    with closing(sqlite3.connect(copy.store)) as store:
        ((state,),) = store.execute("SELECT state FROM stored_snapshots").fetchall()
    return decode(state)


def put_snapshot(copy: Machine, statement: str, state: bytes) -> None:
    with closing(sqlite3.connect(copy.store)) as store:
        store.execute(statement, (state,))
        store.commit()


def check_rejected(copy: Machine) -> None:
    """Check that `verify` and the upgrade refuse the store."""
    assert "snapshot" in rejected(copy).error()
    before = copy.store.read_bytes()
    done = copy.run("upgrade", env={"XDG_CONFIG_HOME": str(copy.home / BOB)})
    assert done.code == 4
    assert "snapshot" in done.error()
    assert copy.store.read_bytes() == before


def test_the_untouched_one_is_lawful(copy: Machine) -> None:
    assert snapshot(copy)["state"]["text"]
    copy.ok("verify")


def test_a_snapshot_that_was_changed(copy: Machine) -> None:
    forged = snapshot(copy)
    forged["state"]["text"] = forged["state"]["text"].replace("6666", "6667")
    put_snapshot(copy, "UPDATE stored_snapshots SET state = ?", encode(forged))
    check_rejected(copy)


@pytest.mark.parametrize("state", [b"", b"{}", b"[", b'{"state":5}', b"\xff"])
def test_a_snapshot_that_is_none(copy: Machine, state: bytes) -> None:
    put_snapshot(copy, "UPDATE stored_snapshots SET state = ?", state)
    check_rejected(copy)


@pytest.mark.parametrize(
    "change", ["originator_version = 77", "originator_id = 'env:prod', originator_version = 5",
               "topic = 'environment.edited'"]
)  # fmt: skip
def test_a_snapshot_of_nothing(copy: Machine, change: str) -> None:
    """A snapshot of a version that the stream never had would be taken for its newest state."""
    state = encode(snapshot(copy))
    put_snapshot(copy, f"UPDATE stored_snapshots SET state = ?, {change}", state)
    check_rejected(copy)

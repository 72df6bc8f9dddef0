"""`upgrade`: from the first edition's store to the new one, at whatever instant it is cut short."""

from __future__ import annotations

import os
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from tests.examples import some
from tests.first_edition.archive import DEMO, unpack
from tests.integrity.conftest import BOB, EVENTS
from tetra_es.usecases import upgrade as module

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Machine


@pytest.fixture
def old(tmp_path: Path) -> Machine:
    machine = unpack(tmp_path / "home", DEMO)
    machine.env["XDG_CONFIG_HOME"] = str(machine.home / BOB)
    return machine


def commits(machine: Machine) -> list[str]:
    return machine.git("log", "--reverse", "--format=%H", "main", "--").split()


def check_upgraded(old: Machine, rows: list[dict[str, Any]], ids: list[str]) -> None:
    """Check that all is as before, with the event that says that it was upgraded."""
    newest, *others = old.history()
    assert newest["type"] == "organization.upgraded"
    assert others == rows
    assert commits(old)[:-1] == ids
    old.ok("verify")
    old.ok("set", "local", "ports.tetra=7777")
    old.ok("promote", "dev")
    old.ok("verify")


def test_reading_works_before_and_recording_after(old: Machine) -> None:
    rows, ids = old.history(), commits(old)
    assert "ports.tetra" not in old.fails(1, "set", "local", "ports.tetra=7777").out
    done = old.ok("upgrade", "-m", "the new rules")
    assert f"#{EVENTS + 1}" in done.out
    kept = old.store.with_name("events.db.first-edition")
    assert str(kept) in done.out
    assert kept.exists()
    assert old.history()[0]["reason"] == "the new rules"
    assert "already" in old.ok("upgrade").out
    assert old.last_position() == EVENTS + 1
    check_upgraded(old, rows, ids)


def test_what_a_killed_one_left_is_removed(old: Machine) -> None:
    left = [
        old.store.with_name(f".events.db.upgrading.0123456789abcdef.partial{suffix}")
        for suffix in ("", "-wal", "-shm")
    ]
    for path in left:
        path.write_bytes(b"half of a store")
    old.ok("upgrade")
    assert [path for path in left if path.exists()] == []


def test_what_follows_from_it_cannot_be_written(old: Machine) -> None:
    mirror = old.folder / "history"
    mirror.rename(mirror.with_name("elsewhere"))
    mirror.write_text("in the way\n")
    done = old.run("upgrade")
    assert done.code != 0
    assert f"recorded as #{EVENTS + 1}, but not everything" in done.error()
    mirror.unlink()
    assert "already" in old.ok("upgrade").out
    old.ok("verify")


def test_who_is_not_a_signer_cannot(old: Machine) -> None:
    before = old.store.read_bytes()
    env = {"XDG_CONFIG_HOME": str(old.home / ".config")}  # alice, who left
    assert "not a signer" in old.fails(3, "upgrade", env=env).error()
    assert old.store.read_bytes() == before
    assert sorted(path.name for path in old.store.parent.iterdir() if "db" in path.name) == [
        "events.db",
        "views.db",
    ]


def test_a_new_organization_needs_none(machine: Machine) -> None:
    before = machine.last_position()
    assert "already" in machine.ok("upgrade").out
    assert machine.last_position() == before


STEPS = ("copy_store", "verify_admitted", "_take_name", "sync_folder", "_remove")


@pytest.mark.parametrize(("name", "after"), some(product(STEPS, [False, True]), 2))
def test_cut_short_it_goes_on(
    old: Machine, monkeypatch: pytest.MonkeyPatch, name: str, after: bool
) -> None:
    rows, ids = old.history(), commits(old)
    step: Callable[..., Any] = getattr(module, name)

    def cut(*given: Any, **more: Any) -> Any:
        if after:
            step(*given, **more)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, name, cut)
        assert old.inside("upgrade").code
    assert old.store.exists()
    assert old.ok("show", "dev").out
    # Whichever store is there, nothing is recorded that is not upgraded.
    done = old.run("set", "local", "ports.tetra=7777")
    assert (done.code, "upgrade" in done.hint()) == (1, True)
    old.ok("upgrade")
    check_upgraded(old, rows, ids)


def test_killed_between_the_two_names(old: Machine) -> None:
    os.link(old.store, old.store.with_name("events.db.first-edition"))
    old.ok("upgrade")
    old.ok("verify")


def test_another_file_in_the_way(old: Machine) -> None:
    old.store.with_name("events.db.first-edition").write_text("mine")
    assert "in the way" in old.fails(3, "upgrade").error()
    assert old.store.with_name("events.db.first-edition").read_text() == "mine"
    old.ok("verify")

"""Views and what is kept beside the pins only show: nothing is decided by what somebody put there.

Each command either does what it does where nobody changed anything, or ends with an error.
Deployments are in tests/servers/test_rollout.py.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from hashlib import sha256
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from tests.examples import LONG_TAIL, some
from tetra_es.crypto.ssh.own_key import OwnKey
from tetra_es.crypto.ssh.sshsig import sign
from tetra_es.log.chain import link, signed_bytes
from tetra_es.log.sqlite.reader import SqliteLog

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.machine import Machine

EVE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIq31rP3gOXdhITo7RXMqXYdQbJPTJ5onD62IqWNmqQM"

COMMANDS: dict[str, tuple[str, ...]] = {
    "promote": ("promote", "dev"),
    "promote from": ("promote", "staging", "--from", "dev"),
    "set": ("set", "local", "ports.tetra=7001"),
    "rollback": ("rollback", "dev"),
    "rollback to a revision": ("rollback", "dev", "--to", "dev@1"),
    "rollback to a position": ("rollback", "dev", "--to", "5"),
    "rollback to a commit": ("rollback", "dev", "--to", "COMMIT"),
    "rollback to a time": ("rollback", "dev", "--to", "TIME"),
    "signer list": ("signer", "list", "-o", "json"),
    "signer rm": ("signer", "rm", "bob"),
}

POISONS: dict[str, str] = {
    "another state's position": "UPDATE states SET position = position + 1000",
    "states swapped": "UPDATE states SET revision = 3 - revision + 1000 WHERE environment = 'dev' "
    "AND revision < 3; UPDATE states SET revision = revision - 1000 WHERE revision > 1000",
    "a state more": "INSERT INTO states SELECT environment, 99, 8, time, 99 FROM states "
    "WHERE environment = 'dev' AND revision = 1",
    "states of nobody": "DELETE FROM states",
    "texts": "UPDATE events SET hash = zeroblob(32)",
    "sources": "UPDATE states SET source_revision = 1",
    "times": "UPDATE states SET time = '2020-01-01T00:00:00.000000Z'; "
    "UPDATE events SET time = '2020-01-01T00:00:00.000000Z'",
    "void": "UPDATE events SET void = 'values' WHERE position > 3",
    "void no more": "UPDATE events SET void = NULL",
    "another's stream": "UPDATE events SET stream = 'env:dev', environment = 'dev'",
    "topics": "UPDATE events SET topic = 'signer.removed' WHERE topic = 'signer.added'",
    "commits": "UPDATE commits SET position = -position; UPDATE commits SET position = "
    "CASE position WHEN -3 THEN 5 WHEN -5 THEN 3 ELSE -position END",
    "changes": "UPDATE changes SET after = 'x', before = 'y'; UPDATE latest SET after = 'x'",
    "deployments": "INSERT INTO deployments VALUES (3, 'dev', 'localhost', 'x', 1, 'alice', '', "
    "'2020-01-01T00:00:00Z', 'direct', NULL, NULL, '[]', 'serving', '', '', 3, "
    "'2020-01-01T00:00:00Z', 0)",
    "progress": "UPDATE progress SET position = 9999",
    "progress of files": "UPDATE progress SET position = 9999 WHERE projection = 'files'",
    "progress of the mirror": "UPDATE progress SET position = 9999 WHERE projection = 'mirror'",
    "no progress": "UPDATE progress SET position = 0",
}


@pytest.fixture(scope="module")
def lived(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization with several states of dev. Not to change."""
    machine = founded.copy(tmp_path_factory.mktemp("lived") / "home")
    machine.ok("promote", "dev")
    machine.ok("set", "local", "ports.tetra=5001")
    machine.ok("promote", "dev")
    machine.ok("set", "local", "ports.tetra=5002")
    machine.ok("promote", "dev")
    machine.ok("signer", "add", "bob", EVE)
    machine.ok("set", "local", "ports.tetra=5003")
    return machine


def did(machine: Machine, name: str, lived: Machine) -> dict[str, Any] | None:
    """Return what a command did and printed, None where it ended with an error."""
    words = list(COMMANDS[name])
    if words[-1] == "TIME":
        words[-1] = lived.history()[4]["time"]
    if words[-1] == "COMMIT":
        words[-1] = lived.git("rev-parse", "main~4").strip()
    before = machine.last_position()
    done = machine.run(*words)
    if done.code:
        done.error()
        assert machine.last_position() == before
        return None
    with SqliteLog(machine.store) as log:
        states = [json.loads(record.state) for record in log.records(before)]
    for state in states:
        state.pop("metadata")
        state.pop("timestamp")
    files = {
        str(file.relative_to(machine.folder)): sha256(file.read_bytes()).hexdigest()
        for file in (machine.folder / "environments").iterdir()
    }
    out = done.out.replace(str(machine.home), "") if "-o" in words else ""
    return {"states": states, "files": files, "out": out}


@pytest.fixture(scope="module")
def right(lived: Machine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each command does where nobody changed anything."""
    found = {}
    for name in COMMANDS:
        found[name] = did(lived.copy(tmp_path_factory.mktemp("right") / "home"), name, lived)
    assert None not in found.values()
    return found


@pytest.mark.parametrize("poison", some(POISONS, 1))
def test_views_decide_nothing(
    lived: Machine, right: dict[str, Any], tmp_path: Path, poison: str
) -> None:
    wrong: dict[str, Any] = {}
    for number, name in enumerate(COMMANDS):
        machine = lived.copy(tmp_path / str(number))
        with closing(sqlite3.connect(machine.folder / "store/views.db")) as views:
            views.executescript(f"PRAGMA ignore_check_constraints = ON; {POISONS[poison]}")
        done = did(machine, name, lived)
        if done is not None and done != right[name]:
            wrong[name] = done
    assert not wrong
    machine.ok("rebuild", "--force")
    assert "verified" in machine.ok("verify").out


def test_an_edit_is_never_overwritten_because_of_views(lived: Machine, tmp_path: Path) -> None:
    """Also where they say that it is what was put there."""
    for number, command in enumerate(("set", "promote", "rollback", "signer rm")):
        machine = lived.copy(tmp_path / str(number))
        file = machine.toml("local")
        edited = file.read_text() + "\n[mine]\nx = 1\n"
        file.write_text(edited)
        with closing(sqlite3.connect(machine.folder / "store/views.db")) as views:
            digest = sha256(edited.encode()).hexdigest()
            views.execute(
                "UPDATE files SET digest = ? WHERE path = 'environments/local.toml'", (digest,)
            )
            views.commit()
        machine.run(*COMMANDS[command])
        text = file.read_text() + machine.ok("show", "local").out
        assert "[mine]" in text, command
        machine.run("rebuild", "--force")
        assert "[mine]" in file.read_text(), command


def said_to_be_ours(machine: Machine, path: str, text: str) -> None:
    """Write a user's file; have the views say that it is a generated one, and that no event is in.

    Then the file is one of an event that is no longer believed.
    """
    (machine.folder / path).write_text(text)
    with closing(sqlite3.connect(machine.folder / "store/views.db")) as views:
        digest = sha256(text.encode()).hexdigest()
        views.execute("INSERT INTO files VALUES (?, ?, 1)", (path, digest))
        views.execute("UPDATE progress SET position = 0 WHERE projection = 'files'")
        views.commit()


def test_a_file_that_no_event_made_is_kept(lived: Machine, tmp_path: Path) -> None:
    machine = lived.copy(tmp_path / "home")
    said_to_be_ours(machine, "environments/mine.toml", "x = 1\n")
    done = machine.ok("set", "local", "ports.tetra=7777")
    assert "moved a file that no event made to kept/environments/mine.toml.at-" in done.err
    (kept,) = (machine.folder / "kept/environments").iterdir()
    assert kept.read_text() == "x = 1\n"
    assert "verified" in machine.ok("verify").out


ELSEWHERE = ("../../../mine", "environments/../../mine", "/{home}/mine", "history/HEAD", "mine")


@pytest.mark.parametrize(("path", "changed"), some(product(ELSEWHERE, [False, True]), 3))
def test_nothing_elsewhere_is_touched(
    lived: Machine, tmp_path: Path, path: str, changed: bool
) -> None:
    machine = lived.copy(tmp_path / "home")
    path = path.format(home=machine.home)
    file = machine.folder / path
    text = file.read_text() if file.exists() else "x = 1\n"
    said_to_be_ours(machine, path, text)
    if changed:  # then it is one that was changed by hand
        with closing(sqlite3.connect(machine.folder / "store/views.db")) as views:
            views.execute("UPDATE files SET digest = 'another' WHERE path = ?", (path,))
            views.commit()
    machine.ok("set", "local", "ports.tetra=7777")
    machine.ok("rebuild")
    machine.ok("rebuild", "--force")
    assert file.read_text() == text
    assert "verified" in machine.ok("verify").out


# The checked state beside the pins


def checked_of(machine: Machine) -> Path:
    (folder,) = machine.home.glob(".local/state/tetra-es/*/pin.json")
    return folder.with_name("checked")


def grown(lived: Machine, home: Path) -> Machine:
    """Return a copy for which a checked state was kept, and that went on from there."""
    machine = lived.copy(home)
    for number in range(33):
        machine.ok("set", "local", f"ports.tetra={6000 + number}")
    assert checked_of(machine).exists()
    return machine


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "torn": lambda data: data[: len(data) // 2],
    "zeros": lambda data: bytes(len(data)),
    "another signer": lambda data: data.replace(b"bob", b"eve"),
    "empty": lambda _: b"",
}


@LONG_TAIL
@pytest.mark.parametrize("damage", some(DAMAGE, 1))
def test_a_checked_state_that_is_not_ours_decides_nothing(
    grown_once: Machine, right_later: dict[str, Any], tmp_path: Path, damage: str
) -> None:
    data = DAMAGE[damage](checked_of(grown_once).read_bytes())
    check_decides_nothing(grown_once, right_later, tmp_path, data)


@LONG_TAIL
def test_nor_does_that_of_another_folder(
    grown_once: Machine, right_later: dict[str, Any], bare: Machine, tmp_path: Path
) -> None:
    bare.ok("init", "acme", "--domain", "acme.example")
    other = grown(bare, tmp_path / "other")
    data = checked_of(other).read_bytes()
    check_decides_nothing(grown_once, right_later, tmp_path, data)


def check_decides_nothing(
    source: Machine, right: dict[str, Any], tmp_path: Path, data: bytes
) -> None:
    """Check that commands do what is right where the checked state was replaced."""
    wrong: dict[str, Any] = {}
    for number, name in enumerate(right):
        machine = source.copy(tmp_path / str(number))
        checked_of(machine).write_bytes(data)
        done = did(machine, name, source)
        if done != right[name]:
            wrong[name] = done
    assert not wrong
    assert "verified" in machine.ok("verify").out


LATER = ("promote", "set", "rollback to a revision", "signer list", "signer rm")


@pytest.fixture(scope="module")
def grown_once(lived: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A copy with a checked state. Not to change."""
    return grown(lived, tmp_path_factory.mktemp("grown") / "home")


@pytest.fixture(scope="module")
def right_later(grown_once: Machine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {
        name: did(grown_once.copy(tmp_path_factory.mktemp("later") / "home"), name, grown_once)
        for name in LATER
    }


# A key that was lawful then


def test_a_key_that_was_lawful_signs_another_event_there(lived: Machine, tmp_path: Path) -> None:
    """Every check of the row alone passes; it is not the row that was admitted."""
    wrong = []
    for number, name in enumerate(COMMANDS):
        machine = lived.copy(tmp_path / str(number))
        key = OwnKey(machine.home / ".config/tetra-es/id_ed25519").load()
        with SqliteLog(machine.store) as log:
            record = log.record(5)
            assert record is not None
        state = record.state.replace(b'"reason":""', b'"reason":"forged"')
        assert state != record.state
        parts = (record.stream, record.version, record.topic, state)
        hash_ = link(record.previous, 5, *parts)
        with closing(sqlite3.connect(machine.store)) as store:
            guards = store.execute(
                "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
            ).fetchall()
            for guard, _ in guards:
                store.execute(f"DROP TRIGGER {guard}")
            store.execute(
                "UPDATE events SET state = ?, hash = ?, signature = ? WHERE position = 5",
                (state, hash_, sign(signed_bytes(hash_), key)),
            )
            for _, sql in guards:
                store.execute(sql)
            store.commit()
        before = machine.last_position()
        done = machine.run(*COMMANDS[name]) if "to" not in name.split() else None
        if done and "forged" in done.out:
            wrong.append(name)
        assert "forged" not in machine.run("event", "5").out
        assert machine.run("rollback", "dev", "--to", "5").code == 4
        assert machine.last_position() <= before + 1
        assert machine.run("verify").code == 4
    assert wrong == []

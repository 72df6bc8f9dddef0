"""One bit is flipped in the store's file, on every kind of page.

Either `verify` names it, or no command answers otherwise than before; and before anybody runs
`verify`, no command reads, decrypts, encrypts for, deploys or records what was forged.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from functools import cache, partial
from typing import TYPE_CHECKING

import pytest

from tests.conftest import Machine
from tests.examples import THOROUGH, some
from tests.integrity.pages import KINDS, pages_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Result

EVERY = [*KINDS.values(), "overflow", "freelist"]
FLIPS = 10 if THOROUGH else 2
"""On the pages of each kind."""
ROUNDS = 45 if THOROUGH else 3

READING = (
    ("show", "prod"),
    ("show", "local", "--at", "#5"),
    ("history", "-n", "200", "-o", "json"),
    ("status",),
    ("signer", "list"),
    ("recipient", "list", "dev"),
    ("secret", "get", "dev", "API_KEY"),
    ("secret", "get", "dev", "API_KEY", "--at", "#9"),
    ("deploy", "dev", "--dry-run"),
    ("promote", "staging", "--dry-run"),
)
CHANGING = (
    ("set", "local", "ports.tetra=1234"),
    ("promote", "staging"),
    ("rollback", "dev", "-m", "it was slower"),
    ("signer", "rm", "bob"),
    ("recipient", "rm", "dev", "bob"),
)
STATE = (
    *(("show", name) for name in ("local", "dev", "staging", "prod")),
    ("signer", "list"),
    ("recipient", "list", "dev"),
    ("secret", "export", "dev"),
)
WORDS = ("we moved it", "to another port", "since that one was taken", "by the new proxy")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization, not to change. The store of the long one has pages of every kind."""
    machine = Machine(tmp_path_factory.mktemp("pages"))
    bob = {"XDG_CONFIG_HOME": str(machine.home / "bob")}
    machine.ok("init", "acme", "--domain", "acme.example")
    machine.ok("signer", "add", "bob", machine.ok("signer", "new", env=bob).out.strip())
    for name, env in (("alice", None), ("bob", bob)):
        key = machine.ok("identity", "new", env=env).out.strip()
        machine.ok("recipient", "add", "dev", name, key)
    for number in range(ROUNDS):
        noise = random.Random(number).choices(WORDS, k=400)
        machine.ok("secret", "set", "dev", "API_KEY", stdin=f"{number} {noise}")
        machine.ok("set", "local", f"ports.tetra={5000 + number}", f"note='{' '.join(noise)}'")
    for name in ("dev", "staging", "prod"):
        machine.ok("promote", name)
    machine.ok("set", "local", "ports.tetra=6000")
    machine.ok("promote", "dev")
    machine.ok("secret", "purge", "dev", "API_KEY", "--version", "1", "-m", "leaked")
    return machine


@pytest.fixture(scope="module")
def lawful(
    original: Machine, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., dict[str, str]]:
    """What comes of a command where no bit was flipped."""
    return cache(partial(outcome, original, tmp_path_factory.mktemp("lawful")))


@pytest.mark.parametrize("kind", some(EVERY, 3))
def test_one_flipped_bit(
    original: Machine, lawful: Callable[..., dict[str, str]], tmp_path: Path, kind: str
) -> None:
    pages = [page for page in pages_of(original.store) if page.kind == kind]
    if not pages:
        pytest.skip("this store is too small to have such a page")
    copy = Machine(tmp_path / "copy")
    shutil.copytree(original.home, copy.home, symlinks=True)
    data = copy.store.read_bytes()
    before = [copy.run(*command) for command in READING]
    dice = random.Random(kind)
    for number in range(FLIPS):
        page = dice.choice(pages)
        at = page.start + dice.choice([at for used in page.used for at in used])
        flipped = bytearray(data)
        flipped[at] ^= 1 << dice.randrange(8)
        copy.store.write_bytes(flipped)
        where = f"{kind}, {page.tree}, byte {at}"
        nothing_forged_is_said(copy, before, where)
        command = CHANGING[number % len(CHANGING)]
        after = outcome(copy, tmp_path, command)
        assert after.items() <= lawful(command).items(), (where, command)
        done = copy.run("verify")
        assert done.code in (0, 4), (where, done)
        if done.code == 0:
            assert [copy.run(*command) for command in READING] == before, where
        else:
            done.error()
        copy.store.write_bytes(data)
    copy.ok("verify")


def nothing_forged_is_said(copy: Machine, before: list[Result], where: str) -> None:
    for command, was in zip(READING, before, strict=True):
        done = copy.run(*command)
        # What cannot go on says so; what can answers as of before the damage, and says that.
        assert done.code or done.err or done == was, (where, command, done)


def outcome(machine: Machine, scratch: Path, command: tuple[str, ...]) -> dict[str, str]:
    """Return what commands say of a copy of an organization after `command`, if they can."""
    copy = Machine(scratch / "outcome")
    shutil.copytree(machine.home, copy.home, symlinks=True)
    before = copy.last_position()
    done = copy.run(*command)
    recorded = done.code == 0 or "recorded as #" in done.err
    assert recorded or copy.last_position() == before, (command, done)
    said = {" ".join(each): copy.run(*each) for each in STATE} if done.code == 0 else {}
    shutil.rmtree(copy.home)
    return {each: done.out for each, done in said.items() if done.code == 0 and not done.err}


HIDDEN = {
    "the newest state": "stream = 'env:dev'",
    "the newest secret": "stream = 'secrets:dev'",
    "that a signer was removed": "topic = 'signer.removed'",
    "that a recipient was removed": "topic = 'recipient.removed'",
}


@pytest.mark.parametrize("what", some(HIDDEN, 1))
def test_an_index_that_hides_an_event(original: Machine, tmp_path: Path, what: str) -> None:
    """Sound pages throughout, but for an index that lacks what its table has."""
    copy = Machine(tmp_path / "copy")
    shutil.copytree(original.home, copy.home, symlinks=True)
    copy.ok("signer", "rm", "bob")
    copy.ok("recipient", "rm", "dev", "bob")
    before = [copy.run(*command) for command in READING]
    lawful = {command: outcome(copy, tmp_path, command) for command in CHANGING[:3]}
    hide(copy, HIDDEN[what])
    nothing_forged_is_said(copy, before, what)
    for command, after in lawful.items():
        assert outcome(copy, tmp_path, command).items() <= after.items(), command
    assert "missing from index sqlite_autoindex_events_1" in copy.fails(4, "verify").out


def hide(copy: Machine, condition: str) -> None:
    """Put another index in the place of that of streams: without the newest event of these."""
    statements = (
        "PRAGMA writable_schema = ON",
        "CREATE TABLE hidden (stream TEXT, version INTEGER, UNIQUE (stream, version))",
        f"""
        INSERT INTO hidden (rowid, stream, version) SELECT position, stream, version FROM events
        WHERE position <> (SELECT max(position) FROM events WHERE {condition})
        """,
        """
        UPDATE sqlite_schema SET rootpage =
        (SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_hidden_1')
        WHERE name = 'sqlite_autoindex_events_1'
        """,
        "DELETE FROM sqlite_schema WHERE tbl_name = 'hidden'",
        "PRAGMA writable_schema = RESET",
    )
    with closing(sqlite3.connect(copy.store, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)

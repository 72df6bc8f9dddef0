"""An answer as of a REF is the same at every later head, byte for byte."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.cli.test_void import TIME, sign
from tests.examples import LONG_TAIL
from tests.first_edition.archive import copy_of
from tests.snapshot.take import prepared

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.machine import Machine

HEAD = 121
"""Of the archive: it has imported and backdated events, hosts, secrets and signers who left."""

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g"
BOB = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg"
REVISIONS = {"local": 10, "dev": 15, "qa": 2, "staging": 2}
"""Of the archive, those that are over: the newest stands until another one begins, and what is set
meanwhile belongs to it."""
KEYS = ("ports.tetra", "logging.level", "resources.nofile", "services.tetra.command")

QUESTIONS = (
    "show {environment} --at {ref}",
    "show {environment} --secrets --at {ref}",
    "show manifest --at {ref}",
    "get {environment} {key} --at {ref}",
    "diff {environment}@1 {ref}",
    "diff {ref} {ref}",
    "blame {environment} --at {ref}",
    "why {environment} {key} --at {ref}",
    "hosts --at {ref}",
    "status --at {ref}",
    "signer list --at {ref}",
    "recipient list {environment} --at {ref}",
    "secret exposure @{environment} --at {ref}",
    "search 4 --at {ref}",
    "findings --at {ref}",
    "replay {environment} --without 13 --at {ref}",
    "history --until {time}",
    "history {environment} --until {time} --changes",
)
FORMS = (("-o", "json"), (), ("-o", "csv"))


def _edit(machine: Machine) -> None:
    machine.ok("set", "local", "ports.tetra=6001", "resources.nofile=8192", "-m", "later")
    machine.ok("promote", "dev", "-m", "later")
    machine.ok("set", "profile", "dev", "logging.level=error")
    machine.ok("promote", "dev")
    machine.ok("rollback", "dev", "--to", "dev@8", "-m", "too late")


def _secrets(machine: Machine) -> None:
    machine.ok("secret", "set", "dev", "API_KEY", "-m", "rotated", stdin="another value")
    machine.ok("recipient", "add", "dev", "bob", BOB)
    machine.ok("secret", "rm", "staging", "TOKEN")
    machine.ok("secret", "compromised", "dev", "DB_PASSWORD", "--version", "2", "-m", "seen")


def _people(machine: Machine) -> None:
    machine.ok("set", "manifest", "domain=other.example", "-m", "moved")
    sign(
        machine, "org", "signer.added", signer="carol", key=KEY, may=None, class_version=2
    )  # backdated to TIME
    machine.ok("signer", "rm", "carol", "-m", "a mistake")
    sign(machine, "org", "org.renamed", name="void")
    machine.ok("env", "rm", "qa", "-m", "not needed")


def _hosts(machine: Machine) -> None:
    machine.ok("host", "forget", "web1", "--env", "dev", "-m", "gone")
    machine.ok("undo", "120", "-m", "keep them")
    machine.ok("promote", "dev", "-m", "on")
    machine.ok("promote", "staging", "-m", "on")


LATER = (_edit, _secrets, _people, _hosts)


class Asked(NamedTuple):
    """A question, and what was answered."""

    words: tuple[str, ...]
    code: int
    out: bytes
    error: str


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization with all that there is, upgraded. For copies alone."""
    old = prepared(tmp_path_factory.mktemp("archive") / "home")
    new = copy_of(old, tmp_path_factory.mktemp("upgraded") / "home")
    new.ok("upgrade")
    return new


def a_time(chance: random.Random) -> str:
    """Return a time before that of every event that is recorded later, also a backdated one."""
    year, month = chance.choice(((2023, chance.randint(1, 12)), (2025, chance.randint(1, 5))))
    return f"{year}-{month:02}-{chance.randint(1, 28):02}T{chance.randint(0, 23):02}:30Z"


def a_question(chance: random.Random, commits: list[str]) -> tuple[str, ...]:
    environment = chance.choice([*REVISIONS])
    refs = (
        str(chance.randint(1, HEAD)),
        f"{environment}@{chance.randint(1, REVISIONS[environment])}",
        a_time(chance),
        chance.choice(commits),
    )
    words = chance.choice(QUESTIONS).format(
        environment=environment,
        key=chance.choice(KEYS),
        ref=chance.choice(refs),
        time=a_time(chance),
    )
    return (*words.split(), *chance.choice(FORMS))


def ask(machine: Machine, words: tuple[str, ...]) -> Asked:
    done = machine.run(*words)
    error = done.err.splitlines()[0] if done.code == 1 else ""
    return Asked(words, done.code, done.out.encode(), error)


def check(machine: Machine, number: int, later: tuple[Callable[[Machine], None], ...]) -> None:
    """Ask at each head, and again at all that follow."""
    chance = random.Random(number)
    commits = [row["hash"][:12] for row in machine.history()][-HEAD:]
    asked: list[Asked] = []
    for go_on in later:
        asked += [ask(machine, a_question(chance, commits)) for _ in range(number // len(later))]
        go_on(machine)
        for one in asked:
            assert ask(machine, one.words) == one
    assert sum(one.code == 0 and bool(one.out) for one in asked) > number // 3


def test_some_answers_stay(archive: Machine, tmp_path: Path) -> None:
    check(archive.copy(tmp_path / "home"), 8, (_edit, _people))


@LONG_TAIL
def test_answers_stay(archive: Machine, tmp_path: Path) -> None:
    check(archive.copy(tmp_path / "home"), 200, LATER)


def test_an_event_that_is_dated_back_is_told(machine: Machine) -> None:
    """A time finds what is dated before it, whenever that was recorded; a position does not."""
    last = machine.last_position()
    before = machine.ok("signer", "list", "--at", str(last)).out
    position = sign(
        machine, "org", "signer.added", signer="carol", key=KEY, may=None, class_version=2
    )
    assert machine.ok("signer", "list", "--at", str(last)).out == before
    assert "carol" in machine.ok("signer", "list", "--at", TIME).out
    found = machine.fails(3, "findings", "--kind", "backdated", "-o", "json").json
    assert position in [row["event"] for row in found]

"""An answer as of a REF is the same at every later head, byte for byte."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.cli.test_void import METADATA, TIME, sign
from tests.clocks import dated, reached
from tests.examples import LONG_TAIL
from tests.first_edition.archive import copy_of
from tests.snapshot.take import prepared
from tetra_es.refs import format_time

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
    "history --since 2025-01-01 --until {time}",
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
    machine.ok("undo", "120", "-m", "keep them")
    machine.ok("promote", "dev", "-m", "on")
    machine.ok("promote", "staging", "-m", "on")


def _backdate(machine: Machine) -> None:
    """Record with a clock that is years behind, and with the very time of the newest event."""
    with dated("2024-02-03T04:05:06Z"):
        machine.ok("set", "local", "ports.tetra=6002", "logging.level=debug", "-m", "long ago")
        machine.ok("promote", "dev", "-m", "long ago")
        machine.ok("set", "manifest", "domain=old.example", "-m", "long ago")
        machine.ok("set", "profile", "dev", "logging.level=warn", "-m", "long ago")
        machine.ok("recipient", "add", "staging", "dave", BOB)
        machine.ok("secret", "set", "dev", "API_KEY", "-m", "long ago", stdin="an old value")
    with dated(reached(machine)):
        machine.ok("set", "local", "ports.tetra=6003", "-m", "at the same time")
        machine.ok("promote", "dev", "-m", "at the same time")


def _late(machine: Machine) -> None:
    """Record what happened on hosts long after it did, as what could not be recorded at once."""
    for time, word in (("2025-03-10T10:00:00.000000Z", "stopped"), (TIME, "restarted")):
        sign(
            machine,
            "deployments:dev@web1",
            f"host.{word}",
            timestamp=time,
            metadata=METADATA | {"recorded": reached(machine)},
            environment="dev",
            host="web1",
            services=[],
        )
    with dated("2025-02-03T04:05:06Z"):
        machine.ok("host", "forget", "web1", "--env", "dev", "-m", "long ago")


def _future(machine: Machine) -> None:
    """Record far in the future: a void event, a valid one, then that this was wrong."""
    sign(machine, "org", "org.renamed", name="void", timestamp="2099-01-01T00:00:00.000000Z")
    with dated("2098-01-01T00:00:00Z"):
        machine.ok("set", "local", "ports.tetra=6004", "-m", "in the future")
    machine.fails(3, "promote", "dev")
    machine.ok("promote", "dev", "--clock-was-wrong", "-m", "nobody set the clock")
    machine.ok("set", "local", "ports.tetra=6005", "-m", "and on")


LATER = (_edit, _backdate, _secrets, _late, _people, _future, _hosts)


def listed(machine: Machine, *words: str) -> set[int]:
    return {row["event"] for row in machine.history(*words)}


def moments(machine: Machine) -> list[str]:
    """Return each instant from which on an event counts, and the one before it, in order."""
    last = machine.last_position()
    each = [machine.ok("event", str(one), "-o", "json").json for one in range(1, last + 1)]
    times = {one["effective"] for one in each if one["type"] != "environment.imported"}
    return sorted(times | {just_before(one) for one in times})


def just_before(time: str) -> str:
    return format_time(datetime.fromisoformat(time) - timedelta(microseconds=1))


def check_periods(machine: Machine, chance: random.Random, number: int) -> None:
    """Compare lists of periods with the positions that answers as of their ends are of.

    An event counts by then or not: so the list of a period is the difference of these answers.
    """
    _, _, *times = moments(machine)
    whole, local = listed(machine), listed(machine, "local")
    for _ in range(number):
        since, until = sorted(chance.choices(times, k=2))
        first, last = (
            machine.ok("event", one, "-o", "json").json["event"]
            for one in (just_before(since), until)
        )
        period = ("--since", since, "--until", until)
        assert listed(machine, *period) == {one for one in whole if first < one <= last}, period
        here = {one for one in local if first < one <= last}
        assert listed(machine, "local", *period) == here, period


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


def a_time(chance: random.Random, times: list[str]) -> str:
    """Return a time that is over: any, or that of an event, as it is printed."""
    year, month = chance.choice(((2023, chance.randint(1, 12)), (2025, chance.randint(1, 12))))
    any_ = f"{year}-{month:02}-{chance.randint(1, 28):02}T{chance.randint(0, 23):02}:30Z"
    return chance.choice((any_, chance.choice(times), times[-1]))


def a_question(chance: random.Random, commits: list[str], times: list[str]) -> tuple[str, ...]:
    environment = chance.choice([*REVISIONS])
    refs = (
        str(chance.randint(1, HEAD)),
        f"{environment}@{chance.randint(1, REVISIONS[environment])}",
        a_time(chance, times),
        chance.choice(commits),
    )
    words = chance.choice(QUESTIONS).format(
        environment=environment,
        key=chance.choice(KEYS),
        ref=chance.choice(refs),
        time=a_time(chance, times),
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
        over = reached(machine)
        times = sorted({over, *(one["time"] for one in machine.history() if one["time"] < over)})
        asked += [
            ask(machine, a_question(chance, commits, times)) for _ in range(number // len(later))
        ]
        go_on(machine)
        for one in asked:
            assert ask(machine, one.words) == one
    assert sum(one.code == 0 and bool(one.out) for one in asked) > number // 3


def test_some_answers_stay(archive: Machine, tmp_path: Path) -> None:
    check(archive.copy(tmp_path / "home"), 8, (_edit, _people))


@LONG_TAIL
def test_answers_stay(archive: Machine, tmp_path: Path) -> None:
    machine = archive.copy(tmp_path / "home")
    check(machine, 210, LATER)
    check_periods(machine, random.Random(7), 60)
    machine.ok("rebuild")
    machine.ok("verify")


def test_a_revision_means_one_moment(archive: Machine) -> None:
    """An answer as of it is as of its last moment, whatever is asked."""
    end = archive.ok("event", "dev@8", "-o", "json").json["event"] - 1
    for question in QUESTIONS:
        if "{ref}" in question and not question.startswith(("diff", "show manifest")):
            words = partial(question.format, environment="dev", key=KEYS[0])
            answer = ask(archive, tuple(words(ref="dev@7").split()))
            same = ask(archive, tuple(words(ref=end).split()))
            assert answer == same._replace(words=answer.words)
            assert answer.code in {0, 3}


def test_the_list_of_a_period_is_the_difference_of_answers(machine: Machine) -> None:
    """Also where a time was in the future and was corrected, and around a void event."""
    for time in ("2020-01-01T00:00:00Z", "2098-01-01T00:00:00Z"):
        with dated(time):
            machine.ok("set", "local", f"ports.tetra={time[2:4]}", "-m", time)
    sign(machine, "org", "org.renamed", name="void", timestamp="2099-01-01T00:00:00.000000Z")
    machine.ok("promote", "dev", "--clock-was-wrong", "-m", "nobody set the clock")
    sign(machine, "org", "org.renamed", name="void", timestamp="2099-01-01T00:00:00.000000Z")
    machine.ok("set", "local", "ports.tetra=1", "-m", "on")
    check_periods(machine, random.Random(1), 4)


def test_an_event_that_is_dated_back_is_told(machine: Machine) -> None:
    """It counts from when it was recorded, and is a finding."""
    last, over = machine.last_position(), reached(machine)
    before = machine.ok("signer", "list", "--at", over).out
    position = sign(
        machine, "org", "signer.added", signer="carol", key=KEY, may=None, class_version=2
    )
    assert machine.ok("signer", "list", "--at", over).out == before
    assert machine.ok("signer", "list", "--at", str(last)).out == before
    assert "carol" not in machine.run("signer", "list", "--at", TIME).out
    assert "carol" in machine.ok("signer", "list", "--at", reached(machine)).out
    found = machine.fails(3, "findings", "--kind", "backdated", "-o", "json").json
    assert position in [row["event"] for row in found]

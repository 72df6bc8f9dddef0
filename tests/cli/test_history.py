"""`history`: which events, by what, and what they changed."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Machine


@pytest.fixture(scope="module")
def told(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """#1 organization, #2 local@1, then what is done here."""
    machine = founded.copy(tmp_path_factory.mktemp("history") / "home")
    machine.ok("set", "local", "ports.tetra=4470", "ports.metrics=9999", "-m", "Ask for 4470")
    machine.ok("promote", "dev")  # 4
    machine.ok("set", "profile", "dev", "logging.level=trace", "-m", "quieter (no)")  # 5
    machine.ok("set", "manifest", "domain=acme.example.org")  # 6
    machine.ok("set", "local", "ports.tetra=4480")  # 7
    machine.ok("unset", "local", "ports.metrics")  # 8
    return machine


def events(machine: Machine, *words: str) -> list[int]:
    return [row["event"] for row in machine.history(*words)]


def test_the_history_of_a_table_has_the_values_of_what_is_below_it(told: Machine) -> None:
    rows = told.history("local", "--key", "ports")
    assert [(row["event"], row["key"], row["before"], row["after"]) for row in rows] == [
        (8, "ports.metrics", "9999", None),
        (7, "ports.tetra", "4470", "4480"),
        (3, "ports.metrics", None, "9999"),
        (3, "ports.tetra", "4444", "4470"),
        (2, "ports.tetra", None, "4444"),
    ]
    assert events(told, "local", "--key", "ports", "-n", "3") == [8, 7, 3, 3]  # of 3 events
    out = told.ok("history", "local", "--key", "ports", "-n", "1").out
    assert out.splitlines()[1].split()[3:6] == ["ports.metrics", "9999", "-"]


def test_changes_are_a_row_for_each_key(told: Machine) -> None:
    text = told.ok("history", "local", "--changes", "-n", "3", "-o", "csv").out
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [(row["event"], row["key"], row["before"], row["after"]) for row in rows] == [
        ("8", "ports.metrics", "9999", ""),
        ("7", "ports.tetra", "4470", "4480"),
        ("3", "ports.metrics", "", "9999"),
        ("3", "ports.tetra", "4444", "4470"),
    ]
    whole = told.history("--changes")
    assert {row["event"] for row in whole} == set(range(1, 9))
    assert [row["key"] for row in whole if row["event"] == 5] == ["set.logging.level"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("manifest",), [6, 1]),
        (("profile", "dev"), [5]),
        (("profile dev",), [5]),
        (("profile", "staging"), []),
        (("manifest", "--key", "domain"), [6, 1]),
        (("profile", "dev", "--key", "set.logging.level"), [5]),
        (("dev",), [5, 4]),
        (("--grep", "4470"), [3]),
        (("--grep", "ask FOR"), [3]),
        (("--grep", r"\(no\)$"), [5]),
        (("--grep", "^edit", "-n", "2"), [8, 7]),
        (("--grep", "^edit", "-n", "2", "--reverse"), [7, 8]),
        (("local", "--reverse"), [2, 3, 7, 8]),
        (("local", "--before", "8", "-n", "2"), [7, 3]),
        (("local", "--after", "3"), [8, 7]),
        (("--before", "5", "--after", "2", "--key", "ports.tetra"), [4, 3]),
        (("--since", "2h", "-n", "1"), [8]),
        (("--since", "1h ago", "-n", "1"), [8]),
        (("--since", "yesterday", "-n", "1"), [8]),
        (("--since", "today", "--until", "today", "-n", "1"), [8]),
        (("--until", "now", "-n", "1"), [8]),
        (("--until", "3d"), []),
        (("--until", "yesterday"), []),
        (("--until", "2w"), []),
    ],
)
def test_what_is_asked_for(told: Machine, words: tuple[str, ...], found: list[int]) -> None:
    assert events(told, *words) == found


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (("--actor", "alise"), "alise is not a signer, and never recorded anything", "alice"),
        (("--type", "environment.edit"), "no event is of type environment.edit", "nment.edited"),
        (("--type", "secrte"), "no event is of type secrte", "secret"),
        (("--key", "port.tetra"), "no file ever had the key port.tetra", "ports.tetra"),
        (("dev", "--key", "domain"), "dev never had the key domain", "tetra-es blame dev"),
        (("manifest", "--key", "domains"), "manifest never had the key domains", "domain"),
        (("profile", "dve"), "unknown environment: dve", "did you mean dev?"),
        (("--grep", "a("), "not a regular expression: 'a('", "backslash"),
        (("--since", "two days"), "not a date or time: 'two days'", "2h, 3d or yesterday"),
        (("--since", "2h", "--until", "3h"), "the period ends before it begins", "is of today"),
        (("profile",), "which environment's profile?", "profile followed by ENV"),
        (("dev", "staging"), "too many arguments", "tetra-es history --help"),
    ],
)
def test_what_never_was_is_an_error(
    told: Machine, words: tuple[str, ...], error: str, hint: str
) -> None:
    done = told.fails(2, "history", *words)
    assert error in done.error()
    assert hint in done.hint()


@pytest.mark.parametrize(
    "words", [("--type", "secret"), ("--type", "signer.removed"), ("prod",), ("--key", "backup")]
)
def test_what_could_be_and_is_not_there_is_none(told: Machine, words: tuple[str, ...]) -> None:
    if words[0] == "--key":
        words = (*words, "--until", "3d")
    done = told.ok("history", *words)
    assert (done.out, done.err) == ("", "no such events\n")


@pytest.mark.parametrize(
    ("ref", "event"),
    [
        ("manifest@2", 6),
        ("manifest@prev", 1),
        ("profile dev@1", 5),
        ("profile@1", 5),
        ("local@prev", 7),
        ("@local@prev", 7),
    ],
)
def test_revisions_of_every_file_are_refs(told: Machine, ref: str, event: int) -> None:
    assert told.ok("event", ref, "-o", "json").json["event"] == event


def test_the_one_before_where_there_is_one_alone(told: Machine) -> None:
    assert told.fails(1, "event", "dev@prev").error() == "there is no dev@prev"
    assert told.fails(1, "event", "prod@prev").error() == "there is no prod@prev"
    error = told.fails(2, "show", "dev", "--at", "manifest@1").error()
    assert error == "manifest@1 is a state of manifest, not of dev"


def test_a_profile_that_could_be_of_several(founded: Machine, bare: Machine) -> None:
    machine = founded.copy(bare.home / "two")
    machine.ok("set", "profile", "dev", "logging.level=trace")
    machine.ok("set", "profile", "prod", "logging.level=error")
    done = machine.fails(2, "event", "profile@1")
    assert done.error() == "profile@1: which environment's profile?"
    assert done.hint() == "'profile dev@1' or 'profile prod@1'"
    assert machine.ok("event", "profile prod@1", "-o", "json").json["event"] == 4


def test_an_event_is_named_by_its_hash(told: Machine) -> None:
    for row in told.history():
        for digits in (7, 12, 40, 64):
            found = told.ok("event", row["hash"][:digits].upper(), "-o", "json").json
            assert found["event"] == row["event"]
        commit = found["commit"]
        assert told.ok("event", commit, "-o", "json").json["event"] == row["event"]
    (newest, *_) = told.history("local")
    assert told.ok("show", "local", "--at", newest["hash"]).out == told.ok("show", "local").out
    error = told.fails(1, "event", "0" * 12).error()
    assert error == f"{'0' * 12} is neither the hash of an event nor its commit"


def test_times_are_printed_in_the_zone_that_was_chosen(told: Machine) -> None:
    """A time says its zone: https://github.com/docker/cli/issues/2552 and
    https://github.com/Miserlou/Loop/issues/21.
    """

    def times(*zone: str) -> list[str]:
        lines = told.ok(*zone, "history").out.splitlines()[1:]
        return [line.split()[1] for line in lines]

    assert all(time.endswith("Z") for time in times())
    assert all(time.endswith("+05:30") for time in times("--tz", "+05:30"))
    assert all(time.endswith("+05:30") for time in times("--tz", "Asia/Kolkata"))
    assert times("--tz", "local") == times("--tz", "UTC") == times()
    done = told.run("--tz", "local", "history", "-n", "1", env={"TZ": "XYZ-3"})
    assert "+03:00" in done.out
    assert "+03:00" in told.run("--tz", "local", "event", "3", env={"TZ": "XYZ-3"}).out
    error = told.fails(2, "--tz", "Europe/Nowhere", "history").error()
    assert error == "not a time zone: 'Europe/Nowhere'"


def test_a_time_without_a_zone_is_of_the_one_that_was_chosen(told: Machine) -> None:
    (row, *_) = told.history("-n", "1")
    hour, rest = row["time"][11:13], row["time"][13:19]
    day = row["time"][:10]
    assert events(told, "--since", f"{day}T{hour}{rest}") != []
    later = ("--tz", "-01:00", "history", "--since", f"{day}T{hour}{rest}")
    assert told.ok(*later).err == "no such events\n"  # an hour after it


@pytest.mark.parametrize(
    "words",
    [
        *("--key ports", "--key ports --before 8 --after 2", "dev --key ports -n 1"),
        *("--key ports --actor alice --since 1h", "local --key ports --type environment.edited"),
    ],
)
def test_a_table_with_very_many_keys_has_the_same_history(
    told: Machine, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = told.history(*words.split())
    assert rows
    monkeypatch.setattr("tetra_es_projections.queries.tables.event_table._PLACES", 1)
    assert told.history(*words.split()) == rows

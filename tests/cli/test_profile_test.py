"""`profile test`: what promotions would have made under another overlay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.machine import Machine


@pytest.fixture
def story(machine: Machine) -> Machine:
    """Three promotions of dev, #3, #6 and #8, and a rollback."""
    machine.ok("promote", "dev")
    machine.ok("set", "local", "ports.tetra=4555")
    machine.ok("set", "profile", "dev", 'logging.level="warn"')
    machine.ok("promote", "dev")
    machine.ok("set", "local", "app.retries=31337")
    machine.ok("promote", "dev")
    machine.ok("rollback", "dev")
    return machine


def asked(machine: Machine, text: str, *more: str) -> list[dict[str, Any]]:
    (machine.home / "other.toml").write_text(text)
    before = machine.last_position()
    rows: list[dict[str, Any]] = machine.ok(
        "profile", "test", "dev", "other.toml", *more, "-o", "json"
    ).json
    assert machine.last_position() == before
    return rows


def test_each_promotion_from_its_own_source(story: Machine) -> None:
    rows = asked(story, '[set]\n"logging.level" = "warn"\n"app.retries" = 9\n')
    found = [(row["event"], row["key"], row["recorded"], row["would_be"]) for row in rows]
    assert found == [
        (3, "logging.level", '"debug"', '"warn"'),
        (3, "app.retries", None, "9"),
        (6, "app.retries", None, "9"),
        (8, "app.retries", "31337", "9"),
    ]
    assert [row["state"] for row in rows] == ["dev@1", "dev@1", "dev@2", "dev@3"]
    assert [row["source"] for row in rows][-1] == "local@3"


def test_from_a_ref_on(story: Machine) -> None:
    rows = asked(story, '[set]\n"logging.level" = "info"\n', "--since", "dev@2")
    assert [row["event"] for row in rows] == [6, 8]


def test_from_a_time_on(story: Machine) -> None:
    """It stands for its beginning, as wherever something is wanted since then."""
    rows = story.history("--type", "environment.promoted", "--reverse")
    first, second, third = (row["time"] for row in rows)
    for since, events in (
        ("today", [3, 6, 8]),
        ("1h", [3, 6, 8]),
        ("2020-01-01", [3, 6, 8]),
        (first[:10], [3, 6, 8]),
        (first, [3, 6, 8]),
        (second, [6, 8]),
        (third, [8]),
        ("2199-01-01", []),
    ):
        rows = asked(story, '[set]\n"logging.level" = "info"\n', "--since", since)
        assert [row["event"] for row in rows] == events, since


def test_the_same(story: Machine) -> None:
    assert asked(story, '[set]\n"logging.level" = "warn"\n', "--since", "6") == []
    done = story.ok("profile", "test", "dev", "other.toml", "--since", "6")
    assert "every promotion of dev would have made the same" in done.err


def test_an_overlay_that_does_not_fit_one_of_the_sources(story: Machine) -> None:
    rows = asked(story, '[append]\n"app.retries" = "x"\n', "--since", "6")
    assert [(row["event"], row["key"]) for row in rows] == [(6, "logging.level"), (8, None)]
    assert "nothing can be appended to app.retries" in rows[1]["problem"]
    assert "nothing can be appended" in story.ok("profile", "test", "dev", "other.toml").out


def test_a_source_that_was_purged(story: Machine) -> None:
    story.ok("unset", "local", "app.retries")
    story.ok("purge", "local", "app.retries", "-y", "-m", "for a test")
    rows = asked(story, "", "--since", "8")
    assert [(row["event"], row["key"]) for row in rows] == [(8, None)]
    assert "purged" in rows[0]["problem"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[set\n", "other.toml:1"),
        ("sett = 1\n", "other.toml:1"),
    ],
)
def test_what_is_not_an_overlay(story: Machine, text: str, said: str) -> None:
    (story.home / "other.toml").write_text(text)
    assert said in story.fails(1, "profile", "test", "dev", "other.toml").error()


def test_bad_words(story: Machine) -> None:
    (story.home / "x.toml").touch()
    story.fails(2, "profile", "test", "local", "x.toml")
    story.fails(2, "profile", "test", "nosuch", "x.toml")
    assert "is not there" in story.fails(1, "profile", "test", "dev", "y.toml").error()
    (story.home / "x.toml").write_bytes(b"\xff")
    assert "not UTF-8" in story.fails(1, "profile", "test", "dev", "x.toml").error()

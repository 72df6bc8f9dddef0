"""Answers as of each event are those of a notebook, and no later event changes them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.examples import LONG_TAIL
from tests.properties.notebook import changed, literal, same
from tests.properties.notebook_answers import because, hosts, is_typed, search
from tests.properties.stories import ENVIRONMENTS, GENERATED, RandomHistory
from tetra_es_projections.views.schema import MADE_OF_EVENTS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Result

FILES = (*ENVIRONMENTS, "manifest", *(f"profile {name}" for name in GENERATED))
TEXTS = ("4444", "4555", "alpha", "internal", "inc", "x[0]", "app.", "services", "run web")
ASKED = (
    *("show {name} --at {at}", "blame {name} --at {at} -o json", "hosts --at {at} -o json"),
    *("why {name} {key} --at {at} -o json", "status --at {at} -o json"),
    *("findings --at {at} -o json", "search app --at {at} -o json"),
    "recipient list {name} --at {at} -o json",
    *("secret exposure @{name} --at {at} -o json", "signer list --at {at} -o json"),
    *("replay {name} --without {other} --at {at} -o json", "get {name} {key} --at {at} -o json"),
)  # fmt: skip


def ask(story: RandomHistory, *words: str) -> Any:
    """Return an answer; None where a purge took what it would be made of."""
    done: Result = story.machine.run(*words, "-o", "json")
    if done.code == 3 and story.has_purged and not done.out:
        return None
    assert done.code == 0, (words, done.err)
    return done.json


def check_blame(story: RandomHistory, file: str, at: int) -> None:
    book, values = story.book, story.book.notes[at].values.get(file)
    rows = ask(story, "blame", *file.split(), "--at", str(at)) if values else None
    if not values or rows is None:
        return
    found = {row["key"]: row for row in rows if not row["key"].startswith("secret ")}
    known = {key: row for key, row in found.items() if row["value"] is not None}
    assert known.keys() <= values.keys(), (file, at)
    assert known.keys() == values.keys() or (story.has_purged and known.keys() < found.keys())
    for key, row in known.items():
        assert same(literal(row["value"]), values[key]), (file, at, row)
        origin = book.origin(file, key, at)
        assert row["event"] == origin if row["event"] else origin in row["one_of"], (file, at, row)
        assert row["event"] is None or row["reason"] == book.notes[row["event"]].reason
        assert story.has_purged or row["event"]
    secrets = {row["key"]: (row["value"], row["event"]) for row in rows if row["key"] not in found}
    assert secrets == {
        f"secret {key}": (f"version {version}", event)
        for key, (version, event) in book.notes[at].secrets.get(file, {}).items()
    }


def check_why(story: RandomHistory, name: str, key: str, at: int) -> None:
    book = story.book
    found = ask(story, "why", name, key, "--at", str(at))
    if found is None:
        return
    should = because(book, name, key, at)
    made, rules = found["made"], (found["made"] or {"rules": []})["rules"]
    where = (name, key, at, found)
    assert same(literal(found["value"]), book.notes[at].values[name][key]), where
    assert [row["event"] for row in found["brought_back"]] == should.brought_back, where
    assert (made and made["promotion"]["event"]) == should.promotion, where
    edited, one_of = found["edited"] and found["edited"]["event"], found["one_of"]
    if made and not made["purged"]:
        assert same(literal(made["value"]), should.source), where
        assert rules or same(literal(found["value"]), should.source), where
    if rules and rules[0]["kind"] == "set":
        edit = overlay_edit(story, name, rules[0]["key"], key, made["promotion"]["event"])
        should = should._replace(edited=edit if rules[0]["own"] else None)
    if not one_of:
        assert edited == should.edited, where
    else:
        assert should.edited in [row["event"] for row in one_of], where
    for rule in rules if not story.has_purged else ():
        wrote = None
        if rule["own"]:
            wrote = overlay_edit(story, name, rule["key"], key, made["promotion"]["event"])
        elif rule["key"] == "deployment.domain":
            wrote = book.origin("manifest", "domain", made["promotion"]["event"])
        assert (rule["edited"] and rule["edited"]["event"]) == wrote, where
    running = {(row["host"], row["state"], row["event"]) for row in found["running"]}
    assert running == {
        (host, one.running, one.event)
        for (environment, host), one in hosts(book, at).items()
        if environment == name and one.running
    }, where


def overlay_edit(story: RandomHistory, name: str, pattern: str, key: str, at: int) -> int | None:
    """Return the newest change of the overlay's rules for a pattern, of those that have the key."""
    last = key.rpartition(".")[2] if "[" in key else ""
    rules = story.book.notes[at].values.get(f"profile {name}", {})
    plain = {each: each.replace('"', "").partition(".")[2] for each in rules}
    keys = [each for each in rules if plain[each].startswith(pattern)]
    meant = [each for each in keys if each.endswith(last)]
    origins = (story.book.origin(f"profile {name}", each, at) or 0 for each in meant)
    return max(origins, default=None)


def check_hosts(story: RandomHistory, at: int) -> None:
    rows = ask(story, "hosts", "--at", str(at))
    found = {
        (row["environment"], row["host"]): (
            *(row[name] for name in ("running", "configured", "state", "event")),
            *(row["newest"]["event"], row["newest"]["outcome"]),
            [(each["key"], each["version"], each["recorded"]) for each in row["secrets"]],
        )
        for row in rows
    }
    assert found == {name: tuple(one) for name, one in hosts(story.book, at).items()}, at


def check_search(story: RandomHistory, text: str, at: int) -> None:
    rows, should = ask(story, "search", text, "--at", str(at)), search(story.book, text, at)
    assert {row["event"] for row in rows if row["kind"] == "reason"} == should.reasons
    if story.has_purged:
        return
    values = {
        (row["event"], row["where"], row["key"]): row["in_force"]
        for row in rows
        if row["kind"] == "value" and is_typed(literal(row["after"] or row["before"]))
    }
    assert values == should.values, (text, at)
    keys = {(row["where"], row["key"]): row for row in rows if row["kind"] == "key"}
    assert {name: row["event"] for name, row in keys.items()} == should.keys, (text, at)
    there = story.book.notes[at].values
    for (file, key), row in keys.items():
        assert row["in_force"] == (key in there[file]), (text, at)


def check_all(story: RandomHistory, at: int) -> None:
    book = story.book
    for file in FILES:
        check_blame(story, file, at)
        if text := book.notes[at].texts.get(file):
            done = story.machine.run("show", *file.split(), "--at", str(at))
            assert done.out == text or (done.code == 3 and story.has_purged), (file, at)
    check_hosts(story, at)
    check_search(story, story.chance.choice(TEXTS), at)
    for name in ENVIRONMENTS:
        rows = ask(story, "recipient", "list", name, "--at", str(at))
        here = book.notes[at].recipients.get(name, {})
        assert {row["name"]: row["recipient"] for row in rows} == here
        keys = [*book.notes[at].values.get(name, {})]
        for key in story.chance.sample(keys, min(len(keys), 2)):
            check_why(story, name, key, at)


def check_differences(story: RandomHistory) -> None:
    revisions = story.book.notes[-1].revisions
    for file in FILES:
        for _ in range(2 if file in revisions else 0):
            one, other = story.chance.choices(range(len(revisions[file])), k=2)
            rows = ask(story, "diff", f"{file}@{one + 1}", f"{file}@{other + 1}")
            before, after = (
                story.book.notes[revisions[file][number]].values[file] for number in (one, other)
            )
            keys = {row["key"] for row in rows or () if not row["key"].startswith("secret ")}
            assert rows is None or keys == changed(before, after), (file, one, other)


def some_requests(story: RandomHistory, number: int) -> list[tuple[str, ...]]:
    chance, head = story.chance, story.book.head
    return [
        tuple(
            chance.choice(ASKED)
            .format(
                name=chance.choice(ENVIRONMENTS),
                key=story.a_key(),
                at=chance.randint(1, head),
                other=chance.randint(3, head),
            )
            .split()
        )
        for _ in range(number)
    ]


def tables(story: RandomHistory) -> dict[str, list[str]]:
    """Return what the views have made of the events."""
    with closing(sqlite3.connect(story.machine.folder / "store/views.db")) as views:
        return {
            name: sorted(map(repr, views.execute(f"SELECT * FROM {name}")))
            for name in MADE_OF_EVENTS
        }


def check(story: RandomHistory, parts: int, steps: int, moments: int) -> None:
    """Tell a story in parts; ask after each, and the same again at the end."""
    asked: list[tuple[tuple[str, ...], int, str]] = []
    for _ in range(parts):
        purged = story.has_purged
        story.go_on(steps)
        if story.has_purged and not purged:
            asked.clear()
        answers = ((words, story.machine.run(*words)) for words in some_requests(story, steps))
        asked += [(words, done.code, done.out) for words, done in answers]
    if not story.has_purged:
        for words, code, out in asked:
            done = story.machine.run(*words)
            assert (words, done.code, done.out) == (words, code, out)
    assert story.recorded > parts * steps // 4
    head = story.book.head
    for at in {head, *story.chance.choices(range(3, head), k=moments)}:
        check_all(story, at)
    check_differences(story)
    for name in GENERATED:
        rows = ask(story, "secret", "list", name)
        present = {row["key"]: (row["version"], row["event"]) for row in rows}
        assert present == story.book.notes[-1].secrets.get(name, {})
    kept = tables(story)
    story.machine.ok("rebuild")
    assert tables(story) == kept


def test_a_story(tmp_path: Path) -> None:
    check(RandomHistory(tmp_path / "home", 5), 1, 16, 1)


@LONG_TAIL
@pytest.mark.parametrize("seed", [0, 3, 4, 5])
def test_long_stories(tmp_path: Path, seed: int) -> None:
    check(RandomHistory(tmp_path / "home", seed), 5, 20, 9)


@LONG_TAIL
@pytest.mark.parametrize("seed", [100, 101, 103, 105])
def test_long_stories_with_purges(tmp_path: Path, seed: int) -> None:
    check(RandomHistory(tmp_path / "home", seed, purges=True), 5, 20, 9)

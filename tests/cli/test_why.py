"""`why`: from a value back to the rule, the edit and the promotion, now and then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.first_edition.archive import unpack

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine


@pytest.fixture
def story(machine: Machine) -> Machine:
    """Two edits, an overlay, and a rollback: events 3 to 10."""
    machine.ok("promote", "dev", "-m", "first")
    machine.ok("set", "local", "ports.tetra=4555", "-m", "moved by IT")
    machine.ok("set", "profile", "staging", 'logging.level="warn"', "-m", "too chatty")
    machine.ok("promote", "dev")
    machine.ok("promote", "staging")
    machine.ok("set", "local", "ports.tetra=4666")
    machine.ok("promote", "dev")
    machine.ok("rollback", "dev", "--to", "dev@2", "-m", "4666 is taken")
    return machine


def explained(machine: Machine, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = machine.ok("why", *arguments, "-o", "json").json
    return found


def positions(found: dict[str, Any]) -> tuple[list[int], int | None, int | None]:
    """Return the rollbacks, the promotion, and the edit that an answer names."""
    made, edited = found["made"], found["edited"]
    back = [row["event"] for row in found["brought_back"]]
    return back, made and made["promotion"]["event"], edited and edited["event"]


def test_a_value_that_was_typed(story: Machine) -> None:
    found = explained(story, "dev", "ports.tetra")
    assert (found["value"], found["state"]) == ("4555", "dev@4")
    assert positions(found) == ([10], 6, 4)
    assert (found["made"]["source"], found["made"]["value"]) == ("local@2", "4555")
    assert found["made"]["rules"] == []
    assert found["edited"]["reason"] == "moved by IT"
    said = story.ok("why", "dev", "ports.tetra").out
    assert said.startswith("ports.tetra = 4555  (dev@4)\n  brought back  #10 rollback(dev)")
    assert said.endswith("alice: moved by IT\n  deployed      nowhere\n")
    assert "deployed" not in story.ok("why", "local", "ports.tetra").out


def test_a_value_of_the_overlay(story: Machine) -> None:
    found = explained(story, "staging", "logging.level")
    rule = {"place": "profiles/staging.toml", "own": True, "kind": "set"}
    more = {"key": "logging.level", "value": '"warn"', "edited": found["edited"]}
    assert found["made"]["rules"] == [rule | more]
    assert "rule edited" not in story.ok("why", "staging", "logging.level").out
    assert positions(found) == ([], 7, 5)
    assert found["made"]["value"] == '"debug"'


def test_a_value_of_the_shipped_profile(story: Machine) -> None:
    story.ok("set", "profile", "staging", "resources.nproc=9")
    found = explained(story, "staging", "resources.nproc")
    (rule,) = found["made"]["rules"]
    assert (rule["place"], rule["value"], found["value"]) == ("profile staging", "4096", "4096")
    assert positions(found) == ([], 7, None)


def test_who_wrote_the_rules(story: Machine) -> None:
    """Also of a text that the overlay appends, and of the domain that a shipped rule has."""
    rule = 'append."services.*.command"= --trace'
    story.ok("set", "profile", "staging", rule, "-m", "to find it")
    story.ok("set", "manifest", "domain=acme.test", "-m", "a new domain")
    story.ok("promote", "staging")
    overlay, manifest, _ = (row["event"] for row in reversed(story.history("-n", "3")))
    found = explained(story, "staging", "services.tetra.command")
    assert found["value"] == '"node server/server.js --env staging --trace"'
    shipped, own = found["made"]["rules"]
    assert (shipped["own"], shipped["edited"]) == (False, None)
    assert (own["own"], own["edited"]["event"], own["edited"]["reason"]) == (
        True,
        overlay,
        "to find it",
    )
    assert found["edited"]["event"] == 2
    said = story.ok("why", "staging", "services.tetra.command").out
    assert f"\n  rule edited   #{overlay} edit(profile staging)" in said
    found = explained(story, "staging", "deployment.domain")
    (rule,) = found["made"]["rules"]
    assert (rule["value"], rule["edited"]["event"]) == ('"staging.acme.test"', manifest)
    assert found["edited"] is None
    found = explained(story, "staging", "deployment.domain", "--at", "staging@1")
    assert found["made"]["rules"][0]["edited"]["event"] == 1
    assert explained(story, "staging", "resources.nproc")["made"]["rules"][0]["edited"] is None


def test_text_that_is_appended(story: Machine) -> None:
    found = explained(story, "staging", "services.tetra.command")
    (rule,) = found["made"]["rules"]
    assert (rule["kind"], rule["key"]) == ("append", "services.*.command")
    assert found["value"] == f'{found["made"]["value"][:-1]}{rule["value"]}"'
    assert positions(found) == ([], 7, 2)
    said = story.ok("why", "staging", "services.tetra.command").out
    assert (
        "  rule          profile staging: append ' --env staging' to services.*.command\n" in said
    )


@pytest.mark.parametrize(
    ("ref", "state", "value", "edit"),
    [("dev@1", "dev@1", "4444", 2), ("9", "dev@3", "4666", 8), ("#6", "dev@2", "4555", 4)],
)
def test_as_it_was(story: Machine, ref: str, state: str, value: str, edit: int) -> None:
    found = explained(story, "dev", "ports.tetra", "--at", ref)
    assert (found["state"], found["value"]) == (state, value)
    assert positions(found)[2] == edit


def test_in_the_source_of_truth(story: Machine) -> None:
    found = explained(story, "local", "ports.tetra")
    assert (found["value"], found["made"]) == ("4666", None)
    assert positions(found) == ([], None, 8)


def test_some_keys_that_came_back(story: Machine) -> None:
    """A rollback of other keys is not why, and one of this key is."""
    story.ok("promote", "dev")
    story.ok("rollback", "dev", "--path", "ports", "--to", "dev@2", "-m", "the old port")
    found = explained(story, "dev", "ports.tetra")
    assert (found["value"], positions(found)) == ("4555", ([12], 6, 4))
    found = explained(story, "dev", "resources.nproc")
    assert positions(found) == ([], 11, None)


def test_a_source_that_was_purged(story: Machine) -> None:
    story.ok("set", "local", "app.motd=hello-there-all", "-m", "a greeting")
    story.ok("set", "profile", "prod", 'app.motd="none"')
    story.ok("promote", "prod", "--force", "-m", "now")
    story.ok("unset", "local", "app.motd")
    story.ok("purge", "local", "app.motd", "-y", "-m", "somebody's name")
    found = explained(story, "prod", "app.motd")
    assert (found["value"], found["made"]["value"], found["made"]["purged"]) == (
        '"none"',
        None,
        True,
    )
    assert "  source        local@4 was purged\n" in story.ok("why", "prod", "app.motd").out


def test_a_promotion_that_does_not_carry_its_rules(tmp_path: Path) -> None:
    """The first edition kept a digest of them: which of two files set the value is not known."""
    old = unpack(tmp_path / "home")
    found = explained(old, "prod", "logging.level")
    assert (found["value"], found["made"]["value"]) == ('"warn"', '"info"')
    (rule,) = found["made"]["rules"]
    assert rule["place"] == "profile prod or profiles/prod.toml, as it was then"
    assert positions(found) == ([], 118, None)
    found = explained(old, "prod", "ports.tetra")
    assert (found["made"]["rules"], found["edited"]["event"]) == ([], 8)


def test_what_there_is_no_answer_to(story: Machine) -> None:
    done = story.fails(1, "why", "dev", "ports")
    assert done.hint() == "`tetra-es blame dev ports` lists them"
    assert "has no key nosuch" in story.fails(1, "why", "dev", "nosuch").error()
    assert "prod has no state yet" in story.fails(1, "why", "prod", "ports.tetra").error()
    assert "unknown environment" in story.fails(2, "why", "nosuch", "ports.tetra").error()


def test_keys_of_tables_in_an_array(machine: Machine) -> None:
    """They are named as every list prints them, whether typed or given by the overlay."""
    typed = machine.folder / "environments/local.toml"
    typed.write_text(typed.read_text() + '\n[[routers]]\nname = "a"\n[[routers]]\nname = "b"\n')
    machine.ok("record", "-m", "two routers")
    overlay = machine.folder / "profiles/dev.toml"
    overlay.parent.mkdir(exist_ok=True)
    for name, port in (("one", 1), ("one", 2)):
        overlay.write_text(f'[set]\nhooks = [{{name = "{name}", port = {port}}}]\n')
        machine.ok("promote", "dev", "-m", f"hook {port}")
    first, second = (row["event"] for row in machine.history("profile dev", "--reverse"))
    keys = {row["key"]: row for row in machine.ok("blame", "dev", "-o", "json").json}
    assert {"routers[1].name", "hooks[0].name", "hooks[0].port"} <= {*keys}
    for key, value, edit in (
        ("routers[1].name", '"b"', 3),
        ("hooks[0].name", '"one"', first),
        ("hooks[0].port", "2", second),
    ):
        found = machine.ok("why", "dev", key, "-o", "json").json
        assert (found["key"], found["value"], found["edited"]["event"]) == (key, value, edit)
        assert [rule["own"] for rule in found["made"]["rules"]] == [True] * ("hooks" in key)

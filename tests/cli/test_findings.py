"""`findings`: each kind is found where it is, and nowhere else."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import click

from tests.cli.test_void import METADATA, sign
from tests.conftest import ROOT
from tetra_es_cli.commands.findings import findings
from tetra_es_projections.queries.findings import KINDS

if TYPE_CHECKING:
    from tests.machine import Machine

BOB = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg"


def listed(machine: Machine, *kinds: str) -> list[dict[str, Any]]:
    options = [word for kind in kinds for word in ("--kind", kind)]
    done = machine.run("findings", *options, "-o", "json")
    rows: list[dict[str, Any]] = done.json
    assert done.code == (3 if rows else 0), done.err
    return rows


def test_every_kind_can_be_asked_for() -> None:
    (kinds,) = (option for option in findings.params if option.name == "kinds")
    assert isinstance(kinds.type, click.Choice)
    assert list(kinds.type.choices) == list(KINDS)


def test_nothing(machine: Machine) -> None:
    machine.ok("promote", "dev", "-m", "first")
    assert listed(machine) == []
    assert "no findings" in machine.ok("findings").err


def test_a_decision_without_a_reason(machine: Machine) -> None:
    machine.ok("promote", "dev")
    machine.ok("set", "local", "ports.tetra=4445", "-m", "moved")
    (row,) = listed(machine)
    assert (row["kind"], row["environment"], row["event"]) == ("without-reason", "dev", 3)
    assert row["what"] == "alice gave no reason"
    done = machine.run("findings")
    assert (done.code, done.error()) == (3, "1 finding")
    assert listed(machine, "void", "backdated") == []


def test_a_value_that_came_back_or_was_copied_is_still_known_to_who_read_it(
    machine: Machine,
) -> None:
    machine.ok("identity", "new")
    for environment in ("dev", "staging"):
        machine.ok("promote", environment, "-m", "first")
        mine = machine.ok("identity", "show").out.strip()
        machine.ok("recipient", "add", environment, "me", mine, "-m", "x")
    machine.ok("recipient", "add", "dev", "bob", BOB, "-m", "helps")
    machine.ok("secret", "set", "dev", "KEY", "-m", "x", stdin="an old value")
    machine.ok("secret", "copy", "dev", "KEY", "--to", "staging", "-m", "x")
    machine.ok("recipient", "rm", "dev", "bob", "-m", "left")
    machine.ok("secret", "set", "dev", "KEY", "-m", "x", stdin="a new value")
    (row,) = listed(machine, "to-rotate")
    assert (row["environment"], row["subject"]) == ("staging", "KEY")
    machine.ok("secret", "rollback", "dev", "KEY", "--to", "1", "-m", "x")
    back, copied = listed(machine, "to-rotate")
    assert (back["environment"], copied["environment"]) == ("dev", "staging")
    assert back["what"] == "bob, who was removed, could read version 3"
    by = machine.history("dev", "--type", "secret.set", "--reverse")[0]["event"]
    assert back["event"] == copied["event"] == by, "the one that encrypted the value for bob"
    exposed = json.loads(machine.ok("secret", "exposure", "bob", "-o", "json").out)
    assert [(one["environment"], one["version"], one["rotated"]) for one in exposed] == [
        *(("dev", 1, False), ("dev", 3, False), ("staging", 1, False))
    ]
    machine.ok("secret", "set", "dev", "KEY", "-m", "x", stdin="another value")
    machine.ok("secret", "rm", "staging", "KEY", "-m", "x")
    assert listed(machine, "to-rotate") == []


def test_who_reads_another_environment_may_not_read_what_it_had_once(machine: Machine) -> None:
    machine.ok("identity", "new")
    mine = machine.ok("identity", "show").out.strip()
    for environment in ("dev", "staging"):
        machine.ok("promote", environment, "-m", "first")
        machine.ok("recipient", "add", environment, "me", mine, "-m", "x")
        machine.ok("recipient", "add", environment, "bob", BOB, "-m", "x")
    machine.ok("secret", "set", "staging", "KEY", "-m", "x", stdin="a value")
    machine.ok("secret", "copy", "staging", "KEY", "--to", "dev", "-m", "x")
    machine.ok("recipient", "rm", "staging", "bob", "-m", "x")
    assert listed(machine, "to-rotate") == []  # bob may read the copy
    machine.ok("secret", "set", "dev", "KEY", "-m", "x", stdin="a value of its own")
    (row,) = listed(machine, "to-rotate")
    assert (row["environment"], row["subject"]) == ("staging", "KEY")
    exposed = json.loads(machine.ok("secret", "exposure", "@staging", "-o", "json").out)
    assert {one["name"]: one["reads"] for one in exposed} == {"me": True, "bob": False}
    machine.ok("secret", "rm", "dev", "KEY", "-m", "x")
    assert listed(machine, "to-rotate") == [row]


def test_a_value_is_known_to_who_set_it(machine: Machine) -> None:
    machine.ok("promote", "dev", "-m", "first")
    machine.ok("recipient", "add", "dev", "bob", BOB, "-m", "x")
    env = {"XDG_CONFIG_HOME": str(machine.home / "dave")}
    key = machine.ok("identity", "line", env=env).out.split(" age1")[0].strip()
    machine.ok("signer", "add", "dave", key, "--may", "secret:dev", "-m", "x")
    machine.ok("secret", "set", "dev", "KEY", "-m", "x", stdin="a value", env=env)
    assert listed(machine, "to-rotate") == []
    machine.ok("signer", "rm", "dave", "-m", "left")
    (row,) = listed(machine, "to-rotate")
    assert (row["subject"], row["what"]) == ("KEY", "dave, who was removed, set version 1")
    machine.ok("secret", "set", "dev", "KEY", "-m", "x", stdin="a new value")
    assert listed(machine, "to-rotate") == []


def test_a_value_that_nobody_can_read_is_known_to_who_set_it(machine: Machine) -> None:
    """No rule demands recipients: by other means, a value can be set for nobody."""
    machine.ok("promote", "dev", "-m", "first")
    age = b"-----BEGIN AGE ENCRYPTED FILE-----\nYQ==\n-----END AGE ENCRYPTED FILE-----\n"
    secret = {"environment": "dev", "key": "KEY", "version": 1, "recipients": []}
    more = {"class_version": 2, "origin": None, "restores": None}
    state = secret | more | {"digest": sha256(age).hexdigest(), "metadata": METADATA | {"rules": 3}}
    sign(machine, "secrets:dev", "secret.set", bodies=[age], **state)
    assert machine.ok("secret", "list", "dev", "-o", "json").json[0]["key"] == "KEY"
    assert listed(machine, "to-rotate") == []
    assert machine.ok("secret", "exposure", "dev", "-o", "json").json == []


def test_secrets_that_somebody_could_read_who_left(machine: Machine) -> None:
    machine.ok("promote", "dev", "-m", "first")
    machine.run("identity", "new")
    mine = machine.ok("identity", "show").out.strip()
    machine.run("recipient", "add", "dev", "me", mine, "-m", "x")
    machine.ok("recipient", "add", "dev", "bob", BOB, "-m", "helps")
    for key in ("OLD", "NEW", "GONE"):
        machine.ok("secret", "set", "dev", key, "-m", "x", stdin="an old value")
    assert listed(machine, "to-rotate") == []
    machine.ok("recipient", "rm", "dev", "bob", "-m", "left")
    machine.ok("secret", "set", "dev", "NEW", "-m", "x", stdin="a new value")
    machine.ok("secret", "rm", "dev", "GONE", "-m", "x")
    (row,) = listed(machine, "to-rotate")
    assert (row["environment"], row["subject"]) == ("dev", "OLD")
    assert row["what"] == "bob, who was removed, could read version 1"
    machine.ok("secret", "compromised", "dev", "OLD", "--version", "1", "-m", "seen")
    (row,) = listed(machine, "compromised")
    assert (row["subject"], row["what"]) == (
        "OLD",
        "version 1 is marked as compromised, but still in use",
    )


def other(machine: Machine, name: str) -> dict[str, str]:
    """Return the settings of somebody else who signs, on the same machine."""
    env = {"XDG_CONFIG_HOME": str(machine.home / name)}
    key = machine.ok("identity", "line", env=env).out.split(" age1")[0].strip()
    machine.ok("signer", "add", name, key, "-m", "x")
    return env


def read_by_me(machine: Machine, *environments: str) -> None:
    """Let ourselves read, with an identity that others here have, too."""
    machine.ok("identity", "new")
    mine = machine.ok("identity", "show").out.strip()
    for environment in environments:
        machine.ok("recipient", "add", environment, "me", mine, "-m", "x")


def test_who_copied_a_value_or_encrypted_it_again_had_it_in_hand(machine: Machine) -> None:
    read_by_me(machine, "dev", "staging")
    identity = str(machine.home / ".config/tetra-es/age.key")
    carol = other(machine, "carol")
    machine.ok("secret", "set", "dev", "KEY", "-m", "x", stdin="a value")
    with_it = ("--identity", identity, "-m", "x")
    machine.ok("secret", "copy", "dev", "KEY", "--to", "staging", *with_it, env=carol)
    machine.ok("signer", "rm", "carol", "-m", "left")
    dev, staging = listed(machine, "to-rotate")
    assert dev["what"] == "carol, who was removed, gave KEY of staging the value of version 1"
    assert staging["what"] == "carol, who was removed, set version 1"
    dave = other(machine, "dave")
    machine.ok("secret", "set", "staging", "KEY", "-m", "x", stdin="another value")
    machine.ok("recipient", "add", "staging", "bob", BOB, *with_it, env=dave)
    machine.ok("secret", "set", "dev", "KEY", "-m", "x", stdin="a third one")
    assert listed(machine, "to-rotate") == []
    machine.ok("signer", "rm", "dave", "-m", "left")
    (row,) = listed(machine, "to-rotate")
    assert row["what"] == "dave, who was removed, encrypted version 2 again"


def test_a_key_that_somebody_replaced_could_read_what_they_still_read(machine: Machine) -> None:
    read_by_me(machine, "dev")
    machine.ok("recipient", "add", "dev", "bob", BOB, "-m", "x")
    machine.ok("secret", "set", "dev", "KEY", "-m", "x", stdin="a value")
    machine.ok("recipient", "rm", "dev", "bob", "-m", "lost his laptop")
    (row,) = listed(machine, "to-rotate")
    assert row["what"] == "bob, who was removed, could read version 1"
    env = {"XDG_CONFIG_HOME": str(machine.home / "bob")}
    key = machine.ok("identity", "new", env=env).out.strip()
    machine.ok("recipient", "add", "dev", "bob", key, "-m", "his new one")
    (row,) = listed(machine, "to-rotate")
    assert row["what"] == "an earlier key of bob could read version 1"


def test_an_environment_that_is_gone_entitles_nobody_and_needs_nothing(machine: Machine) -> None:
    read_by_me(machine, "dev", "staging")
    machine.ok("recipient", "add", "staging", "bob", BOB, "-m", "x")
    machine.ok("secret", "set", "staging", "KEY", "-m", "x", stdin="a value")
    machine.ok("secret", "set", "staging", "OWN", "-m", "x", stdin="only there")
    machine.ok("secret", "copy", "staging", "KEY", "--to", "dev", "-m", "x")
    machine.ok("secret", "compromised", "staging", "OWN", "--version", "1", "-m", "x")
    assert listed(machine, "to-rotate") == []
    last = machine.last_position()
    before = machine.ok("recipient", "list", "staging", "--at", str(last), "-o", "json").json
    machine.ok("env", "rm", "staging", "-m", "x")
    (row,) = listed(machine, "to-rotate")
    assert (row["environment"], row["subject"]) == ("dev", "KEY")
    assert listed(machine, "compromised") == []
    assert machine.ok("findings", "--kind", "to-rotate", "--at", str(last), "-o", "json").json == []
    at = machine.ok("recipient", "list", "staging", "--at", str(last), "-o", "json").json
    assert at == before != []
    machine.ok("secret", "exposure", "@staging", "-o", "json")


def test_a_name_at_a_ref_is_what_it_was_then(machine: Machine) -> None:
    read_by_me(machine, "dev", "staging")
    machine.ok("recipient", "add", "dev", "bob", BOB, "-m", "x")
    machine.ok("secret", "set", "dev", "KEY", "-m", "x", stdin="a value")
    asked = ("secret", "exposure", "bob", "--at", str(machine.last_position()), "-o", "json")
    before = machine.ok(*asked).json
    (mine,) = (
        row["recipient"]
        for row in machine.ok("recipient", "list", "dev", "-o", "json").json
        if row["name"] == "me"
    )
    machine.ok("recipient", "rm", "staging", "me", "-m", "x")
    machine.ok("recipient", "add", "staging", "bob", mine, "-m", "x")
    assert machine.ok(*asked).json == before
    machine.ok("env", "add", "bob", "--profile", "dev", "-m", "x")
    assert machine.ok(*asked).json == before
    assert "is an environment and a recipient" in machine.fails(2, "secret", "exposure", "bob").err


def test_a_copy_of_a_compromised_value_is_one(machine: Machine) -> None:
    """Who may not mark the copy leaves it unmarked."""
    read_by_me(machine, "dev", "staging")
    machine.ok("secret", "set", "dev", "KEY", "-m", "x", stdin="a value")
    machine.ok("secret", "copy", "dev", "KEY", "--to", "staging", "-m", "x")
    env = {"XDG_CONFIG_HOME": str(machine.home / "dave")}
    key = machine.ok("identity", "line", env=env).out.split(" age1")[0].strip()
    machine.ok("signer", "add", "dave", key, "--may", "secret:dev", "-m", "x")
    machine.ok("secret", "compromised", "dev", "KEY", "--version", "1", "-m", "seen", env=env)
    dev, staging = listed(machine, "compromised")
    marked = machine.last_position()
    assert (dev["event"], staging["event"]) == (marked, marked)
    assert dev["what"] == "version 1 is marked as compromised, but still in use"
    assert staging["environment"] == "staging"
    assert (
        staging["what"] == "version 1 has a value that is marked as compromised, but still in use"
    )


def test_who_is_removed_is_told_what_they_set_too(machine: Machine) -> None:
    read_by_me(machine, "dev")
    carol = other(machine, "carol")
    machine.ok("secret", "set", "dev", "KEY", "-m", "x", stdin="a value", env=carol)
    done = machine.ok("member", "rm", "carol", "-m", "left")
    assert "carol knows these secrets: give them new values\n  dev: KEY\n" in done.out
    assert [row["subject"] for row in listed(machine, "to-rotate")] == ["KEY"]


def test_an_exception_for_the_scanner(machine: Machine) -> None:
    machine.ok("set", "local", "app.password=hunter2", "--allow", "app.password", "-m", "a sample")
    (row,) = listed(machine, "exception")
    assert row["what"] == "alice made an exception for the secret scanner: a sample"


def test_promotions_of_what_the_environment_before_did_not_have(machine: Machine) -> None:
    for name in ("dev", "staging", "prod"):
        machine.ok("promote", name, "-m", "x")
    assert listed(machine) == []
    machine.ok("set", "local", "ports.tetra=4445", "-m", "x")
    machine.ok("promote", "prod", "-m", "urgent")
    (row,) = listed(machine, "out-of-order")
    assert (row["environment"], row["event"]) == ("prod", 7)
    assert row["what"] == "staging did not have local@2 (it had local@1)"
    for name in ("dev", "staging"):
        machine.ok("promote", name, "-m", "x")
    machine.ok("set", "manifest", "promotion.gradual=off", "-m", "x")
    machine.ok("set", "local", "ports.tetra=4446", "-m", "x")
    machine.ok("promote", "prod", "-m", "urgent")
    assert listed(machine, "out-of-order") == [row]
    done = machine.ok("findings", "--at", "6", "-o", "json")
    assert done.json == []


def lose_keys_again(machine: Machine, *before: str) -> None:
    """Promote to some environments, then something new, of which staging loses a key again."""
    for name in before:
        machine.ok("promote", name, "-m", "x")
    machine.ok("set", "local", "ports.tetra=2001", "-m", "x")
    for name in ("dev", "staging"):
        machine.ok("promote", name, "-m", "x")
    machine.ok("rollback", "staging", "--path", "ports", "--to", "staging@1", "-m", "2001 is bad")


def test_a_promotion_after_one_that_lost_keys_again(machine: Machine) -> None:
    machine.ok("set", "manifest", "promotion.gradual=advised", "-m", "x")
    lose_keys_again(machine, "dev", "staging")
    machine.ok("promote", "prod", "-m", "x")
    (row,) = listed(machine, "out-of-order")
    told = "it had local@2 but for keys that were rolled back"
    assert row["what"] == f"staging did not have local@2 ({told})"


def test_a_promotion_after_a_rollback_to_what_had_lost_keys(machine: Machine) -> None:
    lose_keys_again(machine, "dev", "staging", "prod")
    machine.ok("promote", "staging", "-m", "x")
    machine.ok("rollback", "staging", "--to", "staging@3", "-m", "as a whole")
    machine.ok("promote", "prod", "-m", "x")
    (row,) = listed(machine, "out-of-order")
    assert "it had local@2 but for keys that were rolled back" in row["what"]
    machine.ok("rollback", "staging", "--to", "staging@2", "-m", "as it was promoted")
    machine.ok("rollback", "prod", "-m", "x")
    machine.ok("promote", "prod", "-m", "x")
    assert listed(machine, "out-of-order") == [row]


def test_a_rollback_of_secrets_alone_needs_a_reason(machine: Machine) -> None:
    machine.ok("promote", "dev", "-m", "x")
    read_by_me(machine, "dev")
    for value in ("a", "b"):
        machine.ok("secret", "set", "dev", "KEY", "-m", "x", stdin=f"the value {value}")
    machine.ok("rollback", "dev")
    (row,) = listed(machine)
    assert (row["kind"], row["event"]) == ("without-reason", machine.last_position())
    machine.ok("set", "local", "ports.tetra=2001", "-m", "x")
    machine.ok("promote", "dev", "-m", "x")
    machine.ok("secret", "set", "dev", "KEY", "-m", "x", stdin="the value c")
    machine.ok("rollback", "dev", "--to", "dev@1")
    assert [one["environment"] for one in listed(machine)] == ["dev", "dev"]


def loosened(machine: Machine) -> list[str]:
    return [row["what"] for row in listed(machine, "loosened")]


def test_a_policy_that_was_loosened(machine: Machine) -> None:
    for gradual in ("required", "advised", "off", "required"):
        machine.ok("set", "manifest", f"promotion.gradual={gradual}", "-m", "x")
    required, advised = (f"promotion.gradual was {one}" for one in ("required", "advised"))
    assert loosened(machine) == [f"{required}, and is advised", f"{advised}, and is off"]
    machine.ok("unset", "manifest", "promotion.gradual", "-m", "x")
    assert loosened(machine)[2:] == [f"{required}, and is advised"]
    done = machine.ok("findings", "--kind", "loosened", "--at", "2", "-o", "json")
    assert done.json == []
    machine.ok("undo", str(machine.last_position()), "-m", "x")
    machine.ok("set", "manifest", "domain=other.example", "-m", "x")
    before = loosened(machine)
    assert len(before) == 3
    machine.ok("rebuild")
    assert loosened(machine) == before


def order(machine: Machine, *names: str) -> None:
    listed_ = json.dumps(["local", *names])
    machine.ok("set", "manifest", f"environments={listed_}", "-m", "x")


def test_an_order_that_was_loosened(machine: Machine) -> None:
    machine.ok("env", "add", "qa", "--profile", "staging", "--after", "dev", "-m", "x")
    assert loosened(machine) == []
    machine.ok("env", "rm", "staging", "-m", "x")
    assert loosened(machine) == ["prod no longer comes after staging"]
    order(machine, "prod", "dev", "qa")
    assert loosened(machine)[1:] == ["prod no longer comes after dev and qa"]
    order(machine, "dev", "qa")
    told = "dev no longer comes after prod; qa no longer comes after prod"
    assert loosened(machine)[2:] == [told]
    order(machine, "dev", "staging", "qa", "prod")
    assert loosened(machine)[3:] == ["staging no longer comes after qa"]


def test_an_order_that_is_changed_while_nobody_keeps_to_it(machine: Machine) -> None:
    machine.ok("set", "manifest", "promotion.gradual=off", "-m", "x")
    order(machine, "prod", "dev", "staging")
    assert len(loosened(machine)) == 1
    machine.ok("set", "manifest", "promotion.gradual=advised", "-m", "x")
    assert loosened(machine)[1:] == ["prod no longer comes after dev and staging"]


def test_a_manifest_that_was_purged_tells_nothing(machine: Machine) -> None:
    machine.ok("set", "manifest", "promotion.gradual=required", "-m", "x")
    machine.ok("set", "manifest", "owner=leaked-word", "promotion.gradual=advised", "-m", "x")
    position = machine.last_position()
    machine.ok("set", "manifest", "owner=nobody", "-m", "x")
    machine.ok("promote", "prod", "-m", "x")
    before = listed(machine)
    assert [row["kind"] for row in before] == ["out-of-order", "loosened"]
    machine.ok("purge", "manifest", "owner", "--at", f"{position}", "-m", "x", "-y")
    since = f" (since #{position - 1}: by this event, or by one between whose text was purged)"
    assert [(row["event"], row["what"]) for row in listed(machine, "loosened")] == [
        (position, "its text was purged: it cannot be told what it loosened"),
        (position + 1, f"promotion.gradual was required, and is advised{since}"),
    ]
    assert listed(machine, "out-of-order") == before[:1]


def test_who_changed_a_manifest_after_a_purged_one_is_not_blamed_alone(machine: Machine) -> None:
    machine.ok("set", "manifest", "promotion.gradual=required", "-m", "x")
    known = machine.last_position()
    for owner in ("leaked-word", "leaked-word-2"):
        machine.ok("set", "manifest", f"owner={owner}", "promotion.gradual=off", "-m", "x")
    machine.ok("set", "manifest", "owner=nobody", "-m", "changed nothing of it")
    machine.ok("set", "manifest", "promotion.gradual=required", "-m", "x")
    machine.ok("set", "manifest", "promotion.gradual=advised", "-m", "x")
    less = "promotion.gradual was required, and is advised"
    assert loosened(machine) == ["promotion.gradual was required, and is off", less]
    machine.ok("purge", "-m", "x", "-y", stdin="leaked-word")
    untold = "its text was purged: it cannot be told what it loosened"
    since = f" (since #{known}: by this event, or by one between whose text was purged)"
    off = "promotion.gradual was required, and is off"
    rows = [
        (known + 1, untold),
        (known + 2, untold),
        (known + 3, off + since),
        (known + 5, less),
    ]
    assert [(row["event"], row["what"]) for row in listed(machine, "loosened")] == rows
    machine.ok("set", "manifest", "promotion.gradual=off", "-m", "x")
    rows.append((machine.last_position(), "promotion.gradual was advised, and is off"))
    machine.ok("rebuild")
    assert [(row["event"], row["what"]) for row in listed(machine, "loosened")] == rows
    machine.ok("rebuild", "--check")


def test_where_no_manifest_before_is_left(machine: Machine) -> None:
    machine.ok("set", "manifest", "owner=somebody", "promotion.gradual=off", "-m", "x")
    machine.ok("set", "manifest", "domain=other.example", "-m", "x")
    position = machine.last_position()
    machine.ok("purge", "manifest", "domain", "-m", "x", "-y")
    assert [(row["event"], row["what"]) for row in listed(machine, "loosened")] == [
        (position - 1, "its text was purged: it cannot be told what it loosened"),
        (position, "no text before its own can be read: it cannot be told what it loosened"),
    ]


def test_blanks_are_no_reason(machine: Machine) -> None:
    machine.ok("promote", "dev", "-m", "  ")
    (row,) = listed(machine, "without-reason")
    assert row["event"] == machine.last_position()


def test_every_kind_is_documented() -> None:
    page = (ROOT / "docs/reference/findings.md").read_text()
    assert [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")] == [*KINDS]

"""Summaries: one line, in today's words; commits keep those of their format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import CHARACTERS
from tetra_es.errors import TetraEsError
from tetra_es.events import config, deployments, secrets
from tetra_es.events.catalogue import EVENT_TYPES
from tetra_es.gate.rules.first_edition import LATER
from tetra_es_projections.descriptions import (
    WIDTH,
    Happened,
    summary,
    summary_1,
    summary_2,
    summary_of_void,
)

if TYPE_CHECKING:
    from tetra_es.events.base import Event

CHANGE: list[str | None] = ["ports.tetra", "4444", "5555"]
STATE: dict[str, Any] = {"text": "", "digest": "", "changes": [CHANGE]}


def event(topic: type[Event], /, *, number: str = "1", **fields: Any) -> Event:
    return topic(
        originator_id="s",
        originator_version=1,
        timestamp="2026-11-22T10:05:00.000000Z",
        metadata={"actor": "alice", "reason": "", "format": number},
        **fields,
    )


def secret(topic: type[Event], /, **fields: Any) -> Event:
    return event(topic, environment="dev", **fields)


def deployed(topic: type[Event], /, **fields: Any) -> Event:
    common: dict[str, Any] = {
        "environment": "dev",
        "host": "{server}",
        "deployment": "1f",
        "revision": 7,
        "observed": False,
    }
    if topic is deployments.DeploymentStarted:
        common |= {"code": None, "machine": None}
    return event(topic, **common, **fields)


def edit(
    *changes: list[str | None], environment: str = "local", undoes: int | None = None
) -> Event:
    fields = {**STATE, "changes": list(changes), "undoes": undoes}
    return event(config.EnvironmentEdited, environment=environment, revision=13, **fields)


def promoted(via: str) -> Event:
    return event(
        config.EnvironmentPromoted,
        environment="prod",
        revision=3,
        source_revision=12,
        via=via,
        profile="prod",
        shipped="",
        rules="",
        generator={},
        **STATE,
    )


CASES = [
    (event(config.OrganizationCreated, name="my-company", text="", changes=[], signer="a", key="k"),
     "create(org): my-company"),
    (event(config.ManifestEdited, revision=2, text="", undoes=None, restores=None,
           changes=[["environments", "[]", '["qa"]']]),
     "edit(manifest): environments -> manifest@2"),
    (event(config.ManifestEdited, revision=3, text="", undoes=41, restores=None, changes=[]),
     "undo #41(manifest): comments or layout -> manifest@3"),
    (event(config.ManifestEdited, revision=3, text="", undoes=None, restores=1, changes=[]),
     "rollback(manifest): manifest@2 -> manifest@3 (same as manifest@1)"),
    (event(config.ProfileEdited, environment="dev", revision=4, text="", undoes=None, restores=2,
           changes=[]),
     "rollback(profile dev): profile@3 -> profile@4 (same as profile@2)"),
    (event(config.ProfileEdited, environment="dev", revision=2, text="", undoes=None, restores=None,
           changes=[["set.db.host", None, '"db"'], CHANGE]),
     "edit(profile dev): set.db.host (+1 more) -> profile@2"),
    (secret(secrets.RecipientAdded, name="bob", recipient="r", recipients={}),
     "add recipient(dev): bob"),
    (secret(secrets.RecipientRemoved, name="bob", recipient="r", recipients={}),
     "remove recipient(dev): bob"),
    (secret(secrets.SecretSet, key="A", version=2, digest="", recipients=[], origin=None,
            restores=None), "set secret(dev): A version 2"),
    (secret(secrets.SecretRemoved, key="A", version=2), "remove secret(dev): A"),
    (secret(secrets.SecretsReEncrypted, secrets=[["A", 1, ""]], recipients=["r", "s"]),
     "re-encrypt(dev): 1 secret for 2 recipients"),
    (secret(secrets.SecretsRestored, to_position=41, secrets=[], removed=[], recipients=[],
            kept_out=[["A", 1, ""]]), "restore secrets(dev): as of #41, 1 kept out"),
    (secret(secrets.SecretCompromised, key="A", version=1),
     "compromised secret(dev): A version 1"),
    (secret(secrets.SecretPurged, key="A", version=1, digests=[], named_by=[]),
     "purge secret(dev): A version 1"),
    (deployed(deployments.DeploymentStarted, of_position=41, runner="tsm", secrets=[],
              files=[]), "deploy(dev): dev@7 -> {server}"),
    (deployed(deployments.DeploymentStepDone, step="stage"),
     "deploy(dev): stage done on {server}"),
    (deployed(deployments.DeploymentHealthy), "deploy(dev): dev@7 serves on {server}"),
    (deployed(deployments.DeploymentFailed, step="health", cause="503", switched=1),
     "deploy(dev): failed at health on {server}"),
    (deployed(deployments.DeploymentReverted, cause="boot"),
     "deploy(dev): {server} is back at what it had (boot)"),
    (event(config.ScanExceptionAdded, file="profile dev", key="set.a"),
     "scan exception(profile dev): set.a"),
    (event(config.SignerAdded, signer="alice", key="k", may=None), "add signer: alice"),
    (event(config.SignerRemoved, signer="alice", key="k"), "remove signer: alice"),
    (event(config.EnvironmentCreated, environment="local", revision=1, **STATE),
     "create(local): local@1"),
    (edit(CHANGE), "edit(local): ports.tetra -> local@13"),
    (edit(CHANGE, CHANGE, CHANGE), "edit(local): ports.tetra (+2 more) -> local@13"),
    (edit(CHANGE, CHANGE, undoes=41), "undo #41(local): ports.tetra (+1 more) -> local@13"),
    (edit(), "edit(local): comments or layout -> local@13"),
    (promoted("local"), "promote(prod): local@12 -> prod@3"),
    (promoted("staging"), "promote(prod): local@12 via staging -> prod@3"),
    (event(config.EnvironmentRolledBack, environment="dev", revision=9, to_revision=5,
           to_position=41, source_revision=4, paths=None, **STATE),
     "rollback(dev): dev@8 -> dev@9 (same as dev@5, #41)"),
    (event(config.EnvironmentRolledBack, environment="dev", revision=9, to_revision=5,
           to_position=41, source_revision=4, paths=["ports.tetra"], **STATE),
     "rollback(dev): dev@8 -> dev@9 (ports.tetra as in dev@5, #41)"),
    (event(config.EnvironmentRolledBack, environment="dev", revision=9, to_revision=5,
           to_position=41, source_revision=4, paths=["a", "b"], **STATE),
     "rollback(dev): dev@8 -> dev@9 (2 keys as in dev@5, #41)"),
    (event(config.EnvironmentImported, environment="dev", revision=1, kind="backup",
           origin="dev_20240101_101500.toml", **STATE),
     "import(dev): dev_20240101_101500.toml -> dev@1"),
]  # fmt: skip


@pytest.mark.parametrize(("recorded", "expected"), CASES)
def test_each_kind_says_what_happened(recorded: Event, expected: str) -> None:
    assert summary(recorded) == expected


FORMAT_1 = {
    **dict.fromkeys(
        (
            "rollback(dev): dev@8 -> dev@9 (ports.tetra as in dev@5, #41)",
            "rollback(dev): dev@8 -> dev@9 (2 keys as in dev@5, #41)",
        ),
        "roll back(dev): dev@5 (#41) -> dev@9",
    ),
    "re-encrypt(dev): 1 secret for 2 recipients": "reseal(dev): 1 secret for 2 recipients",
    "rollback(dev): dev@8 -> dev@9 (same as dev@5, #41)": "roll back(dev): dev@5 (#41) -> dev@9",
}
"""Today's words, and those of commits, where they differ."""


def test_commits_of_format_1_keep_their_words() -> None:
    different = {
        expected: summary_1(recorded)
        for recorded, expected in CASES
        if summary_1(recorded) != expected
    }
    assert different == FORMAT_1


def test_there_is_a_wording_for_every_kind() -> None:
    assert {type(recorded).TOPIC for recorded, _ in CASES} == set(EVENT_TYPES) - LATER


def added(may: list[str] | None) -> str:
    return summary_2(Happened("signer.added", {"signer": "bob", "may": may}, []))


def test_a_signer_with_limits() -> None:
    assert added(None) == "add signer: bob"
    assert added(["deploy:dev"]) == "add signer: bob (deploy:dev)"
    assert added([]) == "add signer: bob (0 limits)"
    assert added(["deploy:development"] * 5) == "add signer: bob (5 limits)"


def test_what_was_purged_is_not_said() -> None:
    fields = {"environment": "local", "revision": 2}
    line = summary_2(Happened("environment.edited", fields, None))
    assert line == "edit(local): purged -> local@2"


def test_what_is_void() -> None:
    assert summary_of_void("environment.edited") == "void: environment.edited"
    assert summary_of_void("a\nb\u202e") == r"void: a\nb\u202e"
    assert len(summary_of_void("x" * 200)) == WIDTH


def test_a_key_too_long_for_the_line_is_counted_and_not_cut() -> None:
    key = ".".join(["services"] * 10)
    assert summary(edit([key, "1", "2"])) == "edit(local): 1 key -> local@13"
    assert summary(edit([key, "1", "2"], CHANGE)) == "edit(local): 2 keys -> local@13"


def test_a_long_file_name_is_visibly_cut() -> None:
    fields = {**STATE, "origin": "x" * 200, "kind": "backup"}
    line = summary(event(config.EnvironmentImported, environment="dev", revision=1, **fields))
    assert len(line) == WIDTH
    assert "xxx… -> dev@1" in line


def test_control_characters_are_escaped() -> None:
    line = summary(edit(["a\nb\x00\t\u202e\U000e0041", "1", "2"]))
    assert line == r"edit(local): a\nb\x00\t\u202e\U000e0041 -> local@13"


def test_a_newer_format_is_refused_with_a_hint() -> None:
    with pytest.raises(TetraEsError, match="unknown format '3'") as raised:
        summary(event(config.SignerAdded, number="3", signer="a", key="k", may=None))
    assert "upgrade" in (raised.value.hint or "")


@given(st.lists(st.text(CHARACTERS), max_size=3), st.text(CHARACTERS, min_size=1))
def test_it_is_always_one_line(keys: list[str], environment: str) -> None:
    line = summary(edit(*([key, None, "1"] for key in keys), environment=environment))
    assert len(line.splitlines()) == 1
    assert "\x00" not in line

"""The form of events from rules 1 on is frozen: these files are never edited.

Each has an event, its canonical bytes, their SHA-256, and its hash as the first event of a log.
"""

from __future__ import annotations

import copy
import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import ROOT
from tests.golden.make_forms import FOLDER, files, golden
from tetra_es.events.catalogue import EVENT_TYPES
from tetra_es.events.form import check
from tetra_es.events.form.table import METADATA, MORE_METADATA, TOPICS
from tetra_es.log import canonical, chain

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = sorted(FOLDER.glob("*.json"))
FORMAT = (ROOT / "docs/format.md").read_text()

State = dict[str, Any]


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / name).read_text("utf-8"))
    return found


def test_there_is_a_file_for_every_topic_and_no_other() -> None:
    assert {file.name for file in FILES} == files().keys()
    assert EVENT_TYPES.keys() <= TOPICS.keys()


@pytest.mark.parametrize("name", [file.name for file in FILES])
def test_the_bytes_and_the_hash_stay(name: str) -> None:
    event = read(name)
    stored = event["canonical"].encode()
    assert canonical.encode(event["state"]) == stored
    assert sha256(stored).hexdigest() == event["sha256"], "golden files are never edited"
    parts = (event["stream"], event["version"], event["topic"], stored)
    assert chain.link(chain.GENESIS, event["position"], *parts).hex() == event["hash"]
    for digest, body in event["bodies"].items():
        assert sha256(body.encode()).hexdigest() == digest


@pytest.mark.parametrize("name", [file.name for file in FILES])
def test_it_has_the_form(name: str) -> None:
    event = read(name)
    state, topic = event["state"], event["topic"]
    assert check.metadata_problem(state) is None
    assert check.form_problem(event["stream"], topic, state) is None
    named = {body.digest.hex() for body in check.bodies_of(topic, state)}
    assert named == event["bodies"].keys()
    later = name.endswith(".later.json")
    assert check.rules_of(state) == (2 if later else 1)
    assert (check.unused_problem(topic, state, 1) is None) != later


@pytest.mark.parametrize("name", [file.name for file in FILES if "later" in file.name])
def test_rules_2_use_what_is_of_deployments_and_hosts(name: str) -> None:
    event = read(name)
    state, topic = event["state"], event["topic"]
    used = topic.startswith(("deployment.", "host."))
    for metadata in ("change", "rerecorded_from"):
        assert check.unused_problem(topic, state, 2)
        del state["metadata"][metadata]
    if used and not topic.startswith("host."):
        state["observed"] = True
    assert check.unused_problem(topic, state, 1)
    assert (check.unused_problem(topic, state, 2) is None) == used


@pytest.mark.parametrize("name", [file.name for file in FILES if "later" in file.name])
def test_rules_3_use_what_is_of_single_topics(name: str) -> None:
    event = read(name)
    state, topic = event["state"], event["topic"]
    assert check.unused_problem(topic, state, 3), "change is for later rules"
    del state["metadata"]["change"]
    used = not topic.startswith(("change.", "hold.", "policy."))
    assert (check.unused_problem(topic, state, 3) is None) == used
    del state["metadata"]["rerecorded_from"]
    assert (check.unused_problem(topic, state, 3) is None) == used


@pytest.mark.parametrize("name", files())
def test_the_table_still_says_what_the_file_has(name: str) -> None:
    """A field that is added, renamed or of another type would show here."""
    topic, later = files()[name]
    assert golden(topic, later=later) == read(name)


@pytest.mark.parametrize("name", files())
def test_each_member_is_needed_and_no_other_is_taken(name: str) -> None:
    event = read(name)
    topic = files()[name][0]

    def problem(change: Callable[[State], object]) -> str | None:
        state = copy.deepcopy(event["state"])
        change(state)
        return check.form_problem(event["stream"], topic.name, state)

    for field in topic.fields:
        assert problem(lambda state, key=field.name: state.pop(key)), field.name  # type: ignore[misc]  # mypy gives the default no type
        assert problem(lambda state, key=field.name: state.update({key: {"no": [1.5]}}))  # type: ignore[misc]  # the same
    assert problem(lambda state: state.update(more=1))
    assert problem(lambda state: state["metadata"].update(more="1"))
    assert problem(lambda state: state.update(class_version=topic.version + 1))
    assert problem(lambda state: state.update(class_version=0))
    assert problem(lambda _: None) is None
    assert check.form_problem(event["stream"] + "x", topic.name, event["state"])
    assert check.form_problem(event["stream"], topic.name + "x", event["state"])


@pytest.mark.parametrize("field", METADATA, ids=lambda field: field.name)
def test_without_its_metadata_it_was_never_an_event(field: Any) -> None:
    state = read("signer.added.json")["state"]
    assert check.metadata_problem(state) is None
    without = copy.deepcopy(state)
    del without["metadata"][field.name]
    assert check.metadata_problem(without)
    wrong: object
    for wrong in (None, 1.5, {}, [2, 1, 1], "\x00"):
        changed = copy.deepcopy(state)
        changed["metadata"][field.name] = wrong
        if not (field.name == "reason" and wrong == "\x00"):
            assert check.metadata_problem(changed), wrong


@pytest.mark.parametrize(
    "change",
    [
        {"timestamp": "2026-11-22"},
        {"timestamp": None},
        {"metadata": None},
        {"metadata": []},
    ],
)
def test_other_members_that_every_event_has(change: State) -> None:
    assert check.metadata_problem(read("signer.added.json")["state"] | change)


@pytest.mark.parametrize("batch", [[0, 1], [2, 1], [1], [1, 1, 1], "1/1", [True, 1], [1, 2**53]])
def test_wrong_numbers_in_a_batch(batch: object) -> None:
    state = read("signer.added.json")["state"]
    state["metadata"]["batch"] = batch
    assert check.metadata_problem(state)


def test_an_event_of_the_first_edition_has_rules_0() -> None:
    assert check.rules_of({"metadata": {"actor": "alice"}}) == check.FIRST_EDITION
    with pytest.raises(ValueError, match="number"):
        check.rules_of({"metadata": {"rules": "1"}})


def test_limits_name_the_environment() -> None:
    def limit(name: str) -> str | None:
        event = read(name)
        return check.limit_of(event["topic"], event["state"])

    assert limit("environment.promoted.json") == "promote:dev"
    assert limit("environment.rolled_back.json") == "rollback:dev"
    assert limit("secret.set.json") == "secret:dev"
    assert limit("recipient.added.json") == "recipient:dev"
    assert limit("deployment.started.json") == "deploy:dev"
    assert limit("host.stopped.later.json") == "deploy:dev"
    assert limit("change.proposed.later.json") == "any"
    assert limit("manifest.edited.json") is None
    assert limit("bodies.purged.json") is None
    # An edit of a generated environment has a limit that no signer can have.
    assert check.limit_of("environment.edited", {"environment": "dev"}) == "edit:dev"


@pytest.mark.parametrize("topic", TOPICS.values(), ids=lambda topic: topic.name)
def test_it_is_documented(topic: Any) -> None:
    section = FORMAT.split(f"\n#### `{topic.name}`\n")[1].split("\n#")[0]
    for field in topic.fields:
        assert f"| `{field.name}` | {field.type.name} |" in section
    for field in (*METADATA, *MORE_METADATA):
        assert f"| `{field.name}` | {field.type.name} |" in FORMAT


def test_every_number_and_digest_says_what_it_is() -> None:
    """A history that is recorded again maps positions, revisions and hashes, each in its way."""
    known = {
        "position", "position or 0", "revision", "revision or 0", "version", "hash", "digest",
        "digest or empty", "number", "count",
        "text body", "changes body", "rules body", "ciphertext body", "plan body",
    }  # fmt: skip
    kinds = set()
    for name in files():
        event = read(name)
        for field, (type_, value) in check.leaves(event["topic"], event["state"]):
            if isinstance(value, int) and not isinstance(value, bool):
                kinds.add(type_.name)
                assert type_.name in known, (name, field)
            if isinstance(value, str) and len(value) == 64:
                assert type_.name in known, (name, field)
    assert {"position", "revision", "version"} <= kinds

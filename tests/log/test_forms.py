"""Events of today's classes, stored in the form of rules 1 and read again."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.log.events import KEY
from tetra_es.errors import IntegrityFailure
from tetra_es.events.base import Event, event_from_state
from tetra_es.events.catalogue import EVENT_TYPES
from tetra_es.events.config import EnvironmentEdited
from tetra_es.events.form import check
from tetra_es.events.form.table import TOPICS
from tetra_es.log import canonical
from tetra_es.log.chain import START
from tetra_es.log.forms import BodyMissing, batch_of, event_of
from tetra_es.log.linking import Draft, link

GOLDEN = ROOT / "tests/golden/events"


def first_edition(topic: str) -> Event:
    """Return the golden event of a topic, as the first edition stored it."""
    golden = json.loads((GOLDEN / f"{topic}.v1.json").read_text())
    return event_from_state(
        EVENT_TYPES[topic], golden["stream"], golden["version"], golden["state"]
    )


def event_named(topic: str) -> Event:
    """Return the golden event of a topic, with the fields that the first edition had not."""
    golden = json.loads(max(GOLDEN.glob(f"{topic}.v*.json")).read_text())
    return event_from_state(
        EVENT_TYPES[topic], golden["stream"], golden["version"], golden["state"]
    )


@pytest.mark.parametrize("topic", EVENT_TYPES)
def test_it_has_the_form_and_is_the_same_again(topic: str) -> None:
    event = event_named(topic)
    batch = batch_of([event], 1)
    record = link(START, batch.drafts, KEY)[0]
    state = canonical.decode(record.state)
    rules = check.rules_of(state)
    later = {"undoes", "restores", "paths"} & {name for name, value in vars(event).items() if value}
    expected = 3 if later else 2 if topic.startswith(("deployment.", "host.")) else 1
    assert rules == (3 if topic in {"log.moved", "secret.set"} else expected)
    assert check.metadata_problem(state) is None
    assert check.form_problem(record.stream, topic, state) is None
    assert check.unused_problem(topic, state, check.rules_of(state)) is None
    there = {sha256(body).digest(): body for body in batch.bodies}
    inline = {"text", "changes"} & set(event.FIELDS)
    assert len(batch.bodies) == len(inline)
    assert {each.digest for each in check.bodies_of(topic, state)} >= there.keys()

    again = event_of(record, there.get)
    assert type(again) is type(event)
    before, after = dict(vars(event)), dict(vars(again))
    metadata: dict[str, Any] = after.pop("metadata")
    assert metadata == before.pop("metadata") | {"rules": rules, "batch": [1, 1]}
    assert after == before


def test_a_batch_is_numbered() -> None:
    events = [first_edition(topic) for topic in ("secret.set", "secret.removed", "signer.removed")]
    states = [canonical.decode(draft.state) for draft in batch_of(events, 3).drafts]
    assert [state["metadata"]["batch"] for state in states] == [[1, 3], [2, 3], [3, 3]]
    assert {state["metadata"]["rules"] for state in states} == {3}


def test_the_same_text_is_one_body() -> None:
    event = first_edition("environment.edited")
    bodies = batch_of([event, event], 1).bodies
    assert len(bodies) == 4
    assert len(set(bodies)) == 2


@pytest.mark.parametrize("gone", [0, 1])
def test_a_missing_body_is_named(gone: int) -> None:
    batch = batch_of([first_edition("environment.edited")], 1)
    record = link(START, batch.drafts, KEY)[0]
    digest = sha256(batch.bodies[gone]).digest()
    there = {sha256(body).digest(): body for body in batch.bodies if body != batch.bodies[gone]}
    with pytest.raises(BodyMissing) as error:
        event_of(record, there.get)
    assert error.value.digest == digest


def test_an_event_of_the_first_edition_needs_no_bodies() -> None:
    golden = json.loads((GOLDEN / "environment.edited.v1.json").read_text())
    stored = canonical.encode(golden["state"])
    draft = Draft(golden["stream"], golden["version"], EnvironmentEdited.TOPIC, stored)
    record = link(START, [draft], KEY)[0]
    assert event_of(record, lambda _: None) == first_edition(EnvironmentEdited.TOPIC)


@pytest.mark.parametrize("change", [{"text": 5}, {"changes": "x"}, {"metadata": 1}])
def test_an_event_that_this_version_cannot_read(change: dict[str, Any]) -> None:
    """Fields that the gate would not let in."""
    batch = batch_of([first_edition("environment.edited")], 1)
    state = canonical.decode(batch.drafts[0].state) | change
    draft = batch.drafts[0]._replace(state=canonical.encode(state))
    there = {sha256(body).digest(): body for body in batch.bodies}
    with pytest.raises(IntegrityFailure, match="cannot be read"):
        event_of(link(START, [draft], KEY)[0], there.get)


def test_the_classes_have_the_fields_of_the_table() -> None:
    """But for those that rules 1 do not use."""
    old = {"originator_id", "originator_version", "timestamp", "metadata", "digest"}
    for topic, cls in EVENT_TYPES.items():
        used = {field.name for field in TOPICS[topic].fields if field.unused is ...}
        assert used <= cls.FIELDS.keys(), topic
        own = cls.FIELDS.keys() - old - {field.name for field in TOPICS[topic].fields}
        assert not own, topic

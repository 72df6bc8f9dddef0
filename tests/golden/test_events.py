"""Events as they were once stored must be readable for ever.

`events/<topic>.v<class_version>.json` holds an event's stream, version and state, and the SHA-256
of the state's canonical bytes. A file here is never edited: a new field means a new
`class_version`, an upcast, and one file more.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tetra_es.events.base import event_from_state, state_of
from tetra_es.events.catalogue import EVENT_TYPES
from tetra_es.log import canonical
from tetra_es.log.record import Record

FILES = sorted((Path(__file__).parent / "events").glob("*.json"))


def names(file: Path) -> tuple[str, int]:
    topic, _, version = file.stem.rpartition(".v")
    return topic, int(version)


def test_every_version_of_every_event_has_a_file() -> None:
    expected = {
        (topic, version)
        for topic, cls in EVENT_TYPES.items()
        for version in range(1, cls.class_version + 1)
    }
    assert {names(file) for file in FILES} == expected


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_golden_event(file: Path) -> None:
    topic, version = names(file)
    golden: dict[str, Any] = json.loads(file.read_text("utf-8"))
    stored = canonical.encode(golden["state"])
    assert sha256(stored).hexdigest() == golden["sha256"], "golden files are never edited"

    cls = EVENT_TYPES[topic]
    record = Record(1, golden["stream"], golden["version"], topic, stored, b"", b"", b"")
    event = record.event
    assert type(event) is cls
    assert (event.originator_id, event.originator_version) == (golden["stream"], golden["version"])
    again = canonical.encode(state_of(event))
    if version == cls.class_version:
        assert again == stored
        for key, value in golden["state"].items():
            assert key == "class_version" or vars(event)[key] == value
    state = canonical.decode(again)
    assert event_from_state(cls, golden["stream"], golden["version"], state) == event

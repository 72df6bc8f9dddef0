"""The stand-alone verifier's table of forms is that of tetra-es, told again."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from tests.conftest import ROOT
from tetra_es.events.form.table import METADATA, TOPICS
from tetra_es.events.form.table import MORE_METADATA as MORE
from tetra_es.events.form.topic import UNLIMITED
from tetra_es.profiles.load import builtin_names, effective_profile
from tetra_es_verify import (
    ANY,
    FORMS,
    METADATA_1,
    MORE_METADATA,
    NO_LIMITS,
    SINCE,
    TYPES,
    UNUSED,
    Event,
    canonical,
    has_form,
    plain,
    sha,
    shipped,
)
from tetra_es_verify import fits as says

GOLDEN = ROOT / "tests" / "golden" / "events"
ODD: list[Any] = [
    *(None, True, False, 0, 1, -1, 2**53, 0.5, "", "x", "a b", "a\nb", "1", "A" * 200, "é"),
    *("dev", "manifest", "Dev", "a..b", "edit:dev", "edit:local", "promote:dev", "sha1", "ab" * 20),
    *("2026-02-30T10:05:00.000000Z", "2026-11-22T10:05:00Z", "ssh-ed25519 A", "ssh-dss AAAA"),
    *([], {}, [1], ["x"], [["x", 1]], [["x", 0, "ab" * 32]], [["x", "y"]], [["x", None, None]]),
    *([1, 1], [1, 2, 3], ["env:local", 1], {"x": "y"}, {"x": 1}, {"": ""}, [["a/b", ""]]),
    *([{"position": 1, "verdict": "x"}], [{"position": 0, "verdict": "void"}], ["edit:dev"]),
]
VALUES = ODD + [field.type.example for topic in TOPICS.values() for field in topic.fields]


def test_topics() -> None:
    assert FORMS.keys() == TOPICS.keys()


@pytest.mark.parametrize("topic", TOPICS)
def test_rules_1(topic: str) -> None:
    form, wanted = FORMS[topic], TOPICS[topic]
    assert (form.stream, form.version) == (wanted.stream, wanted.version)
    assert form.since == ((wanted.since or math.inf) if wanted.later else 1)
    assert form.may == (NO_LIMITS if wanted.may is UNLIMITED else wanted.may)
    assert form.fields.keys() == {field.name for field in wanted.fields}
    for field in wanted.fields:
        of = form.fields[field.name]
        unused = UNUSED[of] if of == field.name and of in UNUSED else ...
        assert unused == field.unused
        for rules, names in SINCE.items():
            assert (field.since == rules) == (unused is not ... and field.name in names)
        for value in VALUES:
            assert says(TYPES.get(of, ANY), value) == field.type.fits(value), (field.name, value)


@pytest.mark.parametrize("topic", [topic for topic in FORMS if FORMS[topic].old])
def test_the_first_edition(topic: str) -> None:
    golden = json.loads((GOLDEN / f"{topic}.v1.json").read_text())
    stream, version, state = (golden[name] for name in ("stream", "version", "state"))
    event = Event(1, stream, version, topic, b"", b"", b"", b"")
    assert has_form(event, state)
    for name in state.keys() - {"metadata"}:  # that is looked at before
        assert not has_form(event, {key: one for key, one in state.items() if key != name})
        assert not has_form(event, state | {name: 0.5})
    assert not has_form(event, state | {"class_version": 2})
    assert not has_form(event._replace(stream="x"), state)


def test_metadata() -> None:
    for fields, mine in ((METADATA, METADATA_1), (MORE, MORE_METADATA)):
        assert mine.keys() == {field.name for field in fields}
        for field in fields:
            for value in VALUES:
                assert says(mine[field.name], value) == field.type.fits(value), (field.name, value)
            assert (field.since == 3) == (field.name in SINCE[3])


@pytest.mark.parametrize("name", builtin_names())
def test_profiles(name: str) -> None:
    assert sha(canonical([plain(shipped(name))])) == effective_profile(name, None).digest

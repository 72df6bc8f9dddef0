"""The stand-alone verifier says of every conformance vector what its lines say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import tetra_es_verify
from tests.conformance.vectors import NAMES, Expected, Vector, load

if TYPE_CHECKING:
    from collections.abc import Iterator


def judged(vector: Vector) -> tuple[list[Expected], tetra_es_verify.Judge]:
    """Return what the judge of the verifier says of each event, and the judge after them."""
    events = [
        tetra_es_verify.Event(
            each.position,
            each.stream,
            each.version,
            each.topic,
            each.state,
            each.previous,
            each.hash,
            each.signature,
        )
        for each in vector.records
    ]

    def body(digest: str, position: int) -> bytes | None:
        text = json.loads(events[position - 1].state).get("text", "")
        old = text.encode() if tetra_es_verify.sha(text) == digest else None
        return old or vector.bodies.get(bytes.fromhex(digest))

    def purges() -> Iterator[tetra_es_verify.Event]:
        return (event for event in events if event.topic.endswith(".purged"))

    judge = tetra_es_verify.Judge(body, purges)
    found = [Expected(None, None)] * len(events)
    given = 0
    try:
        for event in events:
            given += 1
            for verdict in judge.admit(event):
                found[events.index(verdict.event)] = Expected(verdict.kind, verdict.reason or None)
        judge.finish()
    except tetra_es_verify.Rejected as error:
        place = max(n for n in range(given) if events[n].position == error.position)
        found[place:] = [Expected(None, None)] * (len(events) - place)
        found[place] = Expected(error.kind, error.reason)
    return found, judge


@pytest.mark.parametrize("name", NAMES)
def test_a_vector(name: str) -> None:
    vector = load(name)
    found, judge = judged(vector)
    assert found == vector.expected
    if "body-void-purge" not in name:  # there, what was admitted is taken back
        assert result(judge.facts) == {
            key: vector.result[key] for key in ("floor", "signers", "texts")
        }


def result(facts: Any) -> dict[str, Any]:
    """Return what there is after the last event that is valid or void, as vectors have it."""
    signers = facts["signers"].items()
    texts = [(path, at.digest) for path, at in facts.items() if str(path).endswith(".toml")]
    return {
        "floor": facts["floor"],
        "signers": {name: may if may is None else sorted(may) for name, (_, may) in signers},
        "texts": {
            path.removesuffix(".toml")
            .removeprefix("environments/")
            .replace("profiles/", "profile "): digest
            for path, digest in texts
        },
    }

"""The judge of the stand-alone verifier, over records and bodies of tetra-es."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import tetra_es_verify
from tests.conformance.vectors import Expected

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tetra_es.log.record import Record


def judged(
    records: Sequence[Record], bodies: Mapping[bytes, bytes]
) -> tuple[list[Expected], tetra_es_verify.Judge]:
    """Return what it says of each event, and the judge after them."""
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
        for each in records
    ]

    def body(digest: str, position: int) -> bytes | None:
        text = json.loads(events[position - 1].state).get("text")
        if isinstance(text, str) and tetra_es_verify.sha(text) == digest:
            return text.encode()
        return bodies.get(bytes.fromhex(digest))

    def purges() -> Iterator[tetra_es_verify.Event]:
        return (event for event in events if event.topic.endswith(".purged"))

    judge = tetra_es_verify.Judge(body, purges)
    judge.events = lambda: events
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

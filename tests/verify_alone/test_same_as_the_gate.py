"""Of events that a signer made up, the stand-alone verifier says what the gate says.

Each is an event of a conformance vector in which some values are others, signed again.
"""

from __future__ import annotations

import copy
import json
from functools import reduce
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.conformance.builder import outcome, resigned
from tests.conformance.vectors import NAMES, Vector, VectorLog, load
from tests.examples import examples
from tests.gate.histories import NAMES as KEYS
from tests.verify_alone.verdicts import judged
from tetra_es.gate.gate import Gate
from tetra_es.log import canonical
from tetra_es_verify import FORMS


def nested(value: Any, _: int) -> Any:
    """Return a value in one more list."""
    return [value]


VALUES: list[Any] = [
    *(None, 0, 1, 2, 7, -1, 2**53 - 1, True, False, 0.5),
    *("", "x", "local", "dev", "qa", "alice", "bob", "A", "1", "3", "a\nb", "\u2028", "ab" * 32),
    *("2026-11-22T10:05:00.000000Z", "2026-02-30T10:05:00.000000Z", "promote:dev"),
    *([], {}, ["age1alice"], [["A", 1, "ab" * 32]], {"alice": "age1alice"}, ["edit:local"]),
    *([1, 1], [1, 2], [0, 1]),
    *(1e-7, 1e21, 5e-324, {"\uffff": [0.1], "\U0001f600": "\x7f"}, reduce(nested, range(60), 0)),
    *("9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00+23:59", "2026-11-22T24:00:00.000000Z"),
]
NAMED = ("x", "may", "rules", "class_version", "change", "clock", "caused_by", "recorded", "origin")


@examples(150)
@given(st.sampled_from(NAMES), st.integers(0, 2**32))
def test_made_up_events(name: str, seed: int) -> None:
    vector, random = load(name), Random(seed)
    if not vector.admitted:
        return
    at = random.randrange(vector.admitted)
    records = [*vector.records[:at], made_up(vector, at, random)]
    log = VectorLog(records, vector.bodies)
    found, _ = judged(records, vector.bodies)
    assert found == outcome(Gate(log).admit(log.records()), records)


def made_up(vector: Vector, at: int, random: Random) -> Any:
    record = vector.records[at]
    state = canonical.decode(record.state)
    actor = state["metadata"]["actor"]
    values = [*VALUES, *(digest.hex() for digest in vector.bodies)]
    values += [one for each in vector.records[:at] for one in leaves(json.loads(each.state))]
    for _ in range(random.choice([1, 1, 2])):
        change(state, values, random)
    parts = {"topic": random.choice(list(FORMS))} if random.random() < 0.1 else {}
    by = actor if actor in KEYS else "alice"
    return resigned(record, by=by, state=canonical.encode(state), **parts)


def change(state: dict[str, Any], values: list[Any], random: Random) -> None:
    """Change, add or take away one value, most often one that is not metadata."""
    places = list(containers(state))
    inner = random.choice(places[:1] * 3 + places)
    keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
    kept = ("metadata", "timestamp") if random.random() < 0.95 else ("metadata",)
    keys = [key for key in keys if key not in kept]
    what, value = random.random(), copy.deepcopy(random.choice(values))
    if what < 0.7 and keys:
        inner[random.choice(keys)] = value
    elif what < 0.85 and keys:
        del inner[random.choice(keys)]
    elif isinstance(inner, dict):
        inner[random.choice(NAMED)] = value
    else:
        inner.append(value)


def containers(value: Any) -> Any:
    """Yield an object or list, and those in it."""
    if isinstance(value, dict | list):
        yield value
        for one in value.values() if isinstance(value, dict) else value:
            yield from containers(one)


def leaves(value: Any) -> Any:
    """Yield the simple values in a value."""
    if not isinstance(value, dict | list):
        yield value
    for one in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from leaves(one)

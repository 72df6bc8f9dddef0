"""Events, canonical JSON and the chain: what is written is read back, and in one way only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import CHARACTERS, examples
from tetra_es.events.base import Event, event_from_state, state_of
from tetra_es.events.catalogue import EVENT_TYPES
from tetra_es.log import canonical, chain
from tetra_es.log.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable

MANY = examples(8)

# What UTF-8 can hold; lone surrogates cannot be stored, nor can TOML or a terminal bring them.
TEXT = st.text(CHARACTERS, max_size=30)
NUMBER = st.integers(-(2**53) + 1, 2**53 - 1)
# Larger ones are written as integers, which then are too large to be exact.
FRACTION = st.floats(-(2.0**53) + 1, 2.0**53 - 1)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "str": TEXT,
    "bool": st.booleans(),
    "int": NUMBER,
    "str | None": TEXT | st.none(),
    "int | None": NUMBER | st.none(),
    "Code | None": st.none() | st.fixed_dictionaries({"commit": TEXT, "dirty": st.booleans()}),
    "Origin | None": st.none()
    | st.fixed_dictionaries({"environment": TEXT, "key": TEXT, "version": NUMBER}),
    "dict[str, str]": st.dictionaries(TEXT, TEXT, max_size=4),
    "dict[str, Any]": st.dictionaries(TEXT, TEXT | NUMBER, max_size=4),
    "list[str]": st.lists(TEXT, max_size=4),
    "list[str] | None": st.lists(TEXT, max_size=4) | st.none(),
    "list[NamedBy]": st.lists(
        st.fixed_dictionaries({"position": NUMBER, "verdict": TEXT}), max_size=4
    ),
    "list[CiphertextRef]": st.lists(st.tuples(TEXT, NUMBER, TEXT).map(list), max_size=4),
    "list[FileDigest]": st.lists(st.lists(TEXT, max_size=2), max_size=4),
    "list[KeyChange]": st.lists(
        st.tuples(TEXT, TEXT | st.none(), TEXT | st.none()).map(list), max_size=4
    ),
}
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | FRACTION | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)


def an_event(cls: type[Event]) -> st.SearchStrategy[Event]:
    fields = {name: FIELDS[type_] for name, type_ in cls.FIELDS.items()}
    return st.builds(cls, **fields)


EVENTS = st.sampled_from(list(EVENT_TYPES.values())).flatmap(an_event)


@MANY
@given(EVENTS)
def test_a_stored_event_is_read_back(event: Event) -> None:
    state = canonical.encode(state_of(event))
    record = Record(
        1, event.originator_id, event.originator_version, event.TOPIC, state, b"", b"", b""
    )
    assert record.event == event
    assert type(record.event) is EVENT_TYPES[event.TOPIC]
    assert canonical.encode(state_of(record.event)) == state


@MANY
@given(EVENTS, st.data())
def test_a_missing_or_unknown_field_is_an_error(event: Event, data: st.DataObject) -> None:
    state = state_of(event)
    name = data.draw(st.sampled_from(sorted(state)))
    for changed in (
        {key: value for key, value in state.items() if key != name},
        state | {"unheard_of": 1},
    ):
        with pytest.raises((TypeError, KeyError)):
            event_from_state(type(event), "s", 1, dict(changed))


@MANY
@given(st.dictionaries(TEXT, JSON, max_size=6), st.randoms())
def test_canonical_json_is_one_byte_string(value: dict[str, Any], random: Any) -> None:
    encoded = canonical.encode(value)
    assert canonical.decode(encoded) == value
    assert canonical.encode(canonical.decode(encoded)) == encoded
    items = list(value.items())
    random.shuffle(items)
    assert canonical.encode(dict(items)) == encoded
    # A reader of the mirror's indented JSON gets to the same bytes.
    assert canonical.encode(json.loads(json.dumps(value, indent=3))) == encoded


@pytest.mark.parametrize("value", [{"n": 2**53}, {"n": float("nan")}, {"n": float("inf")}])
def test_what_json_cannot_hold_exactly_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".*"):
        canonical.encode(value)


LINKS = st.tuples(
    st.binary(min_size=32, max_size=32),
    st.integers(1, 2**40),
    TEXT,
    st.integers(1, 2**40),
    TEXT,
    st.binary(max_size=40),
)


@MANY
@given(LINKS, LINKS)
def test_different_events_have_different_hashes(one: Any, other: Any) -> None:
    assert (chain.link(*one) == chain.link(*other)) == (one == other)


MOVES: list[tuple[str, Callable[[str, str], tuple[str, str]]]] = [
    ("one byte to the right", lambda a, b: (a[:-1], a[-1:] + b)),
    ("all of it", lambda a, b: ("", a + b)),
]


@pytest.mark.parametrize(("_how", "move"), MOVES)
@MANY
@given(stream=st.text("abc:1", min_size=1, max_size=6), topic=st.text("abc:1", max_size=6))
def test_no_field_can_be_read_as_part_of_the_next(
    _how: str, move: Callable[[str, str], tuple[str, str]], stream: str, topic: str
) -> None:
    moved = move(stream, topic)
    first = chain.link(bytes(32), 1, stream, 1, topic, b"{}")
    assert first != chain.link(bytes(32), 1, moved[0], 1, moved[1], b"{}")
    later = chain.link(bytes(32), 12, stream, 3, topic, b"{}")
    assert later != chain.link(bytes(32), 1, "2" + stream, 3, topic, b"{}")


@MANY
@given(st.dictionaries(TEXT, JSON, max_size=4))
def test_the_quick_way_gives_the_same_bytes_as_the_library(value: dict[str, Any]) -> None:
    assert canonical.encode(value) == rfc8785.dumps(value)

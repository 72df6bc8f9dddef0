"""Events are what frozen dataclasses would be, without code made for each of them."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from inspect import get_annotations
from typing import Any

import pytest

from tetra_es.events.base import Event, Fields
from tetra_es.events.catalogue import EVENT_TYPES
from tetra_es.events.config import EnvironmentEdited, EnvironmentState, SignerAdded, SignerRemoved

KINDS = (*EVENT_TYPES.values(), Event, EnvironmentState)


def an_event(cls: type[Event], **other: object) -> Event:
    values: dict[str, Any] = dict.fromkeys(cls.FIELDS, "text")
    values.update(other)
    return cls(**values)


@pytest.mark.parametrize("cls", KINDS)
def test_the_fields_are_those_of_a_dataclass(cls: type[Event]) -> None:
    made: type = object
    for base in (one for one in reversed(cls.__mro__) if issubclass(one, Fields)):
        members = {"__annotations__": get_annotations(base), "__module__": base.__module__}
        made = dataclasses.dataclass(frozen=True)(type(base.__name__, (made,), members))
    fields = dataclasses.fields(made)
    assert list(cls.FIELDS.items()) == [(each.name, each.type) for each in fields]


@pytest.mark.parametrize("cls", KINDS)
def test_a_field_too_many_or_too_few_is_refused(cls: type[Event]) -> None:
    with pytest.raises(TypeError, match=r"an unknown colour$"):
        an_event(cls, colour="red")
    for name in cls.FIELDS:
        values: dict[str, Any] = dict.fromkeys(cls.FIELDS, "text")
        del values[name]
        with pytest.raises(TypeError, match=rf"with no {name}$"):
            cls(**values)


def test_nothing_changes_it() -> None:
    event = an_event(EnvironmentEdited)
    with pytest.raises(AttributeError, match="text"):
        event.text = "other"
    with pytest.raises(AttributeError, match="metadata"):
        event.metadata = {}  # type: ignore[misc]
    with pytest.raises(AttributeError, match="metadata"):
        del event.metadata
    assert event == an_event(EnvironmentEdited)


def test_equal_are_those_of_one_kind_with_equal_fields() -> None:
    added = an_event(SignerAdded)
    assert added == an_event(SignerAdded)
    assert added != an_event(SignerAdded, key="other")
    assert added != an_event(SignerRemoved)
    assert added != "text"
    with pytest.raises(TypeError, match="unhashable"):
        hash(added)


def test_copies_are_equal() -> None:
    event = an_event(SignerAdded, metadata={"actor": "alice"})
    assert event == copy.copy(event) == copy.deepcopy(event) == pickle.loads(pickle.dumps(event))  # noqa: S301 - our own


def test_it_says_what_it_holds() -> None:
    assert repr(an_event(SignerAdded, key="ssh-ed25519 AAAA")) == (
        "SignerAdded(originator_id='text', originator_version='text', timestamp='text', "
        "metadata='text', signer='text', key='ssh-ed25519 AAAA', may='text')"
    )

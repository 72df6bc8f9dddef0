"""Between events in memory and their form from rules 1 on, where texts and changes are bodies.

In memory an event has its text and its changes whole, whatever edition stored it, so that rules and
projections need not know.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from tetra_es.errors import IntegrityFailure
from tetra_es.events.base import event_from_state, state_of
from tetra_es.events.catalogue import EVENT_TYPES
from tetra_es.events.form.check import FIRST_EDITION, HIGHEST_RULES, rules_of
from tetra_es.events.form.table import MORE_METADATA, TOPICS
from tetra_es.events.form.types import CHANGES_BODY, TEXT_BODY
from tetra_es.log import canonical
from tetra_es.log.linking import Draft

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from tetra_es.events.base import Event
    from tetra_es.events.form.types import Type
    from tetra_es.log.record import Record

_INLINE = (TEXT_BODY, CHANGES_BODY)
"""What an event in memory has itself. Of other bodies it has the digest, as stored."""

_EMPTY = {TEXT_BODY: b"", CHANGES_BODY: b"[]"}
"""What stands for those that were purged."""


class Batch(NamedTuple):
    """What is to be appended together."""

    drafts: list[Draft]
    bodies: list[bytes]
    """The texts and changes that the drafts name; ciphertexts and such come beside them."""


class BodyMissing(IntegrityFailure):
    """A body that an event names is not there, though no event purged it that is known."""

    def __init__(self, digest: bytes) -> None:
        super().__init__(
            f"body {digest.hex()} is missing",
            hint="run `tetra-es verify` to find out whether it was purged",
        )
        self.digest = digest


def batch_of(events: Sequence[Event], least: int) -> Batch:
    """Return events as they are stored: numbered as one batch, under the lowest rule set that fits.

    That is `least`, of 1 or higher, unless they have what only a higher one uses. So an older
    program reads on until there is something that it cannot know.
    """
    drafts, bodies = [], list[bytes]()
    states = [(event, _stored(event, bodies)) for event in events]
    rules = max([least, *(_rules_for(event, state) for event, state in states)])
    for number, (event, state) in enumerate(states, 1):
        state["metadata"] = {
            **event.metadata,
            "rules": rules,
            "batch": [number, len(events)],
        }
        draft = Draft(
            event.originator_id, event.originator_version, event.TOPIC, canonical.encode(state)
        )
        drafts.append(draft)
    return Batch(drafts, bodies)


def _rules_for(event: Event, state: dict[str, Any]) -> int:
    """Return the lowest rule set that uses all that an event has."""
    known = TOPICS[event.TOPIC]
    needed = [known.since] if known.later else []
    needed += [
        field.since
        for field in known.fields
        if field.unused is not ... and state[field.name] != field.unused
    ]
    needed += [
        field.since
        for field in MORE_METADATA
        if field.unused is not ... and field.name in event.metadata
    ]
    return max((number or HIGHEST_RULES for number in needed), default=1)


def event_of(
    record: Record,
    body: Callable[[bytes], bytes | None],
    purged: Container[bytes] = (),
) -> Event:
    """Return the event of a record of any edition; `body` finds the bodies that it names.

    A text that is `purged` is empty, and so are such changes.

    Raises `BodyMissing`, `TetraEsError` for a kind that is not known, `IntegrityFailure` for one
    that cannot be read.
    """
    try:
        state = canonical.decode(record.state)
        if rules_of(state) == FIRST_EDITION:
            return record.event
        return event_in(record.stream, record.version, record.topic, state, body, purged)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise IntegrityFailure(
            f"event #{record.position} ({record.topic!a:.80}) cannot be read: "
            f"{str(error) or type(error).__name__}",
            hint="run `tetra-es verify` to find out what was changed",
        ) from error


def event_in(
    stream: str,
    version: int,
    topic: str,
    state: dict[str, Any],
    body: Callable[[bytes], bytes | None],
    purged: Container[bytes] = (),
) -> Event:
    """Return the event that a state of any edition was stored for. `state` is used up.

    A text that is `purged` is empty, and so are such changes.

    Raises `BodyMissing`, and `ValueError`, `TypeError` or `KeyError` for what is not such a state.
    """
    cls = EVENT_TYPES[topic]
    if rules_of(state) == FIRST_EDITION:
        return event_from_state(cls, stream, version, state)
    fields = _in_memory(topic, state, cls.FIELDS, body, purged)
    return cls(
        originator_id=stream,
        originator_version=version,
        timestamp=state["timestamp"],
        metadata=state["metadata"],
        **fields,
    )


def _stored(event: Event, bodies: list[bytes]) -> dict[str, Any]:
    """Return the state of an event with digests for its bodies, which are added to `bodies`."""
    topic, values = TOPICS[event.TOPIC], state_of(event)
    state: dict[str, Any] = {"timestamp": event.timestamp}
    if topic.version > 1:
        state["class_version"] = topic.version
    for field in topic.fields:
        value = values[field.name] if field.unused is ... else values.get(field.name, field.unused)
        if field.type in _INLINE:
            bodies.append(_encoded(field.type, value))
            value = sha256(bodies[-1]).hexdigest()
        state[field.name] = value
    return state


def _in_memory(
    name: str,
    state: dict[str, Any],
    wanted: dict[str, str],
    body: Callable[[bytes], bytes | None],
    purged: Container[bytes],
) -> dict[str, Any]:
    """Return the fields that an event's class has, of those that are stored."""
    found: dict[str, Any] = {}
    for field in TOPICS[name].fields:
        value = state[field.name]
        if field.name not in wanted:
            if field.unused is ... or value != field.unused:
                raise ValueError(f"this tetra-es does not know its {field.name}")
            continue
        if field.type in _INLINE:
            digest = bytes.fromhex(value)
            data = body(digest)
            if data is None and digest in purged:
                data = _EMPTY[field.type]
            if data is None:
                raise BodyMissing(digest)
            found[field.name] = _decoded(field.type, data)
        else:
            found[field.name] = value
    if "digest" in wanted and "digest" not in found:
        found["digest"] = state["text"]  # what the first edition had beside the text
    return found


def _encoded(type_: Type, value: Any) -> bytes:
    return value.encode() if type_ is TEXT_BODY else canonical.encode_any(value)


def _decoded(type_: Type, data: bytes) -> Any:
    return data.decode() if type_ is TEXT_BODY else json.loads(data)

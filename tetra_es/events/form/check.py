"""Whether a stored state has the form of rules 1 or later, and what it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tetra_es.events.form.table import METADATA, MORE_METADATA, TOPICS
from tetra_es.events.form.topic import UNLIMITED
from tetra_es.events.form.types import TIME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tetra_es.events.form.topic import Field
    from tetra_es.events.form.types import Leaf

FIRST_EDITION: Final = 0
"""The rules number of events whose metadata has none."""


HIGHEST_RULES: Final = 3
"""The newest rule set that this version knows."""


class Body(NamedTuple):
    """A body that an event names: the log keeps it, and so does the event's commit."""

    kind: str
    digest: bytes


def rules_of(state: dict[str, Any]) -> int:
    """Return the number of the rule set that an event was recorded under, 0 where it has none.

    Raises `ValueError` where it is not a number.
    """
    metadata = state.get("metadata")
    number = metadata.get("rules", FIRST_EDITION) if isinstance(metadata, dict) else FIRST_EDITION
    if type(number) is not int or number < 0:
        raise ValueError("its rules are not a number")
    return number


def metadata_problem(state: dict[str, Any]) -> str | None:
    """Return why a state, of rules 1 or later, was never an event; None where it was one."""
    if not TIME.fits(state.get("timestamp")):
        return "its timestamp is not a time"
    metadata = state.get("metadata")
    if not isinstance(metadata, dict):
        return "it has no metadata"
    for field in METADATA:
        if field.name not in metadata:
            return f"its metadata has no {field.name}"
        if not field.type.fits(metadata[field.name]):
            return f"{field.name} of its metadata is not of the type {field.type.name}"
    index, count = metadata["batch"]
    if index > count:
        return f"its metadata counts it as number {index} of {count}"
    return None


def form_problem(stream: str, topic: str, state: dict[str, Any]) -> str | None:
    """Return why an event is void whatever its rules say: it lacks the form of its topic."""
    known = TOPICS.get(topic)
    if known is None:
        return f"there is no topic {topic!a:.80}"
    if state.get("class_version", 1) != known.version:
        return f"{topic} is of version {known.version}, not {state.get('class_version', 1)!r}"
    own = state.keys() - {"timestamp", "metadata", "class_version"}
    problem = _members_problem(known.fields, {name: state[name] for name in own}, "field")
    if problem is None:
        more = {field.name for field in METADATA}
        others = {key: value for key, value in state["metadata"].items() if key not in more}
        optional = [field for field in MORE_METADATA if field.name in others]
        problem = _members_problem(optional, others, "metadata")
    if problem is None and stream != _filled(known.stream, state):
        return f"{topic} does not belong in the stream {stream}"
    return problem


def unused_problem(topic: str, state: dict[str, Any], rules: int) -> str | None:
    """Return why an event of a lawful form is void under `rules`: it is for a later rule set."""
    known = TOPICS[topic]
    if not known.is_used(rules):
        return f"{topic} is not an event of rules {rules}"
    for field in known.fields:
        if not field.is_used(rules) and state[field.name] != field.unused:
            return f"rules {rules} do not use {field.name}"
    for field in MORE_METADATA:
        if not field.is_used(rules) and field.name in state["metadata"]:
            return f"rules {rules} do not use {field.name} in the metadata"
    return None


def limit_of(topic: str, state: dict[str, Any]) -> str | None:
    """Return the limit that lets a signer record an event, such as `promote:dev`.

    None where only a signer without limits may, `any` where every signer may.
    """
    may = TOPICS[topic].may
    return None if may is UNLIMITED else _filled(may, state)


def leaves(topic: str, state: dict[str, Any]) -> Iterator[tuple[str, Leaf]]:
    """Yield each simple value of a lawful state with the field that has it, and its type."""
    for field in TOPICS[topic].fields:
        for leaf in field.type.leaves(state[field.name]):
            yield field.name, leaf
    for field in MORE_METADATA:
        if field.name in state["metadata"]:
            for leaf in field.type.leaves(state["metadata"][field.name]):
                yield field.name, leaf


def bodies_of(topic: str, state: dict[str, Any]) -> list[Body]:
    """Return the bodies that a lawful state names, in the order of its fields."""
    return [
        Body(type_.name.removesuffix(" body"), bytes.fromhex(value))
        for _, (type_, value) in leaves(topic, state)
        if type_.body
    ]


def _members_problem(fields: Iterable[Field], members: dict[str, Any], what: str) -> str | None:
    expected = {field.name: field for field in fields}
    if missing := expected.keys() - members.keys():
        return f"it has no {what} {min(missing)}"
    if unknown := members.keys() - expected.keys():
        return f"there is no {what} {min(unknown)!a:.80}"
    for name, field in expected.items():
        if not field.type.fits(members[name]):
            return f"its {name} is not of the type {field.type.name}"
    return None


def _filled(template: str, state: dict[str, Any]) -> str:
    """Return a template with fields of the state in the place of their names in braces."""
    return template.format_map(state) if "{" in template else template

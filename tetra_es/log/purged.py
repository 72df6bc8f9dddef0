"""What the bodies are that a purge destroys: which events name them, and as what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tetra_es.log import canonical
from tetra_es.names import SOURCE_OF_TRUTH

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from tetra_es.log.record import Record


class NamedBodies(NamedTuple):
    """What an event has of some bodies."""

    event: int
    """Its position."""
    name: str
    """What it made, such as `dev@3`, or what it is."""
    kinds: tuple[str, ...]
    """`text`, `changes`, `rules` and so on, those that are among the bodies."""

    @property
    def is_edited(self) -> bool:
        """Whether people edit what it made: it is not generated."""
        return self.name.startswith((f"{SOURCE_OF_TRUTH}@", "manifest@", "profile "))

    def __str__(self) -> str:
        return f"{self.name} (#{self.event}): {', '.join(self.kinds)}"


def named_bodies(records: Iterable[Record], digests: Collection[bytes]) -> Iterator[NamedBodies]:
    """Yield, for each event that names some of the bodies, as what it does, in their order."""
    for record in records:
        if kinds := kinds_of(record, digests):
            state = canonical.decode(record.state)
            yield NamedBodies(record.position, name_of(record.topic, state), tuple(kinds))


def kinds_of(record: Record, digests: Collection[bytes]) -> dict[str, bytes]:
    """Return what an event has of some bodies: kind to digest; nothing where it has no form."""
    from tetra_es.events.form.check import FIRST_EDITION, bodies_of, form_problem
    from tetra_es.log.naming import rules_and_state

    try:
        rules, state = rules_and_state(record)
        if rules == FIRST_EDITION or form_problem(record.stream, record.topic, state):
            return {}
    except ValueError:
        return {}
    named = bodies_of(record.topic, state)
    return {body.kind: body.digest for body in named if body.digest in digests}


def name_of(topic: str, state: Mapping[str, Any]) -> str:
    """Return what people call what an event made: `dev@3`, `profile dev@2`, `manifest@1`."""
    match topic:
        case "organization.created":
            return "manifest@1"
        case "manifest.edited":
            return f"manifest@{state['revision']}"
        case "profile.edited":
            return f"profile {state['environment']}@{state['revision']}"
        case _ if topic.startswith("environment."):
            return f"{state['environment']}@{state['revision']}"
        case _:
            return topic

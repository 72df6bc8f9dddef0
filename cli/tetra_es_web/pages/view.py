"""What a page is made of."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import UTC
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import TetraEsError, UsageError
from tetra_es.names import SOURCE_OF_TRUTH, check_file
from tetra_es.refs import TimeRef, parse_ref, ref_text
from tetra_es.zones import in_zone
from tetra_es_projections.queries.environments import known_environments

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime, tzinfo

    from tetra_es.refs import Ref
    from tetra_es_projections.queries.answering import Shared
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.event_table import EventRow
    from tetra_es_web.links import Links

MANY = "\n"
"""Between the values of a parameter that is given more than once."""


_OFFERED = 50
"""Environments that a filter offers; others can be typed into the address."""


class Whole(NamedTuple):
    """An organization, its newest and its first event: every page says them."""

    organization: str
    newest: EventRow
    first: EventRow
    purged: int | None
    """The newest event that purged texts or changes."""


@dataclass(frozen=True)
class View:
    """An organization as of its newest event, and how pages about it link to each other."""

    reader: Reader
    links: Links
    zone: tzinfo = UTC
    zone_name: str = "UTC"
    shared: Shared | None = None
    """The log that it is shared by, where it is: how old this replica is follows from it."""

    @cached_property
    def whole(self) -> Whole:
        """Organization, newest and first event. Raises `TetraEsError` where there is no event."""
        events = self.reader.views.events
        newest, first = events.find(events.last_position()), events.find(1)
        if newest is None or first is None:
            raise TetraEsError("there are no events yet", hint="record something first")
        purges = events.of_topics(("bodies.purged",), newest.event)
        return Whole(self.reader.layout.root.name, newest, first, max(purges, default=None))

    @cached_property
    def stopped(self) -> str | None:
        """Why what is stored after the newest event does not count; None for nothing."""
        return self.reader.log.stopped()

    @cached_property
    def environments(self) -> Sequence[str]:
        """The environments in promotion order."""
        return known_environments(self.reader)

    @cached_property
    def promoted(self) -> Sequence[str]:
        """The environments that have a state, in promotion order."""
        there = {*self.reader.views.states.environments()}
        return [name for name in self.environments if name in there]

    @cached_property
    def files(self) -> Sequence[str]:
        """What filters by environment offer: those, and the other files that people edit.

        Some of many, since all of them would be most of a page.
        """
        some = self.environments[:_OFFERED]
        profiles = [f"profile {name}" for name in some if name != SOURCE_OF_TRUTH]
        return [*some, "manifest", *profiles]

    @cached_property
    def _lost_a_text(self) -> bool:
        return not self.reader.views.purged.is_empty()

    def purge_of(self, state: str) -> int | None:
        """Return what purged the text of a state such as `dev@3`, None where that is there."""
        file, _, revision = state.rpartition("@")
        if not self._lost_a_text or not revision.isdecimal():
            return None
        position = self.reader.views.revisions_of(file).position_of_revision(file, int(revision))
        return None if position is None else self.reader.views.purged.of_text(position)

    def ref(self, text: str | None) -> Ref | None:
        """Return what a parameter names; None where it is not given. Raises `UsageError`."""
        return parse_ref(text.strip(), self.zone) if text and text.strip() else None

    def fixed(self, ref: Ref | None, position: int) -> str | int:
        """Return what names for ever what a REF does now, which is after `position`."""
        return ref_text(ref) if isinstance(ref, TimeRef) else position

    def moved(self, time: str) -> datetime:
        """Return the time of an event in the zone that was chosen."""
        return in_zone(time, self.zone)


def file_in(given: Mapping[str, str]) -> str | None:
    """Return the environment, `manifest` or `profile ENV` that is asked for; None for all.

    Raises `UsageError`.
    """
    text = given.get("environment", "").strip()
    return check_file(text) if text else None


def number(given: Mapping[str, str], name: str) -> int | None:
    """Return a parameter that is a number from 1; None where it is not given.

    Raises `UsageError`.
    """
    text = given.get(name, "").strip().removeprefix("#")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 18 and int(text) > 0):
        raise UsageError(f"{name} is not a number: {text!r}", hint="such as 41")
    return int(text)


def several(given: Mapping[str, str], name: str, known: Collection[str]) -> tuple[str, ...]:
    """Return the values of a parameter that may be given more than once, each once.

    Raises `UsageError` for one that is not known.
    """
    found = tuple(dict.fromkeys(one for one in given.get(name, "").split(MANY) if one))
    for one in found:
        if one not in known:
            raise UsageError(f"no such {name}: {one!r}", hint=f"there are {', '.join(known)}")
    return found


def command(*words: object) -> str:
    """Return what gives the same answer on the command line."""
    return shlex.join(["tetra-es", *map(str, words)])

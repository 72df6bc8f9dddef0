"""The revisions of an edited file, as the events have them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import UsageError
from tetra_es.events.base import OfEnvironment, OfRevision, WithChanges
from tetra_es.events.config import (
    CONFIG_EVENTS,
    ORG_STREAM,
    EnvironmentState,
    ManifestEdited,
    OrganizationCreated,
    ProfileEdited,
)
from tetra_es.log.replica import Purged
from tetra_es.model.environment import environment_stream
from tetra_es.names import check_environment
from tetra_es.text import one_line
from tetra_es.usecases.config.source_file import MANIFEST, SOURCE, SourceFile, profile_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.events.base import Event
    from tetra_es.log.replica import Replica

_NAME = re.compile(r"@?(?:(local)|(manifest)|profile ([a-z0-9-]+))@([0-9]{1,18})", re.ASCII)
_OF_SOURCE = frozenset(
    event.TOPIC for event in CONFIG_EVENTS if issubclass(event, EnvironmentState)
)
_OF_MANIFEST = frozenset({OrganizationCreated.TOPIC, ManifestEdited.TOPIC})
_OF_PROFILES = frozenset({ProfileEdited.TOPIC})


class Revision(NamedTuple):
    """One content that an edited file was given."""

    file: SourceFile
    number: int
    position: int
    event: Event

    @property
    def name(self) -> str:
        """What people call it, such as `local@7`, and what `--base` takes."""
        return f"{self.file}@{self.number}"

    @property
    def actor(self) -> str:
        """The signer who recorded it."""
        return str(self.event.metadata["actor"])

    @property
    def told(self) -> str:
        """Who recorded it, where and why: `#41 by alice: REASON`."""
        reason = one_line(self.event.metadata.get("reason", ""))
        return f"#{self.position} by {self.actor}" + (f": {reason}" if reason else "")

    @property
    def changes(self) -> list[tuple[str, str | None, str | None]]:
        """The keys that it changed, each with its literals before and after; see `text`."""
        found = self.event.changes if isinstance(self.event, WithChanges) else ()
        return [(str(key), before, after) for key, before, after in found]

    def text(self, log: Replica) -> str | None:
        """Return its text, None where that was purged."""
        try:
            return log.state_text(self.position)
        except Purged:
            return None


def revisions(log: Replica, file: SourceFile, upto: int | None = None) -> Iterator[Revision]:
    """Yield the revisions of a file up to a position, the newest first."""
    stream, topics = (
        (environment_stream(file.environment), _OF_SOURCE)
        if file == SOURCE
        else (ORG_STREAM, _OF_MANIFEST if file == MANIFEST else _OF_PROFILES)
    )
    for record in log.of_stream(stream, descending=True):
        if record.topic not in topics or (upto is not None and record.position > upto):
            continue
        if log.void(record.position) is None:
            event = log.event(record)
            of = event.environment if isinstance(event, OfEnvironment) else ""
            if file.kind != "profile" or of == file.environment:
                number = event.revision if isinstance(event, OfRevision) else 1
                yield Revision(file, number, record.position, event)


def parse_revision(name: str) -> tuple[SourceFile, int]:
    """Return the file and the number that the name of a revision has. Raises `UsageError`."""
    found = _NAME.fullmatch(name.strip())
    if found is None:
        raise UsageError(
            f"{name!r} is not a revision of a file that is edited",
            hint="such as local@7, manifest@2 or 'profile prod@3'",
        )
    number = int(found[4])
    if found[3]:
        return profile_of(check_environment(found[3])), number
    return (SOURCE if found[1] else MANIFEST), number

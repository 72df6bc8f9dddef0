"""Every topic and field that there is from rules 1 on. Frozen: fields do not change after it.

Documentation (`docs/format.md`), checks and golden files are made of this table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tetra_es.events.form import types as t
from tetra_es.events.form.config import CONFIG
from tetra_es.events.form.deployments import DEPLOYMENTS
from tetra_es.events.form.secrets import SECRETS
from tetra_es.events.form.sharing import SHARING
from tetra_es.events.form.topic import Field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es.events.form.topic import Topic

GROUPS: Final[Mapping[str, tuple[Topic, ...]]] = {
    "The organization and its environments": CONFIG,
    "Secrets, and what is destroyed": SECRETS,
    "Deployments and hosts": DEPLOYMENTS,
    "Sharing, change requests and holds": SHARING,
}
"""Title to topics, for the documentation."""

TOPICS: Final[Mapping[str, Topic]] = {
    topic.name: topic for group in GROUPS.values() for topic in group
}

METADATA: Final = (
    Field("actor", t.SIGNER, "name of the signer"),
    Field("reason", t.TEXT, "why, in the person's words; empty where none was given"),
    Field("correlation", t.NAME, "shared by the events that one command records"),
    Field("tool", t.NAME, "the program and its version"),
    Field("format", t.NAME, "number of the format of the event's commit in the mirror"),
    Field("rules", t.COUNT, "number of the rule set"),
    Field("batch", t.tuple_of(t.COUNT, t.COUNT), "`[i, n]`: the i-th of n events, from 1"),
)
"""What the metadata of every event has; without one of these it was never an event."""

MORE_METADATA: Final = (
    Field(
        "caused_by",
        t.tuple_of(t.STREAM, t.VERSION),
        "`[stream, version]` of the event that this one follows from, which may be in its batch",
    ),
    Field("clock", t.one_of("corrected"), "the head's time was wrong: times count from here"),
    Field("change", t.CHANGE, "the change request that this applies", unused=None),
    Field(
        "rerecorded_from",
        t.object_of(position=t.POSITION, hash=t.HASH, timestamp=t.TIME),
        "the event of a fork that this one was decided again for",
        unused=None,
        since=3,
    ),
    Field("imported", t.TEXT, "where an imported state came from"),
    Field(
        "recorded",
        t.TIME,
        "when it was recorded, where `timestamp` is the time of something earlier",
    ),
)
"""What it has only where it applies: then the member is there, else it is not."""

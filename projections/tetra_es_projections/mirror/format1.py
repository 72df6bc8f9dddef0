"""Format 1 of the mirror's commits. Nothing here may change: commit ids depend on every byte.

Message: the summary; the reason, if one was given; a line for each changed key; and as the last
paragraph the trailers `Event`, `Event-Hash`, `Topic`, `Environment`, `Revision`, `Actor`.
Author: the actor at the time of the event. Committer: tetra-es at the time of recording.

Files: what the event projects, and the event itself at

    events/<position // 10000>/<position // 100 % 100>/<position>.json     (4, 2 and 8 digits)

so that no folder holds more than a hundred files. It is a JSON object with one key a line:

    event       position, a number
    stream      such as "env:dev"
    version     number of the event in its stream
    topic       such as "environment.promoted"
    previous    hash of the event before, hexadecimal
    hash        of this event, hexadecimal
    signature   armored, what `ssh-keygen -Y verify -s` reads
    state       the stored state, byte for byte: canonical JSON (RFC 8785) on one line

Reading the file as JSON and encoding `state` canonically gives the stored bytes again.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from tetra_es.crypto.ssh.sshsig import armor
from tetra_es.events.base import changes_of, environment_of, revision_of
from tetra_es.refs import moment_of
from tetra_es.text import one_line
from tetra_es_projections.descriptions import summary_1
from tetra_es_projections.mirror.commit import Commit
from tetra_es_projections.mirror.written import (
    change_lines,
    harmless,
    paragraphs,
    reason_lines,
)

if TYPE_CHECKING:
    from tetra_es.events.base import Event
    from tetra_es.log.record import Record
    from tetra_es_projections.tree import TreeProjector

NUMBER: Final = "1"

EVENTS: Final = "events"
"""The folder with the events' own files."""

_COMMITTER = "tetra-es <tetra-es@tetra-es.invalid>"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOT_IN_ACTORS = re.compile(r"[^A-Za-z0-9._+@-]")
_PATH = re.compile(r"\w[\w.@+-]*(/\w[\w.@+-]*)*", re.ASCII)

# Git takes a line that begins with `---` for the end of the message, and people search for our
# trailers with `--grep`: in what a person wrote, such lines are indented.
_LOOKS_SPECIAL = re.compile(
    r"^(?=---|(?:Event|Event-Hash|Topic|Environment|Revision|Actor)[ \t]*:)",
    re.IGNORECASE | re.MULTILINE,
)


def render(record: Record, content: TreeProjector) -> Commit:
    """Return the commit of `record`; `content` takes the event in.

    Raises `ValueError` or the like when the event holds what tetra-es never writes.
    """
    event = record.event
    name = _NOT_IN_ACTORS.sub("_", event.metadata["actor"])
    email = name if "@" in name else f"{name}@tetra-es.invalid"
    recorded = event.metadata.get("recorded", event.timestamp)
    files = content.apply(event)
    for path in files:
        if not _PATH.fullmatch(path):
            raise ValueError(f"not a path of the mirror: {path!r}")
    files[event_path(record.position)] = event_file(record)
    return Commit(
        record.position,
        _message(record, event, name),
        f"{name} <{email}> {_seconds(event.timestamp)} +0000".encode(),
        f"{_COMMITTER} {_seconds(recorded)} +0000".encode(),
        files,
    )


def event_path(position: int) -> str:
    """Return the path of an event's own file."""
    return f"{EVENTS}/{position // 10000:04}/{position // 100 % 100:02}/{position:08}.json"


def event_file(record: Record) -> bytes:
    """Return the content of an event's own file; the module says what it is."""
    signature = armor(record.signature) if record.signature else ""
    return b'{\n  "event": %d,\n  "stream": %s,\n  "version": %d,\n  "topic": %s,\n' % (
        record.position,
        json.dumps(record.stream).encode(),
        record.version,
        json.dumps(record.topic).encode(),
    ) + b'  "previous": "%s",\n  "hash": "%s",\n  "signature": %s,\n  "state": %s\n}\n' % (
        record.previous.hex().encode(),
        record.hash.hex().encode(),
        json.dumps(signature).encode(),
        record.state,
    )


def _message(record: Record, event: Event, actor: str) -> bytes:
    trailers = {
        "Event": record.position,
        "Event-Hash": record.hash.hex(),
        "Topic": record.topic,
        "Environment": environment_of(event),
        "Revision": revision_of(event),
        "Actor": actor,
    }
    last = [
        f"{key}: {one_line(str(value))}" for key, value in trailers.items() if value is not None
    ]
    written = (reason_lines(event.metadata.get("reason", "")), change_lines(changes_of(event)))
    body = harmless(paragraphs(written), _LOOKS_SPECIAL)
    return (paragraphs((summary_1(event), body, "\n".join(last))) + "\n").encode()


def _seconds(time: str) -> int:
    """Return whole seconds since 1970, which is as early as git's dates go; 0 for no time."""
    try:
        moment = moment_of(time)
        return max(0, (moment - _EPOCH) // _SECOND)
    except (ValueError, TypeError):  # the first edition's rules look at `timestamp` alone
        return 0


_SECOND = datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC) - _EPOCH

"""Format 2 of the mirror's commits, for events from rules 1 on. Nothing here may change.

Message: as in format 1, with subjects of its own (`descriptions.summary_2`). The lines of changed
keys are left out where the body of the changes was purged. An event that is void has the subject
`void: TOPIC`, its reason, no changed keys, and a last trailer `Verdict: void`; it has no
`Environment` and no `Revision`. What an event says without being lawful is never looked at.

Files: those of format 1; and `bodies/<2 digits>/<64 digits>` with the bytes of each body that the
event names and that is none of the files that it puts in place. A void event puts none in place, so
all its bodies are there. They are those of this event alone: the next commit has its own. Where a
body was purged, be it at its file or below `bodies/`, is `tree.TOMBSTONE_2`.

The event's own file is that of format 1, with an empty `signature` where the event has none, since
that of the last event of its batch stands for it.

A void event has a commit of this format wherever it is: format 1 knows none.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from tetra_es.log import canonical
from tetra_es.log.naming import bodies_named
from tetra_es.text import one_line
from tetra_es_projections.descriptions import Happened, summary_2, summary_of_void
from tetra_es_projections.mirror.commit import BODIES, Commit
from tetra_es_projections.mirror.format1 import event_file, event_path
from tetra_es_projections.mirror.written import (
    change_lines,
    harmless,
    paragraphs,
    reason_lines,
)
from tetra_es_projections.tree import TOMBSTONE_2, body_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tetra_es.events.base import KeyChange
    from tetra_es.log.record import Record
    from tetra_es_projections.tree import TreeProjector

NUMBER: Final = "2"

_COMMITTER = "tetra-es <tetra-es@tetra-es.invalid>"
_NOT_IN_ACTORS = re.compile(r"[^A-Za-z0-9._+@-]")
_PATH = re.compile(r"\w[\w.@+-]*(/\w[\w.@+-]*)*", re.ASCII)

# As in format 1: git takes a line that begins with `---` for the end of the message, and people
# search for our trailers with `--grep`.
_LOOKS_SPECIAL = re.compile(
    r"^(?=---|(?:Event|Event-Hash|Topic|Environment|Revision|Actor|Verdict)[ \t]*:)",
    re.IGNORECASE | re.MULTILINE,
)


def render(record: Record, content: TreeProjector) -> Commit:
    """Return the commit of `record`; `content` takes the event in.

    Raises `ValueError` or the like when a valid event holds what tetra-es never writes.
    """
    state = canonical.decode(record.state)
    actor = _NOT_IN_ACTORS.sub("_", state["metadata"]["actor"])
    email = actor if "@" in actor else f"{actor}@tetra-es.invalid"
    time = state.get("timestamp")
    recorded = state["metadata"].get("recorded", time)
    if content.is_void(record.position):
        files, changes = _bodies(bodies_named(record), content), None
        subject, more = summary_of_void(record.topic), {"Actor": actor, "Verdict": "void"}
    else:
        files = content.apply_state(record.topic, state)
        in_place = {bytes.fromhex(digest) for digest in body_files(record.topic, state).values()}
        files |= _bodies({*bodies_named(record)} - in_place, content)
        changes = _changes_in(state, files)
        subject = summary_2(Happened(record.topic, state, changes))
        names = ("environment", "revision")
        more = {name.title(): state[name] for name in names if name in state} | {"Actor": actor}
    for path in files:
        if not _PATH.fullmatch(path):
            raise ValueError(f"not a path of the mirror: {path!r}")
    files[event_path(record.position)] = event_file(record)
    written = (reason_lines(state["metadata"]["reason"]), change_lines(changes or []))
    return Commit(
        record.position,
        _message(subject, written, _trailers(record) | more),
        f"{actor} <{email}> {_seconds(time)} +0000".encode(),
        f"{_COMMITTER} {_seconds(recorded)} +0000".encode(),
        files,
    )


def body_path(digest: bytes) -> str:
    """Return the path of a body that is none of the files that its event puts in place."""
    name = digest.hex()
    return f"{BODIES}/{name[:2]}/{name}"


def _bodies(digests: Iterable[bytes], content: TreeProjector) -> dict[str, bytes | None]:
    found = ((digest, content.body(digest)) for digest in sorted(digests))
    return {body_path(each): TOMBSTONE_2 if body is None else body for each, body in found}


def _changes_in(state: dict[str, Any], files: Mapping[str, bytes | None]) -> list[KeyChange] | None:
    """Return what a valid event changed by key, None where that was purged."""
    if "changes" not in state:
        return []
    body = files[body_path(bytes.fromhex(state["changes"]))]
    changes: list[KeyChange] | None = None if body in (None, TOMBSTONE_2) else json.loads(body)
    return changes


def _trailers(record: Record) -> dict[str, Any]:
    return {"Event": record.position, "Event-Hash": record.hash.hex(), "Topic": record.topic}


def _message(subject: str, written: Iterable[str], trailers: Mapping[str, Any]) -> bytes:
    body = harmless(paragraphs(written), _LOOKS_SPECIAL)
    last = "\n".join(f"{key}: {one_line(str(value))}" for key, value in trailers.items())
    return (paragraphs((subject, body, last)) + "\n").encode()


_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.\d{6}Z", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _seconds(time: object) -> int:
    """Return whole seconds since 1970; 0 for what is earlier, or no time of the calendar."""
    if not isinstance(time, str) or not (match := _TIME.fullmatch(time)):
        return 0
    year, month, day, hour, minute, second = map(int, match.groups())
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return 0
    return max(0, (moment - _EPOCH) // timedelta(seconds=1))

"""The tables of an archive for a spreadsheet. Each row follows from the events beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tetra_es.crypto.ssh.keys import fingerprint_of_line
from tetra_es.events.base import environment_of, revision_of
from tetra_es.events.told import told
from tetra_es.log import canonical
from tetra_es_projections.bodies import known_event
from tetra_es_projections.descriptions import summary_of_known, summary_of_void

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from tetra_es.integrity.signers import Term
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica

EVENTS: Final = (
    "event", "time", "effective", "actor", "type", "environment", "revision", "summary", "reason",
    "verdict", "stream", "version", "hash", "purged",
)  # fmt: skip
CHANGES: Final = ("event", "file", "key", "before", "after", "purged")
SIGNERS: Final = (
    "signer", "may", "fingerprint", "key", "since", "since_time", "until", "until_time"
)  # fmt: skip
READERS: Final = ("event", "time", "environment", "key", "version", "readers", "recipients")
_ENCRYPTING: Final = ("secret.set", "secrets.resealed", "secrets.restored")
_OF_RECIPIENTS: Final = ("recipient.added", "recipient.removed")


def event_row(log: Replica, record: Record) -> dict[str, Any]:
    """Return an event's row."""
    said = told(canonical.decode(record.state))
    row: dict[str, Any] = {
        "event": record.position,
        "time": said.time,
        "actor": said.actor,
        "type": record.topic,
        "environment": said.environment,
        "revision": None,
        "summary": summary_of_void(record.topic),
        "reason": said.reason,
        "verdict": "void",
        "stream": record.stream,
        "version": record.version,
        "hash": record.hash.hex(),
        "purged": None,
    }
    if log.void(record.position) is not None:
        return row
    event, purged = known_event(log, record)
    purge = purged.get("changes") or purged.get("text")
    return row | {
        "environment": environment_of(event),
        "revision": revision_of(event),
        "summary": summary_of_known(event, purged),
        "verdict": "valid",
        "purged": purge and purge.event,
    }


def change_rows(log: Replica, record: Record) -> Iterator[dict[str, Any]]:
    """Yield a row for each key of a TOML file that an event changed.

    Where a purge took that, one row without a key says so.
    """
    state = canonical.decode(record.state)
    changes = state.get("changes")
    if log.void(record.position) is not None or changes is None:
        return
    purged = None
    if isinstance(changes, str):  # from rules 1 on it is the digest of a body
        digest = bytes.fromhex(changes)
        body = log.body(digest)
        purge = log.what_purged(digest, record.position) if body is None else None
        purged = purge and purge.event
        changes = [(None, None, None)] if body is None else json.loads(body)
    file = file_of(record.topic, state)
    for key, before, after in changes:
        yield {
            "event": record.position,
            "file": file,
            "key": key,
            "before": before,
            "after": after,
            "purged": purged,
        }


def file_of(topic: str, state: dict[str, Any]) -> str:
    """Return what the text of an event is of: an environment, `manifest`, or `profile ENV`."""
    environment = state.get("environment")
    if environment is None:
        return "manifest"
    return f"profile {environment}" if topic == "profile.edited" else str(environment)


def reader_rows(
    log: Replica, records: Iterable[Record], chosen: Container[int]
) -> Iterator[dict[str, Any]]:
    """Yield a row for each change of who can read, and for each version that was encrypted.

    Readers are named as the newest of `records` before says, the events that an archive has; one
    that none of them names is there with the recipient. Rows are those of `chosen` events.
    """
    names: dict[str, dict[str, str]] = {}
    for record in records:
        if record.topic not in {*_OF_RECIPIENTS, *_ENCRYPTING}:
            continue
        if log.void(record.position) is not None:
            continue
        state = canonical.decode(record.state)
        environment, found = state["environment"], state["recipients"]
        if record.topic in _OF_RECIPIENTS:
            names[environment] = {one: name for name, one in found.items()}
            found = [one for _, one in sorted(found.items())]
        known = names.get(environment, {})
        for key, version in _versions(record.topic, state) if record.position in chosen else ():
            yield {
                "event": record.position,
                "time": told(state).time,
                "environment": environment,
                "key": key,
                "version": version,
                "readers": ", ".join(known.get(one, one) for one in found),
                "recipients": ", ".join(found),
            }


def _versions(topic: str, state: dict[str, Any]) -> list[tuple[str | None, int | None]]:
    """Return name and number of what an event encrypted; nothing of one thing for recipients."""
    if topic in _OF_RECIPIENTS:
        return [(None, None)]
    if topic == "secret.set":
        return [(state["key"], state["version"])]
    return [(key, version) for key, version, _ in state["secrets"]]


def signer_rows(terms: Iterable[Term], times: dict[int, str]) -> Iterator[dict[str, Any]]:
    """Yield a row for each key that may sign or might; `times` are those of the events."""
    for term in terms:
        yield {
            "signer": term.signer,
            "may": "everything" if term.may is None else term.may,
            "fingerprint": fingerprint_of_line(term.key),
            "key": term.key,
            "since": term.since,
            "since_time": times[term.since],
            "until": term.until,
            "until_time": None if term.until is None else times[term.until],
        }

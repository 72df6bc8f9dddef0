"""What an auditor should look at: by kind, each with the event or the host that it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.events.secrets import SECRETS_STREAM
from tetra_es.integrity.exposure import exposed_in
from tetra_es.integrity.store import checked_vault
from tetra_es.limits import CLOCK_SKEW
from tetra_es.log import canonical
from tetra_es_projections.queries.hosts import hosts_at

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from tetra_es_projections.queries.reader import Reader

_DECISIONS = (
    *("manifest.edited", "profile.edited", "signer.added", "signer.removed"),
    *("environment.edited", "environment.promoted", "environment.rolled_back"),
    *("deployment.started", "secret.set", "secret.removed", "recipient.added"),
    "recipient.removed",
)
"""Events that a person decided on, and should have a reason for."""


class Finding(NamedTuple):
    """Something to look at."""

    kind: str
    environment: str | None
    event: int | None
    """Position of the event that it is about."""
    subject: str
    """A key, a host, or what the event did."""
    what: str


def findings(reader: Reader, kinds: Collection[str] = ()) -> list[Finding]:
    """Return all findings of an organization, of some kinds alone where they are given."""
    wanted = [kind for kind in KINDS if not kinds or kind in kinds]
    return [finding for kind in wanted for finding in KINDS[kind](reader)]


def _void(reader: Reader) -> Iterator[Finding]:
    for position in reader.views.events.all_void():
        row = reader.views.events.find(position)
        if row is not None:
            why = reader.views.events.void(position)
            yield Finding("void", row.environment, position, row.summary, f"changed nothing: {why}")


def _backdated(reader: Reader) -> Iterator[Finding]:
    """Look for times that are earlier than that of an event before."""
    for row, latest in reader.views.events.backdated(CLOCK_SKEW):
        what = f"its time, {row.time}, is before that of an earlier event, {latest}"
        yield Finding("backdated", row.environment, row.event, row.summary, what)


def _without_reason(reader: Reader) -> Iterator[Finding]:
    founding = _founding(reader)
    for row in reader.views.events.without_reason(_DECISIONS):
        if row.event <= founding:
            continue
        what = f"{row.actor} gave no reason"
        yield Finding("without-reason", row.environment, row.event, row.summary, what)


def _founding(reader: Reader) -> int:
    """Return the position of the last event that made the organization."""
    record = reader.log.record(1)
    metadata = canonical.decode(record.state)["metadata"] if record else {}
    batch: Sequence[int] = metadata.get("batch", [1, 1])  # the first edition has no batches
    return batch[1]


def _exceptions(reader: Reader) -> Iterator[Finding]:
    for row in reader.views.events.history(topic="scan.exception_added"):
        what = f"{row.actor} let the scanner pass: {row.reason or 'no reason'}"
        yield Finding("exception", row.environment, row.event, row.summary, what)


def _to_rotate(reader: Reader) -> Iterator[Finding]:
    """Look for values that somebody can read who is not a recipient any more."""
    for stream in reader.log.streams(SECRETS_STREAM):
        environment = stream.removeprefix(SECRETS_STREAM)
        for one in exposed_in(reader.log, environment):
            if not (one.reads or one.rotated or one.purged):
                what = f"{one.name}, who was removed, could read version {one.version}"
                yield Finding("to-rotate", environment, None, one.key, what)


def _compromised(reader: Reader) -> Iterator[Finding]:
    for stream in reader.log.streams(SECRETS_STREAM):
        vault = checked_vault(reader.log, stream.removeprefix(SECRETS_STREAM))
        for key, version in vault.present.items():
            if vault.version_of(key, version).compromised:
                what = f"version {version} is marked as compromised, and present"
                yield Finding("compromised", vault.environment, None, key, what)


def _behind(reader: Reader) -> Iterator[Finding]:
    for row in hosts_at(reader):
        if row.behind:
            what = f"runs {row.running}, {row.configured} is recorded"
            yield Finding("behind", row.environment, row.event, row.host, what)
        for key in row.outdated:
            what = f"has an older version of the secret {key} than is recorded"
            yield Finding("behind", row.environment, row.event, row.host, what)


KINDS: Mapping[str, Callable[[Reader], Iterator[Finding]]] = {
    "void": _void,
    "backdated": _backdated,
    "exception": _exceptions,
    "compromised": _compromised,
    "to-rotate": _to_rotate,
    "behind": _behind,
    "without-reason": _without_reason,
}
"""Kind to what looks for it, the gravest first."""

"""What an auditor should look at in the events themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.layout import MANIFEST
from tetra_es.limits import CLOCK_SKEW
from tetra_es.log import canonical
from tetra_es.log.replica import Purged
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.schema.manifest import read_manifest
from tetra_es.toml.document import ConfigDocument
from tetra_es_projections.queries.finding import Finding
from tetra_es_projections.queries.tables.event_table import EDITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es.schema.manifest import Manifest
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.event_table import EventRow
    from tetra_es_projections.queries.tables.host_table import Moment

_DECISIONS = (
    *("manifest.edited", "profile.edited", "signer.added", "signer.removed"),
    *("environment.edited", "environment.promoted", "environment.rolled_back"),
    *("deployment.started", "secret.set", "secret.removed", "recipient.added"),
    "recipient.removed",
)
"""Events that a person decided on, and should have a reason for."""


def void(reader: Reader, moment: Moment) -> Iterator[Finding]:
    """Look for events that changed nothing."""
    for position in reader.views.events.all_void():
        row = reader.views.events.find(position)
        if row is not None and position <= moment.position:
            why = reader.views.events.void(position)
            yield _about(row, "void", f"changed nothing: {why}")


def backdated(reader: Reader, moment: Moment) -> Iterator[Finding]:
    """Look for times that are earlier than that of an event before."""
    for row, latest in reader.views.events.backdated(CLOCK_SKEW):
        if row.event <= moment.position:
            what = f"its time, {row.time}, is before that of an earlier event, {latest}"
            yield _about(row, "backdated", what)


def out_of_order(reader: Reader, moment: Moment) -> Iterator[Finding]:
    """Look for promotions of what the environment before did not have then.

    In the order of the manifest then; none while its policy `promotion.gradual` was "off".
    """
    has: dict[str, int | None] = {}
    manifests = _Manifests(reader)
    for state, topic in reader.views.states.in_order(moment.position):
        if topic == "environment.promoted":
            before = _before(manifests.at(state.position), state.environment)
            row = reader.views.events.find(state.position)
            if before and row and has.get(before) != state.source_revision:
                had = has.get(before)
                told = f"it had {SOURCE_OF_TRUTH}@{had}" if had else "it had no promotion"
                what = f"{before} did not have {SOURCE_OF_TRUTH}@{state.source_revision} ({told})"
                yield _about(row, "out-of-order", what)
        has[state.environment] = state.source_revision


class _Manifests:
    """The manifest as it was, asked for one position after the other."""

    def __init__(self, reader: Reader) -> None:
        events = reader.views.events
        self._log = reader.log
        self._edits = events.of_topics(EDITS["manifest"], events.last_position())
        self._present: Manifest | None = None

    def at(self, position: int) -> Manifest | None:
        """Return it; None where it was purged."""
        newest = 0
        while self._edits and self._edits[0] < position:
            newest = self._edits.pop(0)
        if newest:
            self._present = self._read(newest)
        return self._present

    def _read(self, position: int) -> Manifest | None:
        try:
            text = self._log.state_text(position)
        except Purged:
            return None
        return read_manifest(ConfigDocument(MANIFEST, text)) if text else None


def _before(manifest: Manifest | None, environment: str) -> str | None:
    """Return the generated environment that one is promoted after, None for none."""
    if manifest is None or manifest.gradual == "off" or environment not in manifest.environments:
        return None
    before = manifest.environments[manifest.environments.index(environment) - 1]
    return None if before == SOURCE_OF_TRUTH else before


def exceptions(reader: Reader, moment: Moment) -> Iterator[Finding]:
    """Look for what the secret scanner was told to let pass."""
    for position in reader.views.events.of_topics(("scan.exception_added",), moment.position):
        if row := reader.views.events.find(position):
            what = f"{row.actor} let the scanner pass: {row.reason or 'no reason'}"
            yield _about(row, "exception", what)


def without_reason(reader: Reader, moment: Moment) -> Iterator[Finding]:
    """Look for decisions without a reason, but for those that made the organization."""
    founding = _founding(reader)
    for row in reader.views.events.without_reason(_DECISIONS):
        if founding < row.event <= moment.position:
            yield _about(row, "without-reason", f"{row.actor} gave no reason")


def _founding(reader: Reader) -> int:
    """Return the position of the last event that made the organization."""
    record = reader.log.record(1)
    metadata = canonical.decode(record.state)["metadata"] if record else {}
    batch: Sequence[int] = metadata.get("batch", [1, 1])  # the first edition has no batches
    return batch[1]


def _about(row: EventRow, kind: str, what: str) -> Finding:
    return Finding(kind, row.environment, row.event, row.summary, what)

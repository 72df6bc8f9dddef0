"""What an auditor should look at in an event, noted when the views take it in.

It depends on what came before alone, so that nobody has to go through the history to find it.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Final

from tetra_es.errors import ConfigError
from tetra_es.events.config import (
    EnvironmentPromoted,
    EnvironmentRolledBack,
    EnvironmentState,
    source_revision_of,
)
from tetra_es.events.deployments import DEPLOYMENTS_STREAM
from tetra_es.events.secrets import BodiesPurged, SecretPurged, SecretsRestored
from tetra_es.events.told import told
from tetra_es.layout import MANIFEST
from tetra_es.limits import CLOCK_SKEW
from tetra_es.log import canonical
from tetra_es.log.purged import kinds_of
from tetra_es.names import SOURCE_OF_TRUTH

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from tetra_es.events.base import Event
    from tetra_es.gate.rules.policy import Policy
    from tetra_es.log.counting import Counted
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica

PURGED: Final = "purged"
BACKDATED: Final = "backdated"
OUT_OF_ORDER: Final = "out-of-order"
LOOSENED: Final = "loosened"
WITHOUT_REASON: Final = "without-reason"

COUNT: Final = "count "
"""Before a kind: the row of `standing` that says how many findings of it there are."""

_DECISIONS: Final = frozenset(
    (
        *("manifest.edited", "profile.edited", "signer.added", "signer.removed"),
        *("environment.edited", "environment.promoted", "environment.rolled_back"),
        *("deployment.started", "secret.set", "secret.removed", "recipient.added"),
        *("recipient.removed", "secret.compromised", "secret.purged", "bodies.purged"),
        *("host.started", "host.restarted", "host.stopped", "host.enabled", "host.disabled"),
        *("host.uninstalled", "host.forgotten"),
    )
)
"""Events that a person decided on, and should have a reason for."""
_MANIFESTS: Final = ("organization.created", "manifest.edited")
_IN_PART: Final = " but for keys that were rolled back"
_FOUNDING, _SOURCE, _PART = "founding", "source ", "part "
"""Rows of `standing`: the last event of the first batch; before an environment, the revision of the
source of truth that it has; before a state, that keys were rolled back in it."""
_HIDDEN: Final = "hidden"
"""Row of `standing`: whether manifests were purged after the newest one that can be read."""
_UNTOLD: Final = "it cannot be told what it loosened"


class Findings:
    """Notes what there is to look at in one event after the other."""

    def __init__(self, connection: sqlite3.Connection, log: Replica) -> None:
        self._connection = connection
        self._log = log
        rows = connection.execute("SELECT name, value FROM standing")
        self._standing: dict[str, str] = dict(rows.fetchall())
        self._changed: dict[str, int] = {}
        self._manifest: tuple[str, Policy | None] = ("", None)

    def take_in(self, record: Record, time: str, counted: Counted, event: Event | None) -> None:
        """Note what there is to look at in an event; None for a void one.

        `time` is as `time_in` has it.
        """
        position = record.position
        for kind, what in self._look(record, time, counted, event):
            number = int(self._standing.get(COUNT + kind, "0")) + 1
            self._connection.execute(
                "INSERT INTO findings VALUES (?, ?, ?)", (kind, position, what)
            )
            self._set(position, COUNT + kind, str(number))
        if position == 1:
            batch = told(canonical.decode(record.state)).batch
            self._set(1, _FOUNDING, str(batch[1]))
        if isinstance(event, EnvironmentState):
            self._take_state(position, event)

    def write(self) -> None:
        """Write what the next events depend on."""
        self._connection.executemany(
            "INSERT INTO standing VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE "
            "SET position = excluded.position, value = excluded.value",
            [(name, at, self._standing[name]) for name, at in self._changed.items()],
        )

    def _set(self, position: int, name: str, value: str) -> None:
        self._standing[name] = value
        self._changed[name] = position

    def _take_state(self, position: int, event: EnvironmentState) -> None:
        """Note which revision of the source of truth an environment has, and whether as a whole."""
        name, source = event.environment, str(source_revision_of(event) or "")
        part = isinstance(event, EnvironmentRolledBack) and (
            bool(event.paths) or f"{_PART}{name}@{event.to_revision}" in self._standing
        )
        if part:
            self._set(position, f"{_PART}{name}@{event.revision}", "")
        self._set(position, _SOURCE + name, source + _IN_PART if part else source)

    def _look(
        self, record: Record, time: str, counted: Counted, event: Event | None
    ) -> Iterator[tuple[str, str]]:
        """Yield kind and sentence of what there is to look at."""
        if _counts(record) and _is_before(time, counted.time):
            told = f"its time, {time}, is before that of an earlier event"
            yield BACKDATED, f"{told}: it counts from {counted.time}"
        if event is None:
            return
        if isinstance(event, BodiesPurged | SecretPurged):
            reason = event.metadata["reason"]
            yield PURGED, f"{event.metadata['actor']} purged {self._taken(event)}: {reason}"
        if record.topic in _MANIFESTS and (less := self._loosened(record.position)):
            yield LOOSENED, less
        if isinstance(event, EnvironmentPromoted) and (what := self._out_of_order(event)):
            yield OUT_OF_ORDER, what
        if (
            self._is_decision(record, event)
            and not event.metadata["reason"].strip()
            and record.position > int(self._standing.get(_FOUNDING, "0"))
        ):
            yield WITHOUT_REASON, f"{event.metadata['actor']} gave no reason"

    def _is_decision(self, record: Record, event: Event) -> bool:
        """Return whether a person decided on an event, and not on another one of that command."""
        if record.topic != SecretsRestored.TOPIC:
            return record.topic in _DECISIONS
        # Where a text came back, too, that event is the one before.
        before = self._log.record(record.position - 1)
        if before is None or before.topic != EnvironmentRolledBack.TOPIC:
            return True
        command = canonical.decode(before.state)["metadata"].get("correlation")
        return bool(command != event.metadata["correlation"])

    def _taken(self, event: BodiesPurged | SecretPurged) -> str:
        """Return what a purge took away."""
        if isinstance(event, SecretPurged):
            return f"version {event.version} of {event.key}"
        digests = set(map(bytes.fromhex, event.digests))
        found = Counter[str]()
        for named in event.named_by:
            if record := self._log.record(int(named["position"])):
                found.update([*kinds_of(record, digests)])
        parts = [
            _counted(found.pop(kind, 0), one, several)
            for kind, one, several in (
                ("text", "the text of one state", "the texts of {} states"),
                ("changes", "what one event changed", "what {} events changed"),
                ("rules", "the rules of one promotion", "the rules of {} promotions"),
            )
        ]
        told = [part for part in parts if part]
        *first, last = told or [_counted(len(digests), "one body", "{} bodies")]
        return f"{', '.join(first)} and {last}" if first else last

    def _loosened(self, position: int) -> str:
        """Return what a manifest guards less than the newest one before it that can be read."""
        from tetra_es_projections.views.loosened import loosened  # few events are manifests

        manifest = self._read_manifest(position)
        known, is_hidden = self._standing.get(MANIFEST), bool(self._standing.get(_HIDDEN))
        if manifest is None:
            self._set(position, _HIDDEN, "1")
            return f"its text was purged: {_UNTOLD}" if known or is_hidden else ""
        if is_hidden:
            self._set(position, _HIDDEN, "")
        self._set(position, MANIFEST, str(position))
        self._manifest = (str(position), manifest)
        standing = dict(self._standing)
        what = "; ".join(loosened(standing, manifest))
        for name in standing.items() - self._standing.items():
            self._set(position, *name)
        if is_hidden and known is None:
            return f"no text before its own can be read: {_UNTOLD}"
        # Who changed nothing of it is not to be blamed for what a purged one did.
        since = f" (since #{known}: by this event, or by one between whose text was purged)"
        return what + since if what and is_hidden else what

    def _out_of_order(self, event: EnvironmentPromoted) -> str | None:
        """Return what is wrong where the environment before did not have what was promoted.

        In the order of the manifest then, or of the one before where it was purged; nothing while
        its policy `promotion.gradual` was "off".
        """
        before = _before(self._manifest_now(), event.environment)
        had = self._standing.get(_SOURCE + before, "") if before else ""
        source = source_revision_of(event)
        if before is None or had == str(source):
            return None
        told = f"it had {SOURCE_OF_TRUTH}@{had}" if had else "it had no promotion"
        return f"{before} did not have {SOURCE_OF_TRUTH}@{source} ({told})"

    def _manifest_now(self) -> Policy | None:
        """Return the newest manifest that was not purged; None where there is none."""
        position = self._standing.get(MANIFEST, "")
        if position and self._manifest[0] != position:
            self._manifest = (position, self._read_manifest(int(position)))
        return self._manifest[1]

    def _read_manifest(self, position: int) -> Policy | None:
        """Return what the gate reads in a manifest, of which commands want more."""
        from tetra_es.gate.rules.policy import policy_of  # needed for few kinds of events
        from tetra_es.gate.verdicts import Broken
        from tetra_es.log.replica import Purged
        from tetra_es.toml.document import ConfigDocument

        try:
            text = self._log.state_text(position)
            return policy_of(ConfigDocument(MANIFEST, text).values) if text else None
        except (Purged, Broken, ConfigError):
            return None


def _counted(number: int, one: str, several: str) -> str:
    return "" if not number else one if number == 1 else several.format(number)


def _counts(record: Record) -> bool:
    """Return whether the time of an event says when it was recorded.

    Imported states have the time that they had elsewhere, and events of hosts are recorded later
    than they happened.
    """
    return record.topic != "environment.imported" and not record.stream.startswith(
        DEPLOYMENTS_STREAM
    )


def _is_before(time: str, latest: str) -> bool:
    """Return whether a time is earlier by more than clocks may differ."""
    if time >= latest:
        return False
    apart = datetime.fromisoformat(latest) - datetime.fromisoformat(time)
    return apart.total_seconds() > CLOCK_SKEW


def _before(manifest: Policy | None, environment: str) -> str | None:
    """Return the generated environment that one is promoted after, None for none."""
    if manifest is None or manifest.gradual == "off" or environment not in manifest.environments:
        return None
    before = manifest.environments[manifest.environments.index(environment) - 1]
    return None if before == SOURCE_OF_TRUTH else before

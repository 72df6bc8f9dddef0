"""The old line after a fork: its events in batches, each with what it was decided on."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.crypto.ssh.sshsig import BadSignature, verify
from tetra_es.errors import IntegrityFailure
from tetra_es.events.base import OfEnvironment
from tetra_es.events.config import (
    EnvironmentState,
    ManifestEdited,
    OrganizationCreated,
    ProfileEdited,
)
from tetra_es.events.secrets import (
    SecretCompromised,
    SecretPurged,
    SecretRemoved,
    SecretSet,
    SecretsEvent,
)
from tetra_es.events.told import batch_in
from tetra_es.gate.gate import Gate
from tetra_es.gate.opening import stop
from tetra_es.gate.verdicts import Kind
from tetra_es.log import chain
from tetra_es.log.forms import event_of
from tetra_es.model.secrets import Vault, secrets_stream
from tetra_es.usecases.rerecord.fields import file_of
from tetra_es.usecases.rerecord.places import Places

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es.events.base import Event
    from tetra_es.gate.lineage import StateAt
    from tetra_es.gate.opening import ReadableLog
    from tetra_es.gate.verdicts import Verdict
    from tetra_es.log.record import Record
    from tetra_es.usecases.config.source_file import SourceFile


OF_ONE = (SecretSet, SecretRemoved, SecretCompromised, SecretPurged)
"""The events of a single secret."""


class Past(NamedTuple):
    """An event of the old line."""

    record: Record
    event: Event
    text: str | None
    """The text that its own followed; None for none, or where it has none."""
    present: int
    """For one secret: the version that was the present one before; 0 for none."""

    @property
    def name(self) -> str:
        """What people call it."""
        return f"#{self.record.position} {self.record.topic}"


class PastBatch(NamedTuple):
    """What was recorded together."""

    events: Sequence[Past]
    is_own: bool
    """Whether it was signed by the key that records again."""

    @property
    def actor(self) -> str:
        """The signer who recorded it."""
        return str(self.events[-1].event.metadata["actor"])

    @property
    def first(self) -> int:
        """Position of its first event."""
        return self.events[0].record.position

    @property
    def last(self) -> int:
        """Position of its last event."""
        return self.events[-1].record.position


def fork_of(old: ReadableLog, new: ReadableLog) -> int:
    """Return the position of the last event that both have, with the whole of its batch.

    Raises `IntegrityFailure` where they have none in common: they are two organizations.
    """
    low, high = 0, min(old.head().position, new.head().position) + 1
    while high - low > 1:  # at low they are the same, at high they are not
        middle = (low + high) // 2
        record = next(iter(old.records(middle - 1, middle)), None)
        if record is not None and new.holds(record.head):
            low = middle
        else:
            high = middle
    if not low:
        raise IntegrityFailure("there and here are two organizations: no event is the same")
    return low


class Tail:
    """What the old line has after the event at `fork`.

    `places` begins with what both lines have. Raises `IntegrityFailure` where an event of it is
    refused: then it is not only a fork.
    """

    def __init__(self, log: ReadableLog, fork: int, own_key: str) -> None:
        self._log = log
        self._own_key = own_key
        self._gate = Gate(log)
        for verdict in self._gate.admit(log.records(0, fork)):
            _check(verdict)
        state = self._gate.state
        self.places = Places(fork, self._revisions(), self._versions())
        self._purged = state.purged
        self._vaults: dict[str, Vault] = {}
        self._texts: dict[str, str | None] = {}
        self._read: list[PastBatch] | None = None
        self.fork = fork
        self.signers = {name: signer.key for name, signer in state.signers.items()}
        """Name to public key line of those who could sign at the fork."""
        self.voided: list[int] = []
        """Events that were void: they changed nothing there either."""

    def body(self, digest: str) -> bytes | None:
        """Return a body of the old line, None where there is none or it was purged."""
        return self._log.body(bytes.fromhex(digest))

    def read(self) -> list[PastBatch]:
        """Return what comes after the fork, but for void events."""
        if self._read is None:
            self._read = list(self._batches())
        return self._read

    def _batches(self) -> Iterator[PastBatch]:
        batch: list[Record] = []
        for verdict in self._gate.admit(self._log.records(self.fork)):
            _check(verdict)
            if verdict.kind is Kind.VOID:
                self.voided.append(verdict.record.position)
                continue
            batch.append(verdict.record)
            if verdict.record.signature and self._is_last(verdict.record):
                yield self._batch(batch)
                batch = []

    def _is_last(self, record: Record) -> bool:
        index, count = batch_in(self._event(record).metadata)
        return bool(index == count)

    def _batch(self, records: Sequence[Record]) -> PastBatch:
        return PastBatch([self._past(record) for record in records], self._is_own(records[-1]))

    def _is_own(self, record: Record) -> bool:
        try:
            blob = verify(chain.signed_bytes(record.hash), record.signature, any_kind=True)
        except BadSignature:
            return False
        return self._own_key.split(" ")[1:2] == [base64.b64encode(blob).decode()]

    def _past(self, record: Record) -> Past:
        event = self._event(record)
        text, present = None, 0
        if isinstance(event, (EnvironmentState, ManifestEdited, ProfileEdited)):
            of = event.environment if isinstance(event, OfEnvironment) else ""
            file = file_of(event.TOPIC, of)
            text = self._text_of(file)
            self._texts[file] = event.text
        if isinstance(event, SecretsEvent):
            vault = self._vault(event.environment)
            present = vault.present.get(event.key, 0) if isinstance(event, OF_ONE) else 0
            vault.apply(event)
        return Past(record, event, text, present)

    def _event(self, record: Record) -> Event:
        return event_of(record, self._log.body, self._gate.state.purged)

    def _text_of(self, file: str) -> str | None:
        if file not in self._texts:
            self._texts[file] = self._text_at(self._common.get(file))
        return self._texts[file]

    def _text_at(self, at: StateAt | None) -> str | None:
        if at is None:
            return None
        record = next(iter(self._log.records(at.position - 1, at.position)))
        event = self._event(record)
        known = isinstance(
            event, (EnvironmentState, ManifestEdited, ProfileEdited, OrganizationCreated)
        )
        return event.text if known else None  # type: ignore[attr-defined]  # each of them has one

    def _revisions(self) -> dict[str, int]:
        state = self._gate.state
        found = {name: each.newest for name, each in state.environments.items()}
        found |= {f"profile {name}": at for name, at in state.profiles.items()}
        found["manifest"] = state.manifest
        self._common = {file: at for file, at in found.items() if at is not None}
        return {file: at.revision for file, at in self._common.items()}

    def _versions(self) -> dict[tuple[str, str], int]:
        self._common_vaults = {
            name: vault.copy() for name, vault in self._gate.state.vaults.items()
        }
        return {
            (name, key): vault.newest(key)
            for name, vault in self._common_vaults.items()
            for key in vault.versions
        }

    def _vault(self, environment: str) -> Vault:
        if environment not in self._vaults:
            empty = Vault(secrets_stream(environment))
            self._vaults[environment] = self._common_vaults.get(environment, empty)
        return self._vaults[environment]

    def common_text(self, file: SourceFile) -> tuple[int, str] | None:
        """Return position and text of the newest state of a file that both lines have."""
        at = self._common.get(str(file))
        text = self._text_at(at)
        return None if at is None or text is None else (at.position, text)

    def newest_text(self, file: SourceFile) -> str | None:
        """Return the text that a file has at the end of the old line, None for none."""
        self.read()
        return self._text_of(str(file))

    def text_of(self, position: int) -> str | None:
        """Return the digest of the text of the event at a position, None where there is none."""
        record = next(iter(self._log.records(position - 1, position)), None) if position else None
        event = self._event(record) if record else None
        return event.digest if isinstance(event, EnvironmentState) else None


def _check(verdict: Verdict) -> None:
    if not verdict.admitted:
        raise stop(verdict)

"""Checking one event after the other: the chain, the signature, the stream, and the rules of what
the event is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tetra_es.crypto.ssh.keys import fingerprint, public_line
from tetra_es.crypto.ssh.sshsig import BadSignature, verify
from tetra_es.errors import TetraEsError
from tetra_es.events.config import ORG_STREAM, OrganizationCreated
from tetra_es.events.deployments import DEPLOYMENTS_STREAM
from tetra_es.events.secrets import SECRETS_STREAM
from tetra_es.events.validate import problem_of
from tetra_es.log import canonical, chain
from tetra_es.model.environment import Environment
from tetra_es.model.host import HostState
from tetra_es.model.organization import Organization
from tetra_es.model.secrets import Vault
from tetra_es.store.schema import SNAPSHOT_TOPIC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.log.record import Record
    from tetra_es.model.aggregate import Aggregate

_KINDS: Final[dict[str, type[Aggregate]]] = {SECRETS_STREAM: Vault, DEPLOYMENTS_STREAM: HostState}
"""Prefix of streams to their aggregate; the others are environments."""


class ChainVerifier:
    """The state of checking one event after the other."""

    def __init__(self, snapshots: dict[tuple[str, int], tuple[str, bytes]]) -> None:
        self.head = chain.GENESIS
        self.snapshots_checked = 0
        self._position = 0
        self._aggregates: dict[str, Aggregate] = {}
        self._organization = Organization()
        self.snapshots = snapshots
        self.is_by_snapshot = False
        """Whether what was found last is wrong with a snapshot, and not with its event."""

    def aggregates(self) -> dict[str, Aggregate]:
        """Return stream to aggregate, as of the last event that was checked."""
        return {ORG_STREAM: self._organization, **self._aggregates}

    def vaults(self) -> list[Vault]:
        """Return the secrets of each environment, as of the last event that was checked."""
        return [each for each in self._aggregates.values() if isinstance(each, Vault)]

    def check(self, record: Record) -> str | None:
        """Return what is wrong with the record, None when nothing is."""
        try:
            problem = next((found for found in self._problems(record) if found), None)
        except (TetraEsError, ValueError, TypeError, KeyError, AttributeError) as error:
            # Signed, and still nothing that could be applied.
            problem = str(error) or type(error).__name__
        if problem:
            return problem
        self.head, self._position = record.hash, record.position
        return None

    def _problems(self, record: Record) -> Iterator[str | None]:
        yield self._chain(record)
        event = record.event
        yield problem_of(event)
        founding = isinstance(event, OrganizationCreated)
        if founding and self._position:
            yield "founds the organization a second time"
        if canonical.encode(canonical.decode(record.state)) != record.state:
            yield "its state is not canonical JSON"
        aggregate = self._aggregate(record)
        if record.version != aggregate.version + 1:
            yield f"is number {record.version} of {record.stream}, which has {aggregate.version}"
        signers = {event.signer: event.key} if isinstance(event, OrganizationCreated) else None
        yield self._signature(record, self._organization.signers if signers is None else signers)
        if isinstance(aggregate, Vault):
            yield aggregate.problem_of(event)
        aggregate.apply(event)
        self.is_by_snapshot = True
        yield self._snapshot(record, aggregate)
        self.is_by_snapshot = False

    def _chain(self, record: Record) -> str | None:
        expected = chain.link(
            self.head, record.position, record.stream, record.version, record.topic, record.state
        )
        if expected == record.hash:
            return None
        gap = range(self._position + 1, record.position)
        if gap:
            return f"does not follow from #{self._position}: #{gap[0]} is missing"
        return f"was changed, or #{self._position} before it: its hash does not match"

    @staticmethod
    def _signature(record: Record, signers: dict[str, str]) -> str | None:
        try:
            key = verify(chain.signed_bytes(record.hash), record.signature)
        except BadSignature as error:
            return f"its signature is not valid: {error}"
        actor = record.event.metadata["actor"]
        if signers.get(actor) != public_line(key):
            return f"is signed by {fingerprint(key)}, which was not the key of {actor} then"
        return None

    def _aggregate(self, record: Record) -> Aggregate:
        if record.stream == ORG_STREAM:
            return self._organization
        kind = next((kind for kind in _KINDS if record.stream.startswith(kind)), "")
        return self._aggregates.setdefault(
            record.stream, _KINDS.get(kind, Environment)(record.stream)
        )

    def _snapshot(self, record: Record, aggregate: Aggregate) -> str | None:
        stored = self.snapshots.pop((record.stream, record.version), None)
        if stored is None:
            return None
        self.snapshots_checked += 1
        topic, data = stored
        try:
            state = canonical.decode(data).get("state") if topic == SNAPSHOT_TOPIC else None
        except ValueError:
            state = None
        if state != aggregate.snapshot():
            return f"the snapshot of {record.stream} at version {record.version} was changed"
        return None


class StreamVerifier(ChainVerifier):
    """The same for some streams alone, without the events between theirs.

    Each signature is over a hash that everything before went into, so none of theirs can be
    changed, made up or left out between two others. That the last ones are gone, it cannot see.
    """

    def __init__(self) -> None:
        super().__init__({})

    def _chain(self, record: Record) -> str | None:
        parts = (record.stream, record.version, record.topic, record.state)
        if chain.link(record.previous, record.position, *parts) != record.hash:
            return "was changed: its hash does not match"
        return None

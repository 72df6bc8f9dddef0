"""The proof of one event: all that it takes to check it without this program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es.crypto.ssh.sshsig import NAMESPACE
from tetra_es.events.told import told
from tetra_es.log import canonical
from tetra_es.refs import PositionRef
from tetra_es_projections.queries.events import find_event
from tetra_es_projections.queries.signers import signers_file

if TYPE_CHECKING:
    from tetra_es.log.record import Record
    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader


def proof(reader: Reader, ref: Ref) -> dict[str, Any]:
    """Return the proof of the event that a REF names.

    Its signature is over the hash of the last event of its batch; the hash of each event covers
    the one before. Raises `UsageError` or `TetraEsError` for none.
    """
    found = find_event(reader, ref)
    details = found.details
    records = reader.log.records(details.event - 1, details.signed_at)
    return {
        "event": details.event,
        "chain": [_link(record) for record in records],
        "signed_bytes": found.signed_bytes.decode(),
        "namespace": NAMESPACE,
        "signature": details.signature,
        "signer": found.metadata["actor"],
        "fingerprint": details.key,
        "allowed_signers": signers_file(reader, PositionRef(_before(reader, details.event))),
        "commit": details.commit,
    }


def _link(record: Record) -> dict[str, Any]:
    """Return what goes into the hash of an event, and that."""
    return {
        "event": record.position,
        "previous": record.previous.hex(),
        "stream": record.stream,
        "version": record.version,
        "type": record.topic,
        "state": record.state.decode(),
        "hash": record.hash.hex(),
    }


def _before(reader: Reader, position: int) -> int:
    """Return the event before the batch of one: its signers count. The founder's is the first."""
    record = reader.log.record(position)
    number = told(canonical.decode(record.state)).batch[0] if record else 1
    return max(1, position - number)

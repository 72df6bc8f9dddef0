"""Events of no meaning, for logs that do not look into them."""

from __future__ import annotations

import re
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tetra_es.crypto.ssh.keys import Ed25519Key
from tetra_es.log import canonical, chain
from tetra_es.log.linking import Draft
from tetra_es.log.record import Record

KEY = Ed25519Key(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))

LINES = re.compile(r"^(\d+:[0-9a-f]{64})\n", re.MULTILINE)
"""What a writing process says of each event that is in."""

PARTS = ("position", "stream", "version", "topic", "state", "previous", "hash", "signature")


def draft(stream: str, version: int, topic: str = "it.happened", **state: Any) -> Draft:
    """Return an event."""
    return Draft(stream, version, topic, canonical.encode({"of": f"{stream} {version}", **state}))


def drafts(stream: str, count: int) -> list[Draft]:
    """Return the first events of a stream."""
    return [draft(stream, version) for version in range(1, count + 1)]


def purge_of(*digests: bytes, topic: str = "bodies.purged", stream: str = "purges") -> Draft:
    """Return an event that lets bodies be purged."""
    return draft(stream, 1, topic, digests=[digest.hex() for digest in digests])


def replaced(record: Record, **parts: Any) -> Record:
    """Return a record with other parts, which its hash is not of."""
    values = {name: getattr(record, name) for name in PARTS} | parts
    return Record(*(values[name] for name in PARTS))


def rewritten(record: Record, **parts: Any) -> Record:
    """Return a record with other parts, and their hash."""
    changed = replaced(record, **parts)
    place = (changed.position, changed.stream, changed.version, changed.topic)
    state: Any = changed.state  # of another type where a test says so
    text = state if isinstance(state, bytes) else str(state).encode()
    return replaced(changed, hash=chain.link(changed.previous, *place, text))

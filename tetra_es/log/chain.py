"""The hash chain over the whole store.

    hash = SHA-256(part(previous) part(position) part(stream) part(version) part(topic) part(state))

where part(x) is the length of x in bytes as 8 bytes, big-endian, followed by x; numbers are
ASCII decimals, text is UTF-8, `previous` is the 32 bytes of the hash before (zeros for the first
event) and `state` the stored bytes. The length prefixes keep one event's fields from being read
as another's. One chain for all streams, since a chain for each would miss the loss of a stream.
"""

from __future__ import annotations

from hashlib import sha256

GENESIS = bytes(32)
"""What stands for the previous hash at the first event."""


def link(
    previous: bytes, position: int, stream: str, version: int, topic: str, state: bytes
) -> bytes:
    """Return the 32-byte hash of one event, given the hash of the event before it."""
    digest = sha256()
    for part in (
        previous,
        b"%d" % position,
        stream.encode(),
        b"%d" % version,
        topic.encode(),
        state,
    ):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def signed_bytes(event_hash: bytes) -> bytes:
    """Return the message that an event's author signs: the hash as 64 hexadecimal digits."""
    return event_hash.hex().encode()

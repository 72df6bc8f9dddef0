"""The hash chain over the whole store.

    hash = SHA-256(part(previous) part(position) part(stream) part(version) part(topic) part(state))

where part(x) is the length of x in bytes as 8 bytes, big-endian, followed by x; numbers are
ASCII decimals, text is UTF-8, `previous` is the 32 bytes of the hash before (zeros for the first
event) and `state` the stored bytes. The length prefixes keep one event's fields from being read
as another's. One chain for all streams, since a chain for each would miss the loss of a stream.
"""

from typing import Final, NamedTuple

from tetra_es.sha256 import sha256

GENESIS = bytes(32)
"""What stands for the previous hash at the first event."""


class Head(NamedTuple):
    """The end of a log, or any other place in it: an event's position and hash.

    The hash covers the position and all that came before, so that two logs that have the same
    event at a position have the same events up to there.
    """

    position: int
    hash: bytes

    def __str__(self) -> str:
        """Return it as people give it to programs: `41:3f2a...`."""
        return f"{self.position}:{self.hash.hex()}"


START: Final = Head(0, GENESIS)
"""The head of a log without events."""


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

"""The SSH wire format's `string` (RFC 4251 section 5): a 4-byte big-endian length, then bytes."""

from __future__ import annotations


def pack(*parts: bytes) -> bytes:
    """Return the parts as consecutive strings."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def unpack(data: bytes, count: int) -> list[bytes]:
    """Return the `count` strings that `data` consists of.

    Raises `ValueError` when there are fewer, or bytes after the last: a signature with room for
    extra bytes could be changed without becoming invalid.
    """
    parts = []
    offset = 0
    for _ in range(count):
        start = offset + 4
        offset = start + int.from_bytes(data[offset:start], "big")
        if start > len(data) or offset > len(data):
            raise ValueError("too short")
        parts.append(data[start:offset])
    if offset != len(data):
        raise ValueError("bytes after the end")
    return parts


def first(data: bytes) -> bytes:
    """Return the first string of `data`. Raises `ValueError`."""
    size = int.from_bytes(data[:4], "big")
    if len(data) < 4 + size or len(data) < 4:
        raise ValueError("too short")
    return data[4 : 4 + size]

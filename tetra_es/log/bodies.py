"""Bodies as an engine keeps them: compressed where that makes them smaller.

The first byte says how: 0 for the bytes themselves, 1 for zlib (RFC 1950).
"""

from __future__ import annotations

import zlib
from typing import Final

from tetra_es.errors import IntegrityFailure
from tetra_es.limits import BODY_SIZE
from tetra_es.sha256 import sha256

_PLAIN: Final = b"\0"
_ZLIB: Final = b"\1"


def pack(body: bytes) -> bytes:
    """Return a body as it is kept."""
    packed = zlib.compress(body)
    return _ZLIB + packed if len(packed) < len(body) else _PLAIN + body


def unpack(digest: bytes, kept: bytes) -> bytes:
    """Return the body that was kept. Raises `IntegrityFailure` where it is not the digest's."""
    body = _unpacked(kept)
    if body is None or sha256(body).digest() != digest:
        raise IntegrityFailure(
            f"body {digest.hex()}: its content was changed",
            hint="run `tetra-es verify` to find out what was changed",
        )
    return body


def _unpacked(kept: bytes) -> bytes | None:
    if kept[:1] == _PLAIN:
        return kept[1:]
    if kept[:1] != _ZLIB:
        return None
    decompressor = zlib.decompressobj()
    try:
        body = decompressor.decompress(kept[1:], BODY_SIZE)
    except zlib.error:
        return None
    whole = decompressor.eof and not decompressor.unused_data
    return body if whole else None

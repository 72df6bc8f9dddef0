"""The text form of an age file: strict PEM (C2SP age.md, ASCII armor; RFC 7468 section 3).

It is undone here, not by the age library, because a lax reader makes files malleable and because
only whitespace around the block may be tolerated.
"""

from __future__ import annotations

import base64

_BEGIN = b"-----BEGIN AGE ENCRYPTED FILE-----"
_END = b"-----END AGE ENCRYPTED FILE-----"
_LINE = 64
_SPACE = b" \t\r\n"


def is_armored(data: bytes) -> bool:
    """Tell whether `data` begins as armor does, so that it cannot be a binary age file."""
    return data.lstrip(_SPACE).startswith(b"-----")


def dearmor(data: bytes) -> bytes:
    """Return the binary age file in `data`.

    Lines may end in LF or CRLF, and whitespace may stand before and after the block; all else
    must be as an encoder writes it. Raises `ValueError` with the reason.
    """
    lines = [line.removesuffix(b"\r") for line in data.strip(_SPACE).split(b"\n")]
    if lines[0] != _BEGIN:
        raise ValueError("its first line is not the one of an armored age file")
    if lines[-1] != _END:
        raise ValueError("it ends before its last line, or something follows that line")
    body = lines[1:-1]
    if set(map(len, body[:-1])) - {_LINE} or (body and not 0 < len(body[-1]) <= _LINE):
        raise ValueError("its lines are not 64 characters long")
    encoded = b"".join(body)
    try:
        decoded = base64.b64decode(encoded, validate=True)
    except ValueError:
        decoded = b""
    # An encoding that differs from its own re-encoding could be changed unnoticed.
    if base64.b64encode(decoded) != encoded:
        raise ValueError("its text is not base64")
    return decoded

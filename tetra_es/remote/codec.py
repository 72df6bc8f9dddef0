r"""How text travels between a session and its agent: as words without blanks, a line each request.

To the agent: every byte but plain letters, digits and a few signs is written `\0ooo`, which the
`printf %b` of every POSIX shell gives back. From the agent: `=` and base64 for what is free text,
else such a word.
"""

from __future__ import annotations

import base64
import binascii

from tetra_es.text import one_line

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/@:+,-")
_NOTHING = r"\c"
_LONGEST = 1000
"""Characters of what a server says to people; the agent says less."""
LINE_BYTES = 76


def word(text: str) -> str:
    """Return `text` as a word for the agent. Raises `ValueError` for NUL, which no shell holds."""
    data = text.encode("utf-8", "surrogateescape")
    if 0 in data:
        raise ValueError("a word for the agent cannot hold NUL")
    if not data:
        return _NOTHING
    return "".join(chr(each) if each in _PLAIN else f"\\0{each:03o}" for each in data)


def unword(encoded: str) -> str:
    """Return the text of a word that `word` wrote, as a manifest on a server has it."""
    return _unword(encoded).decode("utf-8", "surrogateescape")


def _unword(encoded: str) -> bytes:
    if encoded == _NOTHING:
        return b""
    first, *rest = encoded.split("\\0")
    parts = [first.encode("ascii"), *(bytes([int(r[:3], 8)]) + r[3:].encode("ascii") for r in rest)]
    return b"".join(parts)


def payload(data: bytes) -> bytes:
    """Return the lines that carry a file's content: base64, then a full stop."""
    return base64.encodebytes(data) + b".\n"


def answer_bytes(encoded: str) -> bytes:
    """Return what a word of an answer says. Raises `ValueError` when it is not one."""
    if not encoded.startswith("="):
        return _unword(encoded)
    try:
        return base64.b64decode(encoded[1:], validate=True)
    except binascii.Error as error:
        raise ValueError(f"not a word of an answer: {error}") from error


def answer_text(encoded: str) -> str:
    """Return what a word of an answer says, as text; undecodable bytes survive as surrogates."""
    return answer_bytes(encoded).decode("utf-8", "surrogateescape")


def answer_line(encoded: str) -> str:
    """Return what a word of an answer says to people: one line, which can be recorded."""
    line = one_line(answer_bytes(encoded).decode("utf-8", "replace"))
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"

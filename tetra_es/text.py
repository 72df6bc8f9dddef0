"""Text that others wrote, made safe for one line of a terminal, a commit or a log.

The bytes that come out are part of commit ids: what is here is never changed.
"""

from __future__ import annotations

import re

# A fixed list, since what Python calls printable grows with every version of Unicode: controls,
# bidirectional and zero-width marks, line and paragraph separators, surrogates, tags.
_UNSAFE = (
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def one_line(text: str) -> str:
    """Return `text` with every character escaped that could break or disguise a line."""
    if text.isprintable():  # of all that is unsafe nothing is, in any version of Unicode
        return text
    return re.sub(_UNSAFE, _escape, text)  # compiled then: most texts need it never


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if short := _SHORT.get(character):
        return short
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

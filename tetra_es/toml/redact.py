"""What an error may show of a text that is not valid: the scanner for secrets cannot judge that."""

from __future__ import annotations

import re

_TELLING = re.compile(r"pass|pwd|secret|token|key|credential|auth|dsn", re.IGNORECASE)
"""In a key, says that the value may be a secret."""

_LIKE_A_TOKEN = re.compile(r"(?=[0-9+/_-]*[A-Za-z])[A-Za-z0-9+/_-]{20,}|://[^/\s]*@")
"""In a value, what nobody typed by heart, or a URL with a password."""


def redact_line(line: str) -> str:
    """Return a line of TOML, without its value where that may be a secret."""
    key, equals, value = line.partition("=")
    if _LIKE_A_TOKEN.search(value) or (equals and _TELLING.search(key)):
        return f"{key.rstrip()} = …"
    return "…" if not equals and _LIKE_A_TOKEN.search(line) else line


def redact_value(shown: str) -> str:
    """Return a value as an error shows it, or three dots where it may be a secret."""
    return "…" if _LIKE_A_TOKEN.search(shown) else shown


def printable(message: str) -> str:
    """Return a message in which a text's control characters can do nothing to a terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in message)

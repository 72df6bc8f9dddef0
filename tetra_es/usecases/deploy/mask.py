"""Secrets in what a program prints, made unreadable before anybody sees them."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MASKED = "***"


class Mask:
    """Replaces the values of secrets, and the common ways to write them, in lines of text.

    A program that prints a part of a value, or the value in some way of its own, is not seen
    through.
    """

    def __init__(self, values: Iterable[bytes]) -> None:
        found = {form for value in values for form in _forms(value)}
        longest_first = sorted(found, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if found else None

    def __call__(self, line: str) -> str:
        """Return the line without them."""
        return self._pattern.sub(MASKED, line) if self._pattern else line


def _forms(value: bytes) -> Iterator[str]:
    text = value.decode("utf-8", "replace")
    yield from (line.strip() for line in text.splitlines() if line.strip())
    if text.strip():
        yield json.dumps(text)[1:-1]
        yield quote(text, safe="")
        yield base64.b64encode(value).decode("ascii")

"""Finding a value in texts, in changes and in events, however it is spelled there."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Final

from tetra_es.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

_AGE: Final = b"-----BEGIN AGE ENCRYPTED FILE-----"
"""How an encrypted secret begins: nothing can be found in one."""

_SPELLED: Final = ("\\", "\r")
"""What a text has in which a value may be spelled in another way than it is."""

_NUMBER: Final = re.compile(r"[0-9.eE+-]+")
"""Of what may be a number, which TOML lets people write as `1_000`."""


class Needle:
    """A value to be found. It never says what it is."""

    def __init__(self, value: str) -> None:
        """Take a value. Raises `UsageError` for one that is in everything."""
        if not value.strip():
            raise UsageError(
                "the value is empty: it is in everything", hint="give the value that is to go"
            )
        self._value = value
        self._bytes = value.encode()
        self._marks = (*_SPELLED, "_") if _NUMBER.fullmatch(value) else _SPELLED

    def __repr__(self) -> str:
        return "<Needle>"

    def is_in(self, text: str) -> bool:
        """Return whether a text has the value, in it or as what it spells."""
        return self.is_in_bytes(text.encode("utf-8", "surrogatepass"))

    def is_in_bytes(self, data: bytes) -> bool:
        """Return whether a TOML text or JSON has the value: in a value, a key or a comment."""
        if self._bytes in data:
            return not data.startswith(_AGE)
        text = data.decode("utf-8", "surrogateescape")
        return any(map(self.is_in_value, self._readings(text)))

    def is_in_value(self, value: object) -> bool:
        """Return whether a plain value has it, in itself or in a part."""
        match value:
            case bool():
                return False
            case str():
                return self._value in value or any(map(self.is_in_value, self._readings(value)))
            case dict():
                return any(map(self.is_in_value, (*value, *value.values())))
            case list():
                return any(map(self.is_in_value, value))
            case _:
                return self._value in str(value)

    def _readings(self, text: str) -> Iterator[object]:
        """Yield what a text may stand for: JSON, TOML, a literal or a key of TOML."""
        if not any(mark in text for mark in self._marks):
            return
        for read in (json.loads, tomllib.loads, _literal, _key):
            try:
                value = read(text)
            except (ValueError, RecursionError):
                continue
            if value != text:
                yield value


def _literal(text: str) -> object:
    return tomllib.loads(f"value = {text}")["value"]


def _key(text: str) -> object:
    return tomllib.loads(f"{text} = 0")

"""Finding a value in texts, in changes and in events, however it is spelled there."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Final
from unicodedata import normalize

from tetra_es.errors import UsageError
from tetra_es.toml.literals import value_literal

if TYPE_CHECKING:
    from collections.abc import Iterator

_AGE: Final = b"-----BEGIN AGE ENCRYPTED FILE-----"
"""How an encrypted secret begins: nothing can be found in one."""

_SPELLED: Final = re.compile(r"[\\\r]")
"""What a text has in which a value may be spelled in another way than it is."""

_NUMBERS: Final = re.compile(r"[\\\r0-9]|inf|nan")
"""The same for numbers and times: TOML lets people write `1_000`, `0x3E8` and `1e3`."""

_NUMBER: Final = re.compile(r"[0-9.eE+:TtZz -]+")
"""Of what may be a part of a number or time."""


class Needle:
    """A value to be found. It never says what it is."""

    def __init__(self, value: str) -> None:
        """Take a value. Raises `UsageError` for one that is in everything."""
        if not value.strip():
            raise UsageError(
                "the value is empty: it is in everything", hint="give the value that is to go"
            )
        number = _number(value)
        self._forms = frozenset((*_forms(value), *([] if number is None else [number])))
        self._bytes = [form.encode() for form in self._forms]
        is_number = number is not None or _NUMBER.fullmatch(value)
        self._spelled = _NUMBERS if is_number else _SPELLED

    def __repr__(self) -> str:
        return "<Needle>"

    def is_in(self, text: str) -> bool:
        """Return whether a text has the value, in it or as what it spells."""
        return self.is_in_bytes(text.encode("utf-8", "surrogatepass"))

    def is_in_bytes(self, data: bytes) -> bool:
        """Return whether a TOML text or JSON has the value: in a value, a key or a comment."""
        if data.startswith(_AGE):
            return False
        if any(form in data for form in self._bytes):
            return True
        text = data.decode("utf-8", "surrogateescape")
        return any(map(self.is_in_value, self._readings(text)))

    def is_in_value(self, value: object) -> bool:
        """Return whether a plain value has it, in itself or in a part."""
        match value:
            case bool() | None:
                return False
            case str():
                return self._has(value) or any(map(self.is_in_value, self._readings(value)))
            case dict():
                return any(map(self.is_in_value, (*value, *value.values())))
            case list():
                return any(map(self.is_in_value, value))
            case _:
                literal = value_literal(value)
                parted = literal.replace("T", " ")
                utc = [each.replace("+00:00", "Z") for each in (literal, parted)]
                return any(map(self._has, (literal, parted, *utc)))

    def _has(self, text: str) -> bool:
        return any(form in text for form in self._forms)

    def _readings(self, text: str) -> Iterator[object]:
        """Yield what a text may stand for: JSON, TOML, a literal or a key of TOML."""
        if not self._spelled.search(text):
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
    """Return the parts of a dotted key, or the only one."""
    parts: list[str] = []
    value: object = tomllib.loads(f"{text} = 0")
    while isinstance(value, dict) and value:
        part, value = next(iter(value.items()))
        parts.append(part)
    return parts[0] if len(parts) == 1 else parts


def _forms(value: str) -> Iterator[str]:
    """Yield how a value may have been stored: with other line ends, accents apart or not."""
    lines = value.replace("\r\n", "\n")
    for text in (value, lines, lines.replace("\n", "\r\n")):
        yield text
        yield normalize("NFC", text)
        yield normalize("NFD", text)


def _number(value: str) -> str | None:
    """Return the literal of a number, date or time, which texts may spell in other ways."""
    try:
        read = _literal(value)
    except (ValueError, RecursionError):
        return None
    return None if isinstance(read, (bool, str, list, dict)) else value_literal(read)

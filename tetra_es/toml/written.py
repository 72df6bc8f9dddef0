"""Values as people wrote them, beside the canonical literals that are recorded and compared.

`3.10` is recorded as 3.1 and `0o755` as 493; people who typed them know them by what they typed.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from tetra_es.toml.diff import changes_between
from tetra_es.toml.keys import parse_element_key
from tetra_es.toml.literals import value_literal
from tetra_es.toml.statements import NUMBER_OR_TIME

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from tetra_es.toml.document import ConfigDocument

_VALUE = re.compile(r"[-+]?(?:\d[\w.:+-]*(?: \d\d:[\d:.]+[Zz]?(?:[+-][\d:]+)?)?|inf|nan)")


class Literal(str):
    """A canonical literal of a number or a time that remembers how it was written."""

    __slots__ = ("written",)
    written: str

    def __new__(cls, canonical: str, written: str) -> Self:
        """Return the literal `canonical`, written as `written`."""
        literal = super().__new__(cls, canonical)
        literal.written = written
        return literal


def as_written(literal: str | None) -> str | None:
    """Return how a literal was written, as far as it remembers."""
    return literal.written if isinstance(literal, Literal) else literal


def remembering(document: ConfigDocument | None, key: str, literal: str) -> str:
    """Return the literal of a document's value, which remembers how the document writes it."""
    if document is None or not NUMBER_OR_TIME.match(literal):
        return literal
    written = document.written.get(key, literal)
    return literal if written == literal else Literal(literal, written)


def written_in(
    text: str, key: str, literal: str, document: Callable[[], ConfigDocument] | None = None
) -> str:
    """Return the literal of a key's value in a text, which remembers how the text writes it.

    As `remembering`, for texts that are not read for anything else: most have one line for it.
    Where that is not so, `document` gives the text as a document, for who asks more than once.
    """
    from tetra_es.toml.document import ConfigDocument

    last = re.escape(parse_element_key(key)[-1])
    lines = re.findall(rf"""(?m)^[^=\n#]*?\b{last}["']?[ \t]*=[ \t]*([^\n]*)""", text)
    if len(lines) == 1 and (match := _VALUE.match(lines[0])):
        written = match[0]
        return literal if written == literal else _checked(literal, written)
    return remembering(document() if document else ConfigDocument("", text), key, literal)


def recorded_as(text: str) -> str | None:
    """Return the literal that is recorded for a number or a time; None where that is the text, and
    for any other text."""
    if not _VALUE.fullmatch(text):
        return None
    try:
        literal = value_literal(tomllib.loads(f"value = {text}")["value"])
    except ValueError:  # of TOML, and a number with more digits than Python reads
        return None
    return None if literal == text else literal


def _checked(literal: str, written: str) -> str:
    """Return the literal as written, if that is the same value."""
    try:
        value = tomllib.loads(f"value = {written}")["value"]
    except tomllib.TOMLDecodeError:
        return literal
    return Literal(literal, written) if value_literal(value) == literal else literal


def changes_as_written(
    before: ConfigDocument | None, after: ConfigDocument | None
) -> list[list[str | None]]:
    """Return the changes by key as `changes_between`, with literals that remember."""
    return [
        [
            key,
            None if old is None else remembering(before, key, old),
            None if new is None else remembering(after, key, new),
        ]
        for key, old, new in changes_between(before, after)
    ]

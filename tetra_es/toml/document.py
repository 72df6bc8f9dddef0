"""A TOML text on its way through the program: read once, however many ask what is in it."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from tetra_es.errors import ConfigError
from tetra_es.sha256 import sha256
from tetra_es.toml.flatten import flatten_values, holds_values
from tetra_es.toml.keys import format_key, is_below
from tetra_es.toml.reading import located, read_values
from tetra_es.toml.redact import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es.toml.keys import KeyPath
    from tetra_es.toml.statements import Statement

_REMEMBERED = 32
"""Texts whose contents stay known when no document has them any more."""


class Contents:
    """What is in a valid text; the parts that few ask for are worked out when one does."""

    def __init__(self, text: str) -> None:
        """Read `text`. Raises as `read_values` does."""
        self.text = text
        self.values = read_values(text)

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """The statements, in order."""
        from tetra_es.toml.statements import statements  # most that read a text ask for none

        return tuple(statements(self.text))

    @cached_property
    def keys(self) -> dict[str, str]:
        """Whole key to literal of every value."""
        return flatten_values(self.values)


@lru_cache(maxsize=_REMEMBERED)
def contents_of(text: str) -> Contents:
    """Return the contents of a text, the same for all documents that have it."""
    return Contents(text)


@dataclass(frozen=True)
class ConfigDocument:
    """A TOML text, and what it is called in messages.

    Its values are shared by all documents of that text: copy them before you change them.
    Whatever needs to be read raises `ConfigError` with line and column where it cannot be.
    """

    path: str
    text: str = field(repr=False)

    @property
    def values(self) -> Mapping[str, Any]:
        """The plain values."""
        return self._contents.values

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The statements, in order; their texts joined give the whole."""
        return self._contents.statements

    @property
    def keys(self) -> Mapping[str, str]:
        """Whole key to literal of every value, in order; see `flatten_values`."""
        return self._contents.keys

    @cached_property
    def written(self) -> Mapping[str, str]:
        """Whole key to text, as written, of the numbers and times; see `numbers_and_times`."""
        from tetra_es.toml.statements import numbers_and_times  # few ask

        return numbers_and_times(self.statements)

    @property
    def holds_values(self) -> bool:
        """Whether there is any value; empty tables do not count."""
        return holds_values(self.values)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the text, in hexadecimal."""
        return sha256(self.text.encode()).hexdigest()

    def called(self, path: str) -> ConfigDocument:
        """Return the same document under another name."""
        other = copy(self)  # with what was read already
        object.__setattr__(other, "path", path)
        return other

    def checked(self) -> ConfigDocument:
        """Return the document itself, whose text is valid TOML. Raises `ConfigError`."""
        _ = self._contents
        return self

    def line_of(self, key: KeyPath) -> int | None:
        """Return the line (from 1) of the key or table at `key`.

        A table without a header is where its first key is, a key in an inline table where that
        begins. None where there is none; elements of arrays have their index for a part.
        """
        first: int | None = None
        inline: int | None = None
        line = 1
        for statement in self.statements:
            if statement.path:
                if statement.path == key:
                    return line
                if first is None and is_below(statement.path, key):
                    first = line
                if is_below(key, statement.path) and statement.kind == "key":
                    inline = line
            line += statement.text.count("\n")
        return first or (inline if inline and _exists(self.values, key) else None)

    def wrong(self, key: KeyPath, problem: str, hint: str, *, name: str = "") -> ConfigError:
        """Return the error for a wrong or missing value: `file:line: key: problem`.

        `name` is what the key is called where that differs.
        """
        lines = (self.line_of(key[:length]) for length in range(len(key), 0, -1))
        line = next(filter(None, lines), 1)
        name = name or format_key(key)
        message = printable(f"{self.path}:{line}: {name}: {problem}")
        return ConfigError(message, hint=hint, line=line, key=name)

    @cached_property
    def _contents(self) -> Contents:
        try:
            return contents_of(self.text)
        except (RecursionError, ValueError) as error:
            raise located(error, self.text, name=self.path) from error


def _exists(value: Any, key: KeyPath) -> bool:
    try:
        for part in key:
            value = value[int(part) if isinstance(value, list) else part]
    except (KeyError, IndexError, ValueError, TypeError):
        return False
    return True

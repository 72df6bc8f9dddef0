"""What a TOML text holds that may be a secret: its strings, with their keys, and its comments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from tetra_es.toml.keys import QUOTED, format_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Path: TypeAlias = tuple[str | int, ...]
"""The parts of a key; the elements of an array of tables have their index."""

_TOKEN = 13
"""Characters that a token has at least."""

# Strings are matched to step over them: a # in one begins no comment.
_COMMENT = re.compile(
    rf'"""(?:\\.|[^\\])*?"{{3,5}}|\'\'\'.*?\'{{3,5}}|{QUOTED}|#(?P<comment>[^\n]*)', re.DOTALL
)


class Leaf(NamedTuple):
    """A string and the key that it is a value of, or is in the value of."""

    path: Path
    name: str
    """What the string is called: the last part of its key, or what stands beside it as `name`."""
    value: str

    @property
    def tables(self) -> tuple[str, ...]:
        """What the tables are called that its key is in, the outermost first."""
        return tuple(part for part in self.path if isinstance(part, str))[:-1]


class Comment(NamedTuple):
    """The comments on lines that follow one another."""

    line: int
    """Of the first, from 1."""
    text: str
    """The lines, without the marks that begin them."""


def leaves(values: Mapping[str, Any], known: Mapping[str, Any] | None = None) -> list[Leaf]:
    """Return the strings in a TOML document, in its order.

    Values that are equal at the same key of `known`, another document, are left out.
    """
    return list(_in_table((), values, known or {}, inside=False))


def comments(text: str) -> list[Comment]:
    """Return the comments of a valid TOML text: a key in several lines is in one of these."""
    found: list[Comment] = []
    line, at, last = 1, 0, -1
    for match in _COMMENT.finditer(text):
        if match.lastgroup is None:
            continue
        line += text.count("\n", at, match.start())
        at = match.start()
        said = match["comment"].strip("# \t\r")
        if line == last + 1:
            found[-1] = Comment(found[-1].line, f"{found[-1].text}\n{said}")
        else:
            found.append(Comment(line, said))
        last = line
    return found


def format_path(path: Path) -> str:
    """Return the dotted key as changes have it: `services.web.key`, `hosts[0].token`."""
    dotted = ""
    for part in path:
        if isinstance(part, int):
            dotted += f"[{part}]"
        else:
            dotted += f"{'.' if dotted else ''}{format_key((part,))}"
    return dotted


def without_indexes(path: Path) -> Path:
    """Return the same for every element of an array."""
    return tuple(part for part in path if isinstance(part, str))


def _in_table(
    path: Path, table: Mapping[str, Any], known: Mapping[str, Any], *, inside: bool
) -> Iterator[Leaf]:
    """Yield a table's strings. One `inside` a mixed array has no key but that of the array."""
    label = table.get("name", table.get("key"))
    for key, value in table.items():
        if key in known and known[key] == value:
            continue
        if len(key) >= _TOKEN:
            # A token for a key. Called an id, since those may look random without being a secret.
            yield Leaf((*path, key), "id", key)
        called = label if key == "value" and isinstance(label, str) else key
        where = path if inside else (*path, key)
        yield from _in_value(where, called, value, known.get(key), inside=inside)


def _in_value(
    path: Path, name: str, value: Any, known: Any = None, *, inside: bool
) -> Iterator[Leaf]:
    if isinstance(value, str):
        yield Leaf(path, name, value)
    elif isinstance(value, dict):
        known = known if isinstance(known, dict) else {}
        yield from _in_table(path, value, known, inside=inside)
    elif isinstance(value, list):
        tables = not inside and all(isinstance(item, dict) for item in value)
        texts = [item for item in value if isinstance(item, str)]
        if len(texts) == len(value) and any(text.startswith("-") for text in texts):
            yield Leaf(path, name, " ".join(texts))  # arguments of a command, and their values
        for index, item in enumerate(value):
            if tables:
                yield from _in_table((*path, index), item, {}, inside=False)
            else:
                yield from _in_value(path, name, item, inside=True)

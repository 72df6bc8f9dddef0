"""What people and changes look like in the messages of commits, in formats 1 and 2.

Nothing here may change: commit ids depend on every byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tetra_es.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable
    from re import Pattern

    from tetra_es.events.base import KeyChange

_MAX_CHANGES: Final = 40
"""Lines of changed keys in a message; the event, or its body, has them all."""

_MAX_KEY, _MAX_VALUE = 200, 80

# The rest of the line by which git cuts a message off, whatever its comment character is.
_SCISSORS, _HARMLESS = "- >8 -", "- > 8 -"


def paragraphs(each: Iterable[str]) -> str:
    """Return paragraphs, without those that are empty, with a line between them."""
    return "\n\n".join(paragraph for paragraph in each if paragraph)


def harmless(text: str, special: Pattern[str]) -> str:
    """Return a text in which lines that mean something to git or to us are indented."""
    return special.sub(" ", text.replace(_SCISSORS, _HARMLESS))


def reason_lines(reason: str) -> str:
    """Return a reason, every line made safe."""
    lines = reason.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(one_line(line.expandtabs(4).rstrip(" ")) for line in lines).strip("\n")


def change_lines(changes: list[KeyChange]) -> str:
    """Return a line for each changed key, up to a number of them."""
    lines = [
        f"{_short(str(key), _MAX_KEY)}: {_value(before)} -> {_value(after)}"
        for key, before, after in changes[:_MAX_CHANGES]
    ]
    if len(changes) > _MAX_CHANGES:
        lines.append(f"… and {len(changes) - _MAX_CHANGES} more")
    return "\n".join(lines)


def _value(literal: str | None) -> str:
    return "(none)" if literal is None else _short(literal, _MAX_VALUE)


def _short(text: str, limit: int) -> str:
    return one_line(text if len(text) <= limit else text[: limit - 1] + "…")

"""The lines of a text, as TOML, git and `patch` count them."""

from __future__ import annotations


def lines_of(text: str, *, ends: bool = False) -> list[str]:
    """Return the lines of a text, with their `ends` or without.

    `str.splitlines` also ends a line at characters such as U+2028, which a value may have.
    """
    *whole, last = text.split("\n")
    lines = [f"{line}\n" if ends else line.removesuffix("\r") for line in whole]
    return [*lines, last] if last else lines

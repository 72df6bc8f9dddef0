"""Texts that are refused before they are parsed, whatever Python would make of them."""

from __future__ import annotations

import re
import tomllib
from typing import Final

DEEPEST: Final = 100
"""Levels of tables and arrays, and so parts of a key; tomlkit, too, takes no more."""
_NO_CODE = re.compile(
    r"#[^\n]*+"
    r'|"""(?:[^"\\]++|\\[\s\S]|"(?!""))*+"{3,5}' + r"|'{3}(?:[^']++|'(?!''))*+'{3,5}"
    r"|(?:\"\"\"|'{3})[\s\S]*+"
    r'|"(?:[^"\\\n]++|\\.)*+"' + r"|'[^'\n]*+'"
    r"|[\"'][\s\S]*+"
)
"""A comment, or a string; one without an end takes the rest, which is never read."""
_ESCAPE = re.compile(r"\\([\s\S])")
_LONG_KEY = re.compile(rf"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){{{DEEPEST}}}", re.ASCII)
_NO_SECONDS = re.compile(r"(?<![0-9:+-])[0-9]{2}:[0-9]{2}(?!:)")
_BRACKETS = re.compile(r"[\[\]{}\n]|,[ \t]*\}")


def _is_later() -> bool:
    try:
        tomllib.loads(r'x = "\e"')
    except tomllib.TOMLDecodeError:
        return False
    return True


READS_LATER: Final = _is_later()
"""Whether this Python reads TOML 1.1, as from 3.15 on. Verdicts must not depend on that."""


def has_long_key(text: str) -> bool:
    """Return whether a key has more parts than there may be levels.

    The time that `tomllib` takes for a key grows with the square of its parts: minutes for some
    hundred kilobytes, which anybody could send who may record a text.
    """
    if all(line.count(".") < DEEPEST for line in text.split("\n")):
        return False
    return _LONG_KEY.search(_code(text)) is not None


def later_at(text: str) -> int | None:
    """Return where a text has something that came with TOML 1.1, None where it has no such thing.

    That are the escapes `\\e` and `\\x`, times without seconds, and tables on one line that are on
    several, or end with a comma.
    """
    for token in _NO_CODE.finditer(text):
        if token[0][0] == '"':
            for escape in _ESCAPE.finditer(token[0]):
                if escape[1] in "ex":
                    return token.start() + escape.start()
    code = _code(text)
    if found := _NO_SECONDS.search(code):
        return found.start()
    inside: list[str] = []
    for bracket in _BRACKETS.finditer(code):
        one = bracket[0]
        if one[0] == "," or (one == "\n" and inside[-1:] == ["{"]):
            return bracket.start()
        if one in "[{":
            inside.append(one)
        elif one in "]}":
            del inside[-1:]
    return None


def _code(text: str) -> str:
    """Return a text with nothing in its comments, and a word of the same length for each string."""
    return _NO_CODE.sub(lambda found: (" " if found[0][0] == "#" else "_") * len(found[0]), text)

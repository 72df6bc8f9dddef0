"""A command's words, as a shell sees them, for the runner that has no shell.

Only what every shell reads the same is split; what a shell would do more with (a pipe, a variable,
a wildcard) is refused instead of being passed on as text. So a command means the same under both
runners. The grammar is that of POSIX.1-2024, XCU 2.2 (quoting) and 2.3 (tokens).
"""

from __future__ import annotations

import posixpath
import re
from typing import Any

from tetra_es.schema.lines import is_absolute, is_line
from tetra_es.schema.rule import Rule

_PIECE = re.compile(
    r"""
    (?P<blank>[ ]+)
    | '(?P<single>[^']*)'
    | "(?P<double>(?:\\.|[^"\\$`])*)"
    | \\(?P<escaped>.)
    | (?P<plain>[^ '"\\$`;&|<>()*?\[\]{}]+)
    """,
    re.VERBOSE,
)
_DOUBLE_ESCAPE = re.compile(r'\\([\\"$`])')
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=", re.ASCII)


_LONGEST_COMMAND = 8192
_PREFIXES = "-@:+!|"
"""systemd reads these in front of a program as flags, in quotes, too: systemd.service(5)."""


def _is_command(value: Any) -> bool:
    return is_line(value) and 0 < len(value.strip()) <= len(value) <= _LONGEST_COMMAND


COMMAND = Rule(
    f"a command on one line of at most {_LONGEST_COMMAND} characters, none of them a control",
    _is_command,
    "put longer ones in a script",
)


class NeedsShellError(ValueError):
    """The command is not a plain list of words. The message says what it stops at."""


def split(command: str) -> list[str]:
    """Return the words of `command`, a text of one line.

    Raises `NeedsShellError` for what only a shell can run and for quotes that do not end.
    """
    words: list[str] = []
    position, inside = 0, False
    while position < len(command):
        piece = _PIECE.match(command, position)
        if piece is None:
            raise NeedsShellError(_reason(command, position))
        if piece["blank"] is not None:
            inside = False
        else:
            # A tilde, or a comment, is only one where a word begins.
            if not inside and command[position] in "~#":
                raise NeedsShellError(f"{command[position]!r} means something to a shell")
            if not inside and _is_first_assignment(words, piece):
                # Its value may be a secret.
                name = piece[0].partition("=")[0]
                raise NeedsShellError(f"'{name}=' means something to a shell")
            words[len(words) if not inside else -1 :] = [
                (words[-1] if inside else "") + _text(piece)
            ]
            inside = True
        position = piece.end()
    return words


def program(word: str, cwd: str) -> str:
    """Return what systemd is to run for a command's first word: a path, or a name to search for.

    Raises `NeedsShellError` for what it cannot run, or would read otherwise.
    """
    path = posixpath.join(cwd, word.removeprefix("./")) if "/" in word else word
    # "$" it would replace, though in the program's own view of its name only.
    wrong = not path or path[0] in _PREFIXES or "$" in path or path in {".", ".."}
    if wrong or not is_absolute(posixpath.join("/", path)):
        raise NeedsShellError(f"{word!r} is not a program for systemd")
    return path


def why_not_alone(command: str, cwd: str = "/") -> str:
    """Return why systemd cannot run a command itself, without a shell; nothing where it can."""
    try:
        program(split(command)[0], cwd)
    except NeedsShellError as error:
        return f"cannot be run without a shell: {error}"
    return ""


def _text(piece: re.Match[str]) -> str:
    if piece["double"] is not None:
        return _DOUBLE_ESCAPE.sub(r"\1", piece["double"])
    return next(text for text in piece.group("single", "escaped", "plain") if text is not None)


def _is_first_assignment(words: list[str], piece: re.Match[str]) -> bool:
    return not words and piece["plain"] is not None and bool(_ASSIGNMENT.match(piece["plain"]))


def _reason(command: str, position: int) -> str:
    char = command[position]
    if char in "'\"":
        inner = re.compile(r"[^\"\\]*(?:\\.[^\"\\]*)*\"").match(command, position + 1)
        if char == '"' and inner:
            return "a $ or ` in double quotes means something to a shell"
        return f"a {char} has no partner"
    if char == "\\":
        return "a backslash ends it"
    return f"{char!r} means something to a shell"

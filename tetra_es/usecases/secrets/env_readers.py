r"""An env file as its readers on a server read it: systemd, and shells, tsm's among them.

systemd's rules are those of parse_env_file_internal() in its src/basic/env-file.c; the shell's are
POSIX.1-2024, XCU 2.2, 2.3 and 2.6.2, of which only assignments are taken: nothing is run. In the
place of `$NAME` and `${NAME:-word}` comes what the file itself set before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_VARIABLE = re.compile(_NAME, re.ASCII)
_BLANKS, _LINE_ENDS = " \t\n\r", "\n\r"

_LINE = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_ASSIGNMENT = re.compile(rf"[ \t]*(?:export[ \t]+)?(?P<name>{_NAME})=", re.ASCII)
_PIECE = re.compile(
    r"""
    '(?P<single>[^']*)'
    | "(?P<double>(?:\\.|[^"\\`])*)"
    | \\(?P<escaped>.)
    | (?P<variable>\$(?:[A-Za-z_][A-Za-z0-9_]*|\{[^}]*\}))
    | (?P<plain>[^ \t\n'"\\$`;&|<>()]+)
    """,
    re.VERBOSE | re.DOTALL,
)
_IN_DOUBLE = re.compile(
    r"""\\(?:\n|(?P<escaped>[\\"$`]))
    | (?P<variable>\$(?:[A-Za-z_][A-Za-z0-9_]*|\{[^}]*\}))
    | (?P<other>\$(?!["\s./:,;%+=]|\Z))""",
    re.VERBOSE,
)
_VALUE_OF = re.compile(
    r"\$\{?(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<how>:?[-+])(?P<word>[^'\"\\$`{}~]*))?\}?",
    re.ASCII,
)
_TILDE = re.compile(r"(?:^|:)~")
_ELSE = "a shell would put something else in the place of a $ or a `"


class Variable(NamedTuple):
    """A variable that a reader sets."""

    value: str
    line: int
    """Of its name, from 1."""


class NotPlainError(ValueError):
    """A line is not an assignment of a plain word. The message says why, and quotes nothing."""

    def __init__(self, line: int, name: str, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.name = name
        """The variable that the line sets, or nothing."""


class _NotKnownError(ValueError):
    """What a shell puts in a place is not in the file."""


def as_shells_do(text: str, before: Mapping[str, Variable] | None = None) -> dict[str, Variable]:
    """Return what a shell sets that reads `text` with `.`, the last of a name.

    `before` are variables that it has already. Raises `NotPlainError` at the first line that does
    more than to set a variable, or whose value depends on what only that shell knows.
    """
    found = dict(before or {})
    position = counted = 0
    line = 1
    while position < len(text):
        if blank := _LINE.match(text, position):
            position = blank.end()
            continue
        line += text.count("\n", counted, position)
        counted = position
        head = _ASSIGNMENT.match(text, position)
        if head is None:
            raise NotPlainError(line, "", "not KEY=VALUE")
        name = head["name"]
        value, position = _word(text, head.end(), Variable(name, line), found)
        end = _LINE.match(text, position)
        if end is None:
            what = "a shell would run what follows the blank in its value"
            raise NotPlainError(line, name, what)
        found[name] = Variable(value, line)
        position = end.end()
    return found


def _word(text: str, position: int, of: Variable, known: Mapping[str, Variable]) -> tuple[str, int]:
    """Return the word that begins at a position, without its quotes, and where it ends.

    `of` has the name in the place of its value.
    """
    pieces = []
    while position < len(text) and text[position] not in " \t\n":
        piece = _PIECE.match(text, position)
        if piece is None:
            raise NotPlainError(of.line, of.value, _reason(text, position))
        if piece["plain"] is not None and _TILDE.search(piece["plain"]):
            what = "a shell would put a folder in the place of the ~"
            raise NotPlainError(of.line, of.value, what)
        try:
            pieces.append(_text(piece, known))
        except _NotKnownError:
            raise NotPlainError(of.line, of.value, _ELSE) from None
        position = piece.end()
    return "".join(pieces), position


def _text(piece: re.Match[str], known: Mapping[str, Variable]) -> str:
    if piece["double"] is not None:
        return _IN_DOUBLE.sub(lambda match: _in_double(match, known), piece["double"])
    if piece["escaped"] is not None:
        return piece["escaped"] if piece["escaped"] != "\n" else ""
    if piece["variable"] is not None:
        return _value_of(piece["variable"], known)
    return next(text for text in piece.group("single", "plain") if text is not None)


def _in_double(match: re.Match[str], known: Mapping[str, Variable]) -> str:
    if match["other"] is not None:
        raise _NotKnownError
    if match["variable"] is not None:
        return _value_of(match["variable"], known)
    return match["escaped"] or ""


def _value_of(reference: str, known: Mapping[str, Variable]) -> str:
    """Return what comes in the place of `$NAME` or `${NAME:-word}`."""
    match = _VALUE_OF.fullmatch(reference)
    if match is None or match["name"] not in known:
        raise _NotKnownError
    value, how = known[match["name"]].value, match["how"] or ""
    counts = bool(value) or not how.startswith(":")
    if how.endswith("+"):
        return match["word"] if counts else ""
    return value if counts else match["word"] or ""


def _reason(text: str, position: int) -> str:
    char = text[position]
    if char == "\\":
        return "a backslash ends the file"
    inside = re.compile(r'"(?:\\.|[^"\\])*"', re.DOTALL).match(text, position)
    if char == "'" or (char == '"' and inside is None):
        return "a quote is never closed"
    if char in '"$`':
        return _ELSE
    return f"{char} means something to a shell"


def as_systemd_does(text: str) -> dict[str, Variable]:
    """Return what systemd sets that reads `text` as an `EnvironmentFile=`, the last of a name.

    What it leaves out is not among it: names that no variable can have, such as `export A`.
    """
    found: dict[str, Variable] = {}
    scan = _Systemd(text)
    counted, line = 0, 1
    while scan.position < len(text):
        line += text.count("\n", counted, scan.position)
        counted = scan.position
        name = scan.name()
        if name is not None:
            value = scan.value()
            if _VARIABLE.fullmatch(name):
                found[name] = Variable(value, line)
    return found


class _Systemd:
    """systemd's way through a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def _next(self) -> str:
        self.position += 1
        return self.text[self.position - 1 : self.position]

    def name(self) -> str | None:
        """Return what stands before the next `=`, on its line; None where that has none."""
        char = self._next()
        if char in _BLANKS:
            return None
        if char in "#;":
            self._comment()
            return None
        begin = self.position - 1
        while (char := self._next()) not in ("", "=", *_LINE_ENDS):
            pass
        return self.text[begin : self.position - 1].rstrip(_BLANKS) if char == "=" else None

    def _comment(self) -> None:
        """Skip a comment. Before version 254 a backslash at its end takes in the next line."""
        while (char := self._next()) and char not in _LINE_ENDS:
            if char == "\\":
                self._next()

    def value(self) -> str:
        """Return what comes after a `=`."""
        pieces = []
        while True:
            char = self._next()
            if char in ("'", '"'):
                pieces.append(self._quoted(char))
            elif char == "" or char in _LINE_ENDS:
                return "".join(pieces)
            elif char not in _BLANKS:
                pieces.append(self._unquoted(char))
                return "".join(pieces)

    def _unquoted(self, char: str) -> str:
        """Return the rest of a value, from its first character that is in no quotes."""
        chars, kept = [], 0
        while char and char not in _LINE_ENDS:
            escaped = char == "\\"
            if escaped:
                char = self._next()
            if not (escaped and char in _LINE_ENDS):
                chars.append(char)
            if escaped or char not in _BLANKS:
                kept = len(chars)
            char = self._next()
        return "".join(chars[:kept])

    def _quoted(self, quote: str) -> str:
        chars = []
        while (char := self._next()) not in ("", quote):
            if char == "\\" and quote == '"':
                char = self._next()
                chars.append(char if char in '"\\`$' else "" if char == "\n" else f"\\{char}")
            else:
                chars.append(char)
        return "".join(chars)

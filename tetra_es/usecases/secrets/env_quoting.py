r"""Writing a variable so that several readers of env files read the same value.

There is no standard of such files, and each reader has rules of its own:

- `node`: Node's `--env-file`; no escapes but `\n` between double quotes (src/node_dotenv.cc).
- `npm`: the package dotenv; `\n` and `\r` between double quotes (lib/main.js).
- `python`: python-dotenv; escapes between either kind of quotes, and `${NAME}` everywhere.
- `docker`: `docker run --env-file`; a line is a value, quotes are a part of it.
- `bash`: a shell that reads the file with `.`, POSIX.1-2024, XCU 2.2.

A value is written in the first form that all of them read as what it is. None is escaped in one
way for one reader that another takes for something else.
"""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.release.quoting import shell_quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

READERS: Final = ("node", "npm", "python", "docker", "bash")
"""Who reads env files."""

_GIVEN_UP_FIRST: Final = ("docker", "bash", "python", "npm", "node")
"""Where several could be left out: the reader with the fewest forms is."""

_BLANK = r"\s\ufeff"
"""A class of characters: what a reader may drop at the ends of a value without quotes."""

_LINE = 64 * 1024
"""Bytes that a line is shorter than with its end, for docker: Go's bufio.MaxScanTokenSize."""


class _Form(NamedTuple):
    """A way of writing a value, and the rules by which a reader takes it for that value."""

    write: Callable[[str], str]
    readers: dict[str, re.Pattern[str]]
    """Reader to what no value may have that it is to read in this form."""


def _not(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


_ESCAPED = re.compile(r"\\(?=[\\']|\Z)|'")

# A carriage return is dropped, or becomes a line's end, in all readers but a shell.
_FORMS: Final = (
    _Form(
        str,
        {
            "node": _not(rf"[\r\n#]|\A[\"'`{_BLANK}]|[{_BLANK}]\Z"),
            "npm": _not(rf"[\r\n#\u2028\u2029]|\A[\"'`{_BLANK}]|[{_BLANK}]\Z"),
            "python": _not(rf"[\r\n#]|\$\{{|\A[\"'{_BLANK}]|[{_BLANK}]\Z"),
            "docker": _not(r"[\r\n]"),
            "bash": _not(r"[^\w./:@%+,^=?*{}!~\[\]-]|(?:\A|[:=])~"),
        },
    ),
    _Form(
        lambda value: f"'{value}'",
        {
            "node": _not(r"['\r]"),
            "npm": _not(r"['\r]|\\\Z"),
            "python": _not(r"['\r]|\$\{|\\\\|\\\Z"),
            "bash": _not("'"),
        },
    ),
    _Form(
        lambda value: f'"{value}"',
        {
            "node": _not(r'["\r]|\\n'),
            "npm": _not(r'["\r]|\\[nr]|\\\Z'),
            "python": _not(r'["\r]|\$\{|\\[\\\'abfnrtv]|\\\Z'),
            "bash": _not(r'["\\$`]'),
        },
    ),
    _Form(lambda value: f"`{value}`", {"node": _not(r"[`\r]"), "npm": _not(r"[`\r]|\\\Z")}),
    _Form(
        lambda value: "'" + _ESCAPED.sub(r"\\\g<0>", value) + "'", {"python": _not(r"[\r]|\$\{")}
    ),
    _Form(shell_quoted, {"bash": _not(r"(?!)")}),
)


def quoted(name: str, value: str, readers: Collection[str]) -> str | None:
    """Return what stands after `NAME=` for all of `readers`, None where no form is read alike."""
    for form in _FORMS:
        if all(_reads(form, reader, name, value) for reader in readers):
            return form.write(value)
    return None


def in_the_way(name: str, value: str, readers: Collection[str]) -> list[str]:
    """Return the fewest of `readers` without whom there is a form; all where there is none."""
    ordered = sorted(readers, key=_GIVEN_UP_FIRST.index)
    for count in range(1, len(ordered)):
        for left_out in combinations(ordered, count):
            if quoted(name, value, [one for one in ordered if one not in left_out]) is not None:
                return list(left_out)
    return ordered


def _reads(form: _Form, reader: str, name: str, value: str) -> bool:
    unlike = form.readers.get(reader)
    if unlike is None or unlike.search(value):
        return False
    return reader != "docker" or len(f"{name}={value}\n".encode()) < _LINE

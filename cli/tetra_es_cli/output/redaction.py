"""What of the arguments is never repeated: keys, tokens, texts of several lines, long texts.

A value that was given where a name, a path or an option belongs may be a secret. Whatever is said
on standard error goes through `say`, so that no message has to think of that.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from tetra_es.settings import color_wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LONGEST = 60
"""Characters of an argument that are repeated; a longer one is not."""

_KEY = "looks like a key"
_TOKEN = "looks like a secret"  # noqa: S105 - what it is called

_KEY_RUN, _RUN = 8, 21
"""Characters in a row of a key, of other text, that are not repeated. Shorter runs are there by
chance; of a public key, messages show the beginning."""
_GAP = 8
"""Characters between two such runs that are left out with them: the end of a line, quotes."""

# Compiled when first used: few commands say anything.
_KEYS = (
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?=[\s\\nr]*(?:[A-Z0-9+/=]{16}|Proc-Type:))"
    r"(?P<pem>(?:(?!-----END)[A-Z0-9+/=\s\\:,.-])+)"
    r"|AGE-(?:SECRET-KEY|PLUGIN)-(?P<age>[A-Z0-9-]{10,})"
    r"|(?P<body>b3BlbnNzaC1rZXktdjE[A-Z0-9+/=\s\\]{10,})"  # an OpenSSH key without its frame
)
_MAYBE_TOKEN = r"(?=\D*\d)(?=[^a-z]*[a-z])\S{16,}|\S+://\S+@"  # noqa: S105 - what one looks like
_BASE64 = r"(?![A-Z]+$)[A-Za-z0-9+/=]{8,}"
_PUBLIC = (
    r"ssh-(?:ed25519|rsa) AAAA[A-Za-z0-9+/]+={0,2}(?: [\w.@+-]{1,60})?|age1[02-9ac-hj-np-z]{58}"
)
"""Public keys: messages and hints show them whole."""
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


_COLORS = {"error": "red", "warning": "yellow", "hint": "cyan", "next": "cyan"}


class Withheld(NamedTuple):
    """What of one argument is not repeated."""

    number: int
    """The argument, from 1."""
    reason: str
    runs: tuple[tuple[str, int], ...]
    """Texts in lower case, and how many characters in a row of them are not repeated."""

    @property
    def label(self) -> str:
        """What stands in its place."""
        return f"[argument {self.number}: {self.reason}]"


_arguments: tuple[str, ...] = ()


def remember(arguments: Sequence[str]) -> None:
    """Take the arguments of the command that runs now."""
    global _arguments  # noqa: PLW0603 - a process has one command line
    _arguments = tuple(arguments)


def say(text: str) -> None:
    """Print a line on standard error, without what is not to be repeated.

    Where that cannot be written, the exit code has to do.
    """
    with suppress(OSError):
        click.echo(_coloured(redact(text)), err=True)


def _coloured(text: str) -> str:
    """Return a line with its beginning in colour, on a terminal, where colour is wanted."""
    begin, colon, rest = text.partition(": ")
    second, colons, rest = rest.partition(": ")
    color = _COLORS.get(second)
    if begin != "tetra-es" or color is None or not (sys.stderr.isatty() and color_wanted()):
        return text
    return f"{click.style(f'{begin}{colon}{second}{colons}', fg=color, bold=True)}{rest}"


def say_json(value: Mapping[str, str | int | None]) -> None:
    """Print an object on one line of standard error, its texts as `say` would print them."""
    import json

    told = {name: redact(one) if isinstance(one, str) else one for name, one in value.items()}
    with suppress(OSError):
        click.echo(json.dumps(told, ensure_ascii=False), err=True)


def arguments() -> Sequence[str]:
    """Return the arguments of the command that runs now."""
    return _arguments


def redact(text: str) -> str:
    """Return a text with labels in the place of what is not to be repeated.

    That is what an argument held; a key, wherever it came from.
    """
    for one in _withheld(_arguments):
        for start, end in reversed(_spans(text, one.runs)):
            text = text[:start] + one.label + text[end:]
    return re.sub(_KEYS, f"[{_KEY}]", text, flags=re.IGNORECASE)


def label_of(word: str) -> str:
    """Return how to speak of the argument that begins with a word without repeating it."""
    number = next((at for at, one in enumerate(_arguments, 1) if one.startswith(word)), 0)
    labels = (one.label for one in _withheld(_arguments) if one.number == number)
    return next(labels, f"argument {number}" if number else "one of the arguments")


def names_key(text: str) -> bool:
    """Return whether a text, as it is printed, speaks of an argument that is a key."""
    shown = redact(text)
    return any(one.label in shown for one in _withheld(_arguments) if one.reason == _KEY)


@cache
def _withheld(arguments: tuple[str, ...]) -> tuple[Withheld, ...]:
    in_block = _words_of_a_block(arguments)
    found = (
        Withheld(number, _KEY, ((_lower(word), _KEY_RUN),)) if number in in_block else
        _judged(number, word)
        for number, word in enumerate(arguments, 1)
    )  # fmt: skip
    return tuple(one for one in found if one)


def _words_of_a_block(arguments: tuple[str, ...]) -> set[int]:
    """Return which arguments are the lines of a key that was given without quotes."""
    found: set[int] = set()
    inside = False
    for number, word in enumerate(arguments, 1):
        begins = word.endswith("-----BEGIN")
        inside = (inside or begins) and word != "-----END"
        if begins or (inside and re.fullmatch(_BASE64, word)):
            found.add(number)
    return found


def _judged(number: int, argument: str) -> Withheld | None:
    """Return what is withheld of an argument, None if it may be repeated."""
    keys = [match[match.lastgroup or 0] for match in re.finditer(_KEYS, argument, re.IGNORECASE)]
    runs = [(key, _KEY_RUN) for key in keys]
    reasons = [_KEY] if keys else []
    for piece in _pieces(argument):
        if not keys and (re.fullmatch(_PUBLIC, piece) or _is_place(piece)):
            continue
        if "\n" in piece or "\r" in piece:
            reasons.append("several lines")
            runs += [(text, min(_RUN, len(text))) for text in (piece, repr(piece)[1:-1])]
        elif len(piece) > LONGEST or (keys and piece == argument):
            reasons.append(f"{len(piece)} characters")
            runs += _long(piece)
        elif secret := _token(piece):
            reasons.append(_TOKEN)
            runs.append((secret, min(_KEY_RUN, len(secret))))
    if not runs:
        return None
    return Withheld(number, reasons[0], tuple((_lower(text), size) for text, size in runs))


def _is_place(piece: str) -> bool:
    """Return whether a text is the path of something, or of what could be in a folder that is."""
    if "/" not in piece[1:] or not piece.isprintable():
        return False
    path = Path(os.path.expanduser(piece))  # noqa: PTH111 - which raises nothing
    return os.path.lexists(path) or (
        os.path.isdir(path.parent)  # noqa: PTH112 - nor does this, for a name that is too long
        and len(path.name) <= LONGEST
        and not _token(path.name)
    )


def _pieces(argument: str) -> Iterator[str]:
    """Yield an argument and the parts of it that have a meaning of their own."""
    yield argument
    if "=" in argument:
        name, value = argument.split("=", 1)
        yield name
        yield value
    elif argument.startswith("-"):
        yield argument[2:]


def _long(piece: str) -> Iterator[tuple[str, int]]:
    """Yield the runs of a long text.

    Other paths have folders in common with a path, and messages name the key that a value was given
    for: a path, and what has a `=`, is withheld only where all of it is repeated.
    """
    if "/" in piece and " " not in piece and max(map(len, piece.split("/"))) <= LONGEST:
        yield piece, len(piece)
        yield str(Path(piece)), len(str(Path(piece)))
    else:
        yield piece, len(piece) if "=" in piece.rstrip("=") else min(_RUN, len(piece))


def _token(piece: str) -> str | None:
    """Return the part of a text that the scanner takes for a secret."""
    if not re.search(_MAYBE_TOKEN, piece, re.IGNORECASE):
        return None
    from tetra_es.usecases.config.check_for_secrets import secret_in

    return secret_in(piece)


def _spans(text: str, runs: Sequence[tuple[str, int]]) -> list[tuple[int, int]]:
    """Return where in a text the runs are, in order; those that almost meet are one."""
    lower = _lower(text)
    found = sorted(
        (at, at + size)
        for run, size in runs
        for at in range(len(lower) - size + 1)
        if lower[at : at + size] in run
    )
    spans: list[tuple[int, int]] = []
    for start, end in found:
        if spans and start <= spans[-1][1] + _GAP:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _lower(text: str) -> str:
    """Return a text in lower case, as long as it was."""
    return text.translate(_LOWER)

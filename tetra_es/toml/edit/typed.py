"""A value as somebody types it on a command line: what type it is of, and how it is written."""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime, time
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import Refused, UsageError
from tetra_es.toml.keys import is_text

if TYPE_CHECKING:
    from collections.abc import Callable

_EXAMPLES = {
    "string": "hello",
    "integer": "5555 or 0o755",
    "float": "0.5",
    "boolean": "true or false",
    "datetime": "1979-05-27T07:32:00Z",
    "date": "1979-05-27",
    "time": "07:32:00",
    "array": '\'["a", "b"]\'',
    "table": "'{ a = 1 }'",
}
TYPES = tuple(_EXAMPLES)
"""The names of TOML's types."""

_PYTHON = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "float",
    datetime: "datetime",
    date: "date",
    time: "time",
    list: "array",
    dict: "table",
}
_PLACE = re.compile(r"\{[a-z]+\}")
"""What a profile puts something in for, such as `{domain}`: no table is written like that."""
_OPENING = {"[": "array", "{": "table", '"': "string in quotes", "'": "string in quotes"}


class Typed(NamedTuple):
    """A value, and the literal that writes it as it was typed."""

    value: object
    literal: str | None
    """None for a string that was typed without quotes."""

    @property
    def type(self) -> str:
        """The name of its type."""
        return type_of(self.value)


class TypeChanged(Refused):
    """A key would get a value of another type than it holds: a slip more often than not."""

    def __init__(self, key: str, holds: str, typed: Typed) -> None:
        first = ""
        if holds == "boolean" and str(typed.value).lower() in ("true", "false"):
            first = "write it in lower-case letters; "
        elif (holds, typed.type) == ("float", "integer"):
            first = "a float has a point, such as 1.0; "
        super().__init__(
            f"{key} holds {an(holds)}, and the new value is {an(typed.type)}",
            hint=first + f"--type {typed.type} changes the type",
        )


def type_of(value: object) -> str:
    """Return the name of the type that a plain value is of."""
    return _PYTHON[type(value)]


def read_typed(
    key: str,
    text: str,
    *,
    holds: str | None,
    wanted: str | None,
    fits: Callable[[object], bool] | None = None,
) -> Typed:
    """Return the value that `text` is for a key, which `holds` a value of some type, or none.

    A key that holds a string gets one, whatever the text looks like; another key gets what a TOML
    literal says, or else a string. `wanted` is the type that was asked for, and `fits` tells
    whether a value may be one of the key: a string is taken where nothing else fits. Raises
    `TypeChanged`, and `UsageError` where the text is not of the type wanted, or a literal that is
    not whole.
    """
    check_text(text)
    as_string = Typed(text, None)
    if wanted == "string":
        return as_string
    typed = read_literal(text)
    if wanted:
        return _wanted(key, text, typed, wanted)
    if typed and typed.type == "string":
        as_string = typed
    if holds == "string":
        return as_string
    if typed is None and (opened := _OPENING.get(text.strip()[:1])) and not _PLACE.match(text):
        raise UsageError(
            f"the value of {key} begins like {an(opened)}, and is not one",
            hint="complete it; or --type string takes it as it is",
        )
    typed = typed or as_string
    if holds is None:
        return as_string if fits and not fits(typed.value) and fits(text) else typed
    if typed.type != holds and (fits is None or fits(typed.value)):
        raise TypeChanged(key, holds, typed)
    return typed


def read_literal(text: str) -> Typed | None:
    """Return the value of a TOML literal; None where `text` is not just one."""
    text = text.strip()
    try:
        values = tomllib.loads(f"value = {text}")
        # In an array, a comment at the end hides the bracket that closes it.
        tomllib.loads(f"value = [{text}]")
    except (ValueError, RecursionError):
        return None
    # A line break could have ended the value and begun another key.
    return Typed(values["value"], text) if list(values) == ["value"] else None


def check_text(text: str) -> None:
    """Raise `UsageError` for bytes of a command line that are not text."""
    if not is_text(text):
        raise UsageError(f"not text in UTF-8: {text!r}", hint="give the value in UTF-8")


def _wanted(key: str, text: str, typed: Typed | None, wanted: str) -> Typed:
    if typed and wanted == "float" and typed.type == "integer" and text.strip("+-").isdecimal():
        typed = Typed(float(text), f"{text.strip()}.0")
    if typed is None or typed.type != wanted:
        raise UsageError(
            f"the value of {key} is not {an(wanted)}",
            hint=f"{an(wanted)} is such as {_EXAMPLES[wanted]}",
        )
    return typed


def an(name: str) -> str:
    """Return a noun with its article."""
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"

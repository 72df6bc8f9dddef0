"""Reading a dotenv file, with errors that say where and show no value."""

from __future__ import annotations

import re
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

from dotenv.parser import parse_stream

from tetra_es.errors import ConfigError, TetraEsError, UsageError
from tetra_es.names import is_secret_name
from tetra_es.usecases.secrets.env_readers import NotPlainError, as_shells_do

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.usecases.secrets.env_readers import Variable

MAX_SIZE = 1024 * 1024
"""Bytes of one value."""

MAX_FILE = 64 * MAX_SIZE
"""Bytes of a dotenv file."""


_FIX = "fix that line"
_QUOTED = re.compile(r"\s*(?:export\s+)?[^=\s'\"#]+\s*=[ \t]*(['\"])")


class Dotenv(NamedTuple):
    """What a dotenv file says."""

    values: dict[str, bytes]
    otherwise_in_shells: list[str]
    """Keys that a shell which reads the file would set to something else, or not at all."""
    repeated: list[str]
    """Keys that have several values, of which the last one counts."""
    plain: bool
    """Whether it is known what a shell would set: it would run nothing, and needs no variable."""


def read_dotenv(path: Path) -> dict[str, bytes]:
    """Return the values of a dotenv file: quotes, `export`, comments, several lines.

    Raises `ConfigError` with the line that is not an assignment. Neither a value nor a name is
    quoted in it: what stands before a `=` may be a line of a value that lacks its quotes.
    """
    return compared_with_shells(path).values


def compared_with_shells(path: Path) -> Dotenv:
    """Return what `read_dotenv` does, and what a shell would read otherwise. Raises as it does."""
    try:
        # An editor on Windows may have put a byte order mark before it.
        text = read_file(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8", hint="save it in that encoding") from None
    values: dict[str, bytes] = {}
    shells: dict[str, Variable] = {}
    repeated: dict[str, None] = {}
    plain = True
    for binding in parse_stream(StringIO(text)):
        line = binding.original.line
        if binding.error or (binding.key is not None and binding.value is None):
            raise ConfigError(f"{path}:{line}: {_problem(binding.original.string)}", hint=_FIX)
        if binding.key is None or binding.value is None:
            continue
        _check_binding(f"{path}:{line}", binding.key, binding.value)
        if values.get(binding.key, value := binding.value.encode()) != value:
            repeated[binding.key] = None
        values[binding.key] = value
        check_size(binding.key, values[binding.key])
        try:
            shells = as_shells_do(binding.original.string, shells)
        except NotPlainError:
            shells.pop(binding.key, None)
            plain = False
    if not values:
        raise ConfigError(f"{path} holds no KEY=VALUE", hint="it should be a dotenv file")
    unlike = [
        key
        for key, value in values.items()
        if key not in shells or shells[key].value.encode() != value
    ]
    return Dotenv(values, unlike, [*repeated], plain)


def _problem(text: str) -> str:
    """Return what is wrong with a line that is not an assignment, without quoting it."""
    match = _QUOTED.match(text)
    if match is None:
        return "not KEY=VALUE"
    value = re.compile(rf"{match[1]}(?:\\.|[^\\{match[1]}])*{match[1]}", re.DOTALL)
    if value.match(text, match.start(1)):
        return f"something stands after the closing {match[1]} of the value"
    return f"the value begins with {match[1]}, and no other {match[1]} ends it"


def read_file(path: Path) -> bytes:
    """Return a file of values. Raises `ConfigError` for one that is too large."""
    data = read_bytes(path, MAX_FILE)
    if len(data) > MAX_FILE:
        raise ConfigError(f"{path} is larger than {MAX_FILE // MAX_SIZE} MiB", hint="split it")
    return data


def _check_binding(where: str, key: str, value: str) -> None:
    if not is_secret_name(key):
        raise ConfigError(
            f"{where}: what stands before the = is not a secret's name",
            hint="use letters, digits and '_', not beginning with a digit; "
            "a value of several lines stands in quotes",
        )
    # Its further lines would become names, which are not secret, where base64 ends in "=".
    if value.startswith("-----BEGIN ") and "-----END " not in value:
        raise ConfigError(
            f"{where}: {key} is the first line of a block alone",
            hint="put a value of several lines in quotes",
        )


def check_size(key: str, value: bytes) -> None:
    """Raise `UsageError` where a value is too large to be a secret."""
    if len(value) > MAX_SIZE:
        raise UsageError(
            f"{key} is larger than 1 MiB",
            hint="keep files elsewhere, encrypted to a key that is the secret",
        )


def read_bytes(path: Path, limit: int) -> bytes:
    """Return a file, or one byte more than `limit` of a larger one."""
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise TetraEsError(f"cannot read {path}: {error.strerror}") from error

"""Secret values on their way in (stdin, prompt, file) and out (formats that programs read)."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import click

from tetra_es.errors import ConfigError, TetraEsError, UsageError
from tetra_es.names import is_secret_name
from tetra_es.release.env_file import assignment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tetra_es_cli.context.app import App

MAX_SIZE = 1024 * 1024
"""Bytes of one value."""

MAX_FILE = 64 * MAX_SIZE
"""Bytes of a dotenv file."""

_ESCAPED = re.compile(r"\\(?=[\\']|\Z)|'")

FORMATS = ("dotenv", "json", "systemd", "shell")


def read_value(app: App, key: str, file: Path | None) -> bytes:
    """Return a value from a file, byte for byte, from a hidden prompt or from standard input.

    Of a single line from standard input the line's end is dropped: `echo` adds one.
    """
    if file is not None:
        value = _read_file(file, MAX_SIZE)
    elif sys.stdin.isatty():
        if app.no_input:
            raise UsageError("no value given", hint="pipe it in, or use --from-file")
        prompted: str = click.prompt(f"Value of {key}", hide_input=True, err=True)
        value = prompted.encode()
    else:
        value = sys.stdin.buffer.read(MAX_SIZE + 2)
        if value.count(b"\n") == 1 and value.endswith(b"\n"):
            value = value[:-1].removesuffix(b"\r")
    _check_size(key, value)
    return value


def read_dotenv(path: Path) -> dict[str, bytes]:
    """Return the values of a dotenv file: quotes, `export`, comments, several lines.

    Raises `ConfigError` with the line of what is no assignment. Neither a value nor a name is
    quoted in it: what stands before a `=` may be a line of a value that lacks its quotes.
    """
    from io import StringIO

    from dotenv.parser import parse_stream

    data = _read_file(path, MAX_FILE)
    if len(data) > MAX_FILE:
        raise ConfigError(f"{path} is larger than {MAX_FILE // MAX_SIZE} MiB", hint="split it")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8", hint="save it in that encoding") from None
    values: dict[str, bytes] = {}
    for binding in parse_stream(StringIO(text)):
        line = binding.original.line
        if binding.error or (binding.key is not None and binding.value is None):
            raise ConfigError(f"{path}:{line}: not KEY=VALUE", hint="mend that line")
        if binding.key is None or binding.value is None:
            continue
        _check_binding(f"{path}:{line}", binding.key, binding.value)
        values[binding.key] = binding.value.encode()
        _check_size(binding.key, values[binding.key])
    if not values:
        raise ConfigError(f"{path} holds no KEY=VALUE", hint="it should be a dotenv file")
    return values


def _check_binding(where: str, key: str, value: str) -> None:
    if not is_secret_name(key):
        raise ConfigError(
            f"{where}: what stands before the = is not a secret's name",
            hint="use letters, digits and '_', not beginning with a digit; "
            "a value of several lines stands in quotes",
        )
    # Its further lines would become names, which are no secret, where base64 ends in "=".
    if value.startswith("-----BEGIN ") and "-----END " not in value:
        raise ConfigError(
            f"{where}: {key} is the first line of a block alone",
            hint="put a value of several lines in quotes",
        )


def _check_size(key: str, value: bytes) -> None:
    if len(value) > MAX_SIZE:
        raise UsageError(f"{key} is larger than 1 MiB", hint="secrets are no place for files")


def formatted(values: Mapping[str, bytes], form: str) -> bytes:
    """Return values in one of `FORMATS`. Raises `TetraEsError` for what the format cannot hold."""
    if form in ("systemd", "shell"):
        prefix = "export " if form == "shell" else ""
        return "".join(prefix + assignment(key, values[key]) for key in sorted(values)).encode()
    texts = {key: as_text(key, value) for key, value in sorted(values.items())}
    if form == "json":
        return (json.dumps(texts, indent=2, ensure_ascii=False) + "\n").encode()
    return "".join(f"{key}={_dotenv_quoted(text)}\n" for key, text in texts.items()).encode()


def as_text(key: str, value: bytes) -> str:
    """Return a value as text. Raises `TetraEsError` for one that no variable can hold."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise TetraEsError(
            f"{key} is binary and cannot be a variable",
            hint="`tetra-es secret get` prints it, and `tetra-es run --files` gives it as a file",
        ) from None
    return text


def _dotenv_quoted(text: str) -> str:
    r"""Return a value in single quotes, in which readers agree on most.

    python-dotenv takes `\\` and `\'` for one character there, others take every backslash as it
    is: so only what the first would read otherwise is escaped.
    """
    return "'" + _ESCAPED.sub(r"\\\g<0>", text) + "'"


def _read_file(path: Path, limit: int) -> bytes:
    """Return a file, or one byte more than `limit` of a larger one."""
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise TetraEsError(f"cannot read {path}: {error.strerror}") from error

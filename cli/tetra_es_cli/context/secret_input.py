"""A secret's value on its way in: from standard input, a hidden prompt or a file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tetra_es.errors import UsageError
from tetra_es_cli.context.hidden import ask_hidden
from tetra_es_cli.output.redaction import redact

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es_cli.context.app import App


def read_value(app: App, key: str, file: Path | None) -> bytes:
    """Return a value from a file, byte for byte, from a hidden prompt or from standard input.

    Of a single line from standard input the line's end is dropped: `echo` adds one.
    """
    from tetra_es.usecases.secrets.dotenv import MAX_SIZE, check_size, read_bytes

    if file is not None:
        value = read_bytes(file, MAX_SIZE)
    elif sys.stdin.isatty():
        if app.no_input:
            raise UsageError("no value given", hint="pipe it in, or use --from-file")
        value = ask_hidden(redact(f"Value of {key}")).encode()
    else:
        value = sys.stdin.buffer.read(MAX_SIZE + 2)
        if value.count(b"\n") == 1 and value.endswith(b"\n"):
            value = value[:-1].removesuffix(b"\r")
    check_size(key, value)
    return value

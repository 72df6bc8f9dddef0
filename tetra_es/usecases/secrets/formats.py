"""Secrets in the formats that other programs read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError
from tetra_es.release.env_file import assignment

if TYPE_CHECKING:
    from collections.abc import Mapping

_ESCAPED = re.compile(r"\\(?=[\\']|\Z)|'")

FORMATS = ("dotenv", "json", "systemd", "shell")


def formatted(values: Mapping[str, bytes], form: str) -> bytes:
    """Return values in one of `FORMATS`. Raises `TetraEsError` for what the format cannot hold."""
    if form in ("systemd", "shell"):
        prefix = "export " if form == "shell" else ""
        return "".join(prefix + assignment(key, values[key]) for key in sorted(values)).encode()
    texts = {key: as_text(key, value) for key, value in sorted(values.items())}
    if form == "json":
        import json

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
            hint=f"`tetra-es secret get ENV {key}` prints it; "
            "`tetra-es run --files ENV COMMAND` gives COMMAND a file with it",
        ) from None
    return text


def _dotenv_quoted(text: str) -> str:
    r"""Return a value in single quotes, in which readers agree on most.

    python-dotenv takes `\\` and `\'` for one character there, others take every backslash as it
    is: so only what the first would read otherwise is escaped.
    """
    return "'" + _ESCAPED.sub(r"\\\g<0>", text) + "'"

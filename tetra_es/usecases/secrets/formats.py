"""Secrets in the formats that other programs read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tetra_es.errors import Refused, TetraEsError
from tetra_es.release.env_file import assignment
from tetra_es.usecases.secrets.env_quoting import READERS, in_the_way, quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_ESCAPED = re.compile(r"\\(?=[\\']|\Z)|'")

FORMATS = ("dotenv", "json", "systemd", "shell")


def formatted(
    values: Mapping[str, bytes], form: str, readers: Collection[str] = READERS, of: str = "ENV"
) -> bytes:
    """Return values in one of `FORMATS`; `readers` are those of a dotenv file.

    `of` is the environment, for hints. Raises `TetraEsError` for what the format cannot hold.
    """
    if form in ("systemd", "shell"):
        prefix = "export " if form == "shell" else ""
        return "".join(prefix + assignment(key, values[key]) for key in sorted(values)).encode()
    texts = {key: as_text(key, value, of) for key, value in sorted(values.items())}
    if form == "json":
        import json

        return (json.dumps(texts, indent=2, ensure_ascii=False) + "\n").encode()
    return _dotenv(texts, [one for one in READERS if one in readers], of)


def for_editing(values: Mapping[str, bytes], of: str) -> bytes:
    r"""Return values as `read_dotenv` takes them, in single quotes, in which most is as it is.

    Raises `TetraEsError` for one that is not text.
    """
    texts = {key: as_text(key, value, of) for key, value in sorted(values.items())}
    escaped = ((key, _ESCAPED.sub(r"\\\g<0>", text)) for key, text in texts.items())
    return "".join(f"{key}='{text}'\n" for key, text in escaped).encode()


def as_text(key: str, value: bytes, of: str) -> str:
    """Return a value of an environment as text.

    Raises `TetraEsError` for one that no variable can hold.
    """
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise TetraEsError(
            f"{key} is binary and cannot be a variable",
            hint=f"`tetra-es secret get {of} {key}` prints it; "
            f"`tetra-es run --files {of} COMMAND` gives COMMAND a file with it",
        ) from None
    return text


def _dotenv(texts: Mapping[str, str], readers: Collection[str], of: str) -> bytes:
    lines, unlike = [], dict[str, list[str]]()
    for key, text in texts.items():
        value = quoted(key, text, readers)
        if value is None:
            for reader in in_the_way(key, text, readers):
                unlike.setdefault(reader, []).append(key)
        lines.append(f"{key}={value}\n")
    if unlike:
        raise _refused(unlike, readers, of)
    return "".join(lines).encode()


def _refused(unlike: Mapping[str, list[str]], readers: Collection[str], of: str) -> Refused:
    """Return the error that says which reader would read which keys otherwise than the others."""
    (first, keys), *more = unlike.items()
    others = " than the others" if len(readers) > 1 else ""
    told = f"{first} would read {_and(keys)} otherwise{others}"
    told += "".join(f", {reader} {_and(keys)}" for reader, keys in more)
    left = [reader for reader in readers if reader not in unlike]
    hint = f"`tetra-es secret export {of} --format json` holds every value"
    if left:
        options = " ".join(f"--for {reader}" for reader in left)
        hint = f"say who will read them: `tetra-es secret export {of} {options}`"
    return Refused(f"{told}, in any quotes", hint=hint)


def _and(keys: list[str]) -> str:
    return keys[0] if len(keys) == 1 else f"{', '.join(keys[:-1])} and {keys[-1]}"

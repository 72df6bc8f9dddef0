"""Asking a program of a person whether a state is good."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tetra_es.errors import TetraEsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FILE_VARIABLE: Final = "TETRA_ES_STATE"
"""Names a file with the state's TOML; it is on standard input, too."""
REF_VARIABLE: Final = "TETRA_ES_REF"
"""Has what the state is called, such as `dev@3`."""

_SKIP: Final = 125
_HIGHEST: Final = 127


def is_good(command: Sequence[str], name: str, ref: str, text: str) -> bool | None:
    """Return what a program says of a state: 0 for good, 125 for no answer, 1 to 127 for bad.

    `name` is that of the file that it may read. What it prints goes to standard error. Raises
    `TetraEsError` where it cannot be started, or ends otherwise.
    """
    with tempfile.TemporaryDirectory(prefix="tetra-es-bisect-") as folder:
        file = Path(folder, name)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
            new.write(text.encode())
        code = _run(command, file, {FILE_VARIABLE: str(file), REF_VARIABLE: ref})
    if not 0 <= code <= _HIGHEST:
        ended = f"signal {-code}" if code < 0 else f"exit code {code}"
        raise TetraEsError(
            f"{command[0]} ended with {ended} for {ref}: nothing was found out",
            hint="0 says that a state is good, 125 that it cannot be told, 1 to 127 that it is bad",
        )
    return None if code == _SKIP else code == 0


def _run(command: Sequence[str], file: Path, more: Mapping[str, str]) -> int:
    sys.stderr.flush()
    try:
        with file.open("rb") as text:
            done = subprocess.run(
                command, stdin=text, stdout=sys.stderr, env={**os.environ, **more}, check=False
            )
    except OSError as error:
        raise TetraEsError(
            f"cannot run {command[0]}: {error.strerror}", hint="check its name and PATH"
        ) from None
    return done.returncode

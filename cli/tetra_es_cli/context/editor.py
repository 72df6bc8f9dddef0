"""Opening a file in the person's editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.errors import TetraEsError

if TYPE_CHECKING:
    from pathlib import Path


def open_editor(path: Path, hint: str | None = None) -> None:
    """Open a file in $VISUAL or $EDITOR and wait. Raises `TetraEsError` where that failed."""
    try:
        click.edit(filename=str(path))
    except click.ClickException as error:
        editor = error.format_message().partition(": Editing failed")[0]
        cause = error.__cause__
        raise TetraEsError(
            f"cannot start the editor {editor}: {cause.strerror}; nothing was recorded"
            if isinstance(cause, OSError)
            else f"the editor {editor} failed; nothing was recorded",
            hint=hint,
        ) from error

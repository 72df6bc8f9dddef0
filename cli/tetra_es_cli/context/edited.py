"""Reading the files that people edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError

if TYPE_CHECKING:
    from tetra_es.layout import OrgLayout
    from tetra_es.usecases.edit import Target


def read_edited(layout: OrgLayout, target: Target) -> str:
    """Return the text of an edited file. Raises `TetraEsError` when it is not UTF-8."""
    try:
        # newline="" keeps CR LF: the text is recorded byte for byte.
        with layout.file(target.path).open(encoding="utf-8", newline="") as file:
            return file.read()
    except UnicodeDecodeError as error:
        raise TetraEsError(
            f"{target.path} is not UTF-8: byte {error.start} is 0x{error.object[error.start]:02x}",
            hint="TOML is UTF-8: save the file in that encoding",
        ) from error
    except OSError as error:
        raise TetraEsError(f"cannot read {target.path}: {error.strerror}") from error

"""Files that somebody changed with an editor, and that are not recorded yet."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import Refused, TetraEsError
from tetra_es.usecases.config.edit import recorded_document
from tetra_es.usecases.config.source_file import (
    MANIFEST,
    SourceFile,
    check_size,
    size_allowed,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.toml.document import ConfigDocument
    from tetra_es.usecases.config.edit import EmptiedError
    from tetra_es.usecases.ports import WorkingFiles
    from tetra_es.usecases.unit_of_work import UnitOfWork


class HandEdit(NamedTuple):
    """An edited file whose content is not the recorded one."""

    file: SourceFile
    missing: bool
    allowed: int
    """Bytes that it may have."""


def pending(work: UnitOfWork, files: WorkingFiles) -> list[HandEdit]:
    """Return the hand edits that are not recorded yet.

    The manifest comes first: it says which environments there are.
    """

    def edit(path: str, *, missing: bool) -> HandEdit:
        file = SourceFile.of_path(path)
        return HandEdit(file, missing, size_allowed(recorded_document(work, file)))

    found = [edit(one.path, missing=one.missing) for one in files.changed_by_hand()]
    found += [
        edit(path, missing=False)
        for path in files.unknown_profiles()
        if SourceFile.of_path(path).environment in work.organization().manifest.environments
    ]
    return sorted(found, key=lambda one: (one.file != MANIFEST, one.file.path))


def read_edit(files: WorkingFiles, edit: HandEdit) -> ConfigDocument:
    """Return an edited file as it is.

    Raises `TetraEsError` where it is gone, not UTF-8 or too large.
    """
    if edit.missing:
        raise TetraEsError(
            f"{edit.file.path} is missing",
            hint="`tetra-es rebuild` puts the recorded content back",
        )
    return check_size(edit.file.document(files.read(edit.file.path)), edit.allowed)


def what_is_wrong(files: WorkingFiles, edit: HandEdit) -> str | None:
    """Return why an edited file is not TOML, with the line; None where it is."""
    try:
        read_edit(files, edit).values  # noqa: B018 - reads it
    except TetraEsError as error:
        return error.message
    return None


def emptied_by_hand(error: EmptiedError, place: Path, file: SourceFile) -> Refused:
    """Return the error for a file whose keys somebody removed all, with both ways on."""
    return Refused(
        f"{file.path} has no keys: {error.lost}",
        hint=f"`tetra-es show {file} > {shlex.quote(str(place))}` brings the recorded text back, "
        "`tetra-es record --allow-empty` records it as it is",
    )

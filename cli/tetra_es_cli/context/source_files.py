"""Naming one of the files that people edit: local, manifest, or profile ENV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import UsageError
from tetra_es.names import check_environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.usecases.config.source_file import SourceFile

_WHERE = "WHERE is local, manifest, or profile followed by ENV."


def split_source_file(words: Sequence[str]) -> tuple[SourceFile, list[str]]:
    """Return the edited file that the first words name, and the words after it."""
    from tetra_es.usecases.config.source_file import MANIFEST, SOURCE, profile_of

    if not words:
        raise UsageError("nothing to work on", hint=_WHERE)
    first, *rest = words
    if first.removeprefix("@") == SOURCE.kind:
        return SOURCE, rest
    if first == MANIFEST.kind:
        return MANIFEST, rest
    if first == "profile":
        if not rest:
            raise UsageError("which environment's profile?", hint=_WHERE)
        return profile_of(check_environment(rest[0])), rest[1:]
    raise UsageError(f"{first} is not a file that is edited", hint=_WHERE)

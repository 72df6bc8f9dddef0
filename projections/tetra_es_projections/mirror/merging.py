"""Merging three texts, by git: it alone knows how, and people know what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tetra_es_projections.mirror.failures import NoRoom

if TYPE_CHECKING:
    from tetra_es.toml.merge import Side
    from tetra_es_projections.mirror.git import Git

_PREFERENCES: Final = {"mine": ("--ours",), "theirs": ("--theirs",), None: ()}


def merge_texts(
    git: Git, base: str, mine: str, theirs: str, *, prefer: Side | None = None
) -> str | None:
    """Return what two changes of a text come to, None where they are in each other's way.

    With `prefer`, one of the two is taken there. Raises `TetraEsError`.
    """
    from tetra_es_projections.mirror.temporary import folder_for  # few commands merge

    names = ("mine", "base", "theirs")
    try:
        with folder_for("merge") as folder:
            for name, text in zip(names, (mine, base, theirs), strict=True):
                (folder / name).write_bytes(text.encode())
            merged = git.merge_file(folder, *_PREFERENCES[prefer], *names)
    except OSError as error:
        raise NoRoom(error) from error
    return None if merged is None else merged.decode()

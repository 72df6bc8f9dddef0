"""Files in the organization's folder that have a value, and that no projection looks after."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.disk.atomic import sync_folder
from tetra_es.disk.regular_files import read
from tetra_es.errors import TetraEsError
from tetra_es.layout import ENVIRONMENTS, KEPT, MANIFEST, PROFILES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tetra_es.layout import OrgLayout
    from tetra_es.usecases.purging.needle import Needle

_FOLDERS = (ENVIRONMENTS, PROFILES)

_KEPT_ASIDE = ".kept-"
"""In the name of a generated file that was changed by hand and is kept as it was."""


class Leftovers(NamedTuple):
    """Files that have the value."""

    aside: list[Path]
    """Those that tetra-es set aside, or that a killed command left: they go too."""
    in_place: list[Path]
    """Edited and generated files with changes that are not recorded: for the person to change."""


def leftovers(layout: OrgLayout, needle: Needle) -> Leftovers:
    """Return the files of an organization's folder that have a value; not store and mirror."""
    found = Leftovers([], [])
    for path, is_aside in _files(layout):
        data = read(path)
        if data is not None and needle.is_in_bytes(data):
            (found.aside if is_aside else found.in_place).append(path)
    return found


def remove(paths: Iterable[Path]) -> None:
    """Remove files. Raises `TetraEsError`."""
    for path in paths:
        try:
            path.unlink(missing_ok=True)
            sync_folder(path.parent)
        except OSError as error:
            raise TetraEsError(f"cannot remove {path}: {error.strerror}") from error


def _files(layout: OrgLayout) -> Iterator[tuple[Path, bool]]:
    """Yield the files where texts may be, and whether each was only set aside."""
    root = layout.root
    found = [root.glob(f"*{MANIFEST}*"), *((root / name).rglob("*") for name in _FOLDERS)]
    for path in _regular(chain.from_iterable(found)):
        yield path, _KEPT_ASIDE in path.name or path.name.startswith(".")
    for top in (layout.root / KEPT).glob("*"):
        if not (top / "objects").is_dir():  # an old mirror, whose objects are compressed
            yield from ((path, True) for path in _regular([top, *top.rglob("*")]))


def _regular(paths: Iterable[Path]) -> Iterator[Path]:
    return (path for path in paths if path.is_file() and not path.is_symlink())

"""Older copies of a store beside it, which an upgrade, a restore or a repair left there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import TetraEsError
from tetra_es.store.copies import open_stored

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from tetra_es.layout import OrgLayout


class OlderCopy(NamedTuple):
    """A file that still has what was purged since."""

    file: str
    purged: int | None
    """How many bodies; None where it cannot be read, and may have any."""


def with_purged(layout: OrgLayout, digests: Collection[bytes]) -> Iterator[OlderCopy]:
    """Yield the older copies of an organization's store that have bodies which were purged."""
    for path in layout.older_stores() if digests else ():
        for file in [path / layout.store.name] if path.is_dir() else [path]:
            if not file.is_file():
                continue
            count = _count(file, digests)
            if count != 0:
                yield OlderCopy(str(file), count)


def _count(file: Path, digests: Collection[bytes]) -> int | None:
    try:
        with open_stored(file, apart=True) as log:
            return sum(log.body(digest) is not None for digest in digests)
    except TetraEsError:
        return None

"""What an auditor should look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tetra_es_projections.queries.findings import findings as found_in
from tetra_es_projections.queries.findings import some_findings as some_in

if TYPE_CHECKING:
    from collections.abc import Collection

    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader


_ALL: Final = 2**62
"""More than there can be."""


def findings(
    reader: Reader, kinds: Collection[str] = (), ref: Ref | None = None
) -> list[dict[str, Any]]:
    """Return all findings, now or as of a REF; of some kinds alone where they are given."""
    return [row._asdict() for row in found_in(reader, kinds, ref)]


def some_findings(
    reader: Reader,
    kinds: Collection[str] = (),
    ref: Ref | None = None,
    limit: int | None = None,
    skipped: int = 0,
) -> tuple[list[dict[str, Any]], bool]:
    """Return so many findings after the first ones, and whether there are more; reads no others."""
    if limit is None and not skipped:
        return findings(reader, kinds, ref), False
    found = some_in(reader, kinds, ref, skipped=skipped, limit=limit or _ALL)
    return [row._asdict() for row in found.rows], found.more

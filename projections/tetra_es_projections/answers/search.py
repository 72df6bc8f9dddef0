"""Where a text is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es_projections.queries.search import search as found_in

if TYPE_CHECKING:
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.search import Search


def search(reader: Reader, wanted: Search) -> list[dict[str, Any]]:
    """Return the places of a text, the newest event first."""
    return [row._asdict() for row in found_in(reader, wanted)]

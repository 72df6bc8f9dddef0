"""What an auditor should look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es_projections.queries.findings import findings as found_in

if TYPE_CHECKING:
    from collections.abc import Collection

    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader


def findings(
    reader: Reader, kinds: Collection[str] = (), ref: Ref | None = None
) -> list[dict[str, Any]]:
    """Return all findings, now or as of a REF; of some kinds alone where they are given."""
    return [row._asdict() for row in found_in(reader, kinds, ref)]

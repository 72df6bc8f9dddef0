"""Who may sign, and who takes part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader


def signers(reader: Reader, ref: Ref | None = None) -> list[dict[str, Any]]:
    """Return who may sign."""
    from tetra_es_projections.queries.signers import signer_rows

    return [row._asdict() for row in signer_rows(reader, ref)]


def members(reader: Reader) -> list[dict[str, Any]]:
    """Return who takes part."""
    from tetra_es_projections.queries.members import member_rows

    return [row._asdict() for row in member_rows(reader)]

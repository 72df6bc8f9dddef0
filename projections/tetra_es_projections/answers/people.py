"""Who may sign, who takes part, and who could read what."""

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


def exposure(reader: Reader, whom: str, ref: Ref | None = None) -> list[dict[str, Any]]:
    """Return which secret versions somebody, or everybody in an environment, could read."""
    from tetra_es_projections.queries.exposure import exposure as exposure_of

    return [vars(row) for row in exposure_of(reader, whom, ref)]

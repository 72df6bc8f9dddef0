"""What differs between two states, by key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es_projections.answers.changes import change_rows

if TYPE_CHECKING:
    from tetra_es_projections.queries.differences import Difference


def difference_value(found: Difference) -> list[dict[str, Any]]:
    """Return what differs as rows of key, before and after; secrets by name and version."""
    return change_rows([*found.keys, *found.secrets])

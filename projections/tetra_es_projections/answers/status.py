"""How an organization stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es_projections.queries.status import OrganizationStatus


def status_value(
    found: OrganizationStatus, shared: Mapping[str, Any] | None = None, unsent: int = 0
) -> dict[str, Any]:
    """Return how an organization stands; where it is shared, and what waits, is handed in."""
    unreadable = [
        {"path": file.path, "problem": file.problem, "remedy": file.remedy}
        for file in found.unreadable
    ]
    return {
        **vars(found),
        "unreadable": unreadable,
        "environments": [row._asdict() for row in found.environments],
        "removed": [row._asdict() for row in found.removed],
        "servers": [row._asdict() for row in found.servers],
        "left_out": [row._asdict() for row in found.left_out],
        "shared": shared,
        "unsent": unsent,
    }

"""The events that are asked for, as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es_projections.queries.history import history_rows

if TYPE_CHECKING:
    from tetra_es_projections.queries.history import HistoryQuery
    from tetra_es_projections.queries.reader import Reader


def history(reader: Reader, query: HistoryQuery) -> list[dict[str, Any]]:
    """Return the events that a query asks for; with `steps`, deployments have theirs."""
    rows = [row._asdict() for row in history_rows(reader, query)]
    if not query.steps:
        return rows
    from tetra_es_projections.queries.history_steps import with_steps  # few ask for them

    return list(with_steps(reader, rows))

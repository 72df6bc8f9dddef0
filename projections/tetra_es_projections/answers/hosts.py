"""What runs on hosts, or ran there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es_projections.queries.hosts import hosts_at, moment_of_ref, on_host

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader


def hosts(reader: Reader, host: str | None = None, ref: Ref | None = None) -> list[dict[str, Any]]:
    """Return what runs where, or ran there at a REF; with `host`, on that one by any of its names.

    Raises `UsageError` where nothing was deployed to that one.
    """
    rows = hosts_at(reader, moment_of_ref(reader, ref))
    return [row._asdict() for row in on_host(rows, host)]

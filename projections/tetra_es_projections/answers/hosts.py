"""What runs on hosts, or ran there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es.errors import UsageError
from tetra_es_projections.queries.hosts import hosts_at, moment_of_ref

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader


def hosts(reader: Reader, host: str | None = None, ref: Ref | None = None) -> list[dict[str, Any]]:
    """Return what runs where, or ran there at a REF; with `host`, on that one by any of its names.

    Raises `UsageError` where nothing was deployed to that one.
    """
    found = hosts_at(reader, moment_of_ref(reader, ref))
    rows = [row for row in found if host is None or host in row.names]
    if host is not None and not rows:
        names = sorted({name for row in found for name in row.names})
        listed = f"the hosts are {', '.join(names)}" if names else "nothing was deployed then"
        raise UsageError(f"nothing was deployed to {host}", hint=listed)
    return [row._asdict() for row in rows]

"""Where the present values come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError
from tetra_es_projections.queries.environments import require_environment

if TYPE_CHECKING:
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.key_table import BlameRow


def blame_rows(reader: Reader, environment: str, key: str | None = None) -> list[BlameRow]:
    """Return, for each key of an environment, its value and the event that gave it.

    With `key`, only that key and those below it. Secrets are `secret NAME`, with their version
    for a value. Raises `UsageError` for an unknown environment, `TetraEsError` for an unknown key.
    """
    require_environment(reader, environment)
    rows = reader.views.keys.blame(environment, key)
    for row in reader.views.keys.blame(f"secrets {environment}"):
        named = row._replace(key=f"secret {row.key}")
        if key is None or key in (row.key, named.key):
            rows.append(named)
    if key is not None and not rows:
        raise TetraEsError(
            f"{environment} has no key {key}", hint=f"`tetra-es blame {environment}` lists its keys"
        )
    return rows

"""Whole states: the TOML of an environment or of another file, and its secrets by version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es_projections.queries.refs import position_of
from tetra_es_projections.queries.secrets import secrets_at
from tetra_es_projections.queries.states import text_at

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader


def state(reader: Reader, file: str, ref: Ref | None = None) -> dict[str, Any]:
    """Return the state of an environment, of `manifest` or of `profile ENV` at a REF, or now.

    Raises `UsageError` for an unknown environment, `TetraEsError` where it had no state there.
    """
    text = text_at(reader, file, ref)
    upto = None if ref is None else position_of(reader.views, ref, file)
    found = reader.views.revisions_of(file).find(file, upto)
    row = reader.views.events.find(found.position) if found else None
    edited = file == "manifest" or file.startswith("profile ")
    present = {} if edited else secrets_at(reader, file, ref)
    return {
        "file": file,
        "revision": found and found.revision,
        "event": found and found.position,
        "time": row and row.time,
        "actor": row and row.actor,
        "reason": row and row.reason,
        "text": text,
        "secrets": [{"key": key, "version": present[key]} for key in sorted(present)],
    }

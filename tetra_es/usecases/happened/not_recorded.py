"""What happened on a host could not be recorded."""

from __future__ import annotations

from tetra_es.errors import TetraEsError


class NotRecorded(TetraEsError):
    """What happened on a host could not be recorded; it waits."""

    def __init__(self, error: TetraEsError, *, waits: bool) -> None:
        hint = (
            "it waits in the state folder; the next command that records, of a signer who may "
            "deploy there, records it"
        )
        super().__init__(error.message, hint=hint if waits else error.hint)

"""Opening the events of an organization for reading, whichever edition keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.gate.replica import AdmittedReplica
from tetra_es.log.sqlite.opening import FirstEdition

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.admission import Admission
    from tetra_es.log.replica import Replica


def open_replica(path: Path, admission: Admission) -> Replica:
    """Open the events in the file at `path`, for reading.

    Raises `Unfounded` where there is no file or an empty one, and as the gate does where something
    else is here than was admitted on this account.
    """
    try:
        return AdmittedReplica(path, admission)
    except FirstEdition:
        from tetra_es.store.log import EventLog

        return EventLog(path)

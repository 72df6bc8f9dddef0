"""Finishing a purge that was cut short between its event and the destruction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.gate.replica import AdmittedReplica

if TYPE_CHECKING:
    from tetra_es.log.replica import Replica


def finish_purges(log: Replica) -> None:
    """Destroy bodies that are still there, though valid events say that they are destroyed."""
    if not isinstance(log, AdmittedReplica) or not log.last_position():
        return
    left = log.log.stored(log.opened.gate.state.purged)
    if left:
        # Which few readers need.
        from tetra_es.gate.opening import forget_texts
        from tetra_es.log.sqlite.engine import AppendableSqliteLog

        forget_texts(log.opened)

        with AppendableSqliteLog(log.path) as writing:
            writing.purge(left)

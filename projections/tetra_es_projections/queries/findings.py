"""What an auditor should look at: by kind, each with the event or the host that it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es_projections.queries import event_findings, host_findings, secret_findings
from tetra_es_projections.queries.finding import Finding
from tetra_es_projections.queries.hosts import moment_of_ref

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.host_table import Moment

__all__ = ["KINDS", "Finding", "findings"]


def findings(reader: Reader, kinds: Collection[str] = (), ref: Ref | None = None) -> list[Finding]:
    """Return all findings of an organization, now or as of a REF.

    With `kinds`, those of some kinds alone.
    """
    moment = moment_of_ref(reader, ref)
    wanted = [kind for kind in KINDS if not kinds or kind in kinds]
    return [finding for kind in wanted for finding in KINDS[kind](reader, moment)]


KINDS: Mapping[str, Callable[[Reader, Moment], Iterator[Finding]]] = {
    "void": event_findings.void,
    "backdated": event_findings.backdated,
    # Changes that went around an approval belong here, once there are approvals.
    "out-of-order": event_findings.out_of_order,
    "exception": event_findings.exceptions,
    "compromised": secret_findings.compromised,
    "to-rotate": secret_findings.to_rotate,
    "drift": host_findings.drift,
    "behind": host_findings.behind,
    "unverified": host_findings.unverified,
    "without-reason": event_findings.without_reason,
}
"""Kind to what looks for it, the gravest first."""

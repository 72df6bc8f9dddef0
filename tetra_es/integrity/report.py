"""What verifying a store found."""

from __future__ import annotations

from dataclasses import dataclass, field

from tetra_es.log import chain


@dataclass
class StoreReport:
    """What was checked, and the findings."""

    events: int = 0
    bodies: int = 0
    """Age files, and from rules 1 on texts, changes and rules."""
    snapshots: int = 0
    head: bytes = chain.GENESIS
    """Hash of the last event."""
    findings: list[str] = field(default_factory=list)
    """One sentence each, the first bad event first."""
    hint: str = ""
    """What to do about them, where that is known."""
    is_void: bool = False
    """Whether it is an event of the first edition that was found, which its signer recorded and
    which changes nothing after an upgrade."""
    void: list[tuple[int, str]] = field(default_factory=list)
    """Position and reason of the events that changed nothing."""

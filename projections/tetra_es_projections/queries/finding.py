"""What a finding says."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """Something to look at."""

    kind: str
    environment: str | None
    event: int | None
    """Position of the event that it is about."""
    subject: str
    """A key, a host, or what the event did."""
    what: str

"""What stands in the way of a deployment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """Why the deployment would fail, and what to do about it."""

    what: str
    hint: str

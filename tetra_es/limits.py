"""Limits that more than one place must agree on."""

from __future__ import annotations

from typing import Final

CLOCK_SKEW: Final = 300
"""Seconds that two clocks may differ before that is said, or refused."""

GIT: Final = (2, 28)
"""The oldest git that can make the mirror: `git init --initial-branch`."""

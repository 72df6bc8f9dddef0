"""Limits that more than one place must agree on."""

from __future__ import annotations

from typing import Final

CLOCK_SKEW: Final = 300
"""Seconds that two clocks may differ before that is said, or refused."""

GIT: Final = (2, 28)
"""The oldest git that can make the mirror: `git init --initial-branch`."""

TEXT_SIZE: Final = 2**20
"""Bytes of a file that is recorded. No rule of the gate: what is recorded already stays valid."""

STATE_SIZE: Final = 64 * 2**20
"""Bytes of an event's state. Those of the first edition hold whole texts."""

BODY_SIZE: Final = 64 * 2**20
"""Bytes of a body before compression."""

SIGNATURE_SIZE: Final = 16 * 2**10
"""Bytes of a signature: a key of RSA has some 2 KiB."""

NAME_SIZE: Final = 512
"""Characters of a stream's name, or of a topic."""

MOST_AT_A_TIME = 64
"""Hosts that are deployed to at the same time, or before all others."""

LONGEST_PAUSE = 3600
"""Seconds between two batches of hosts."""

"""How long a database is waited for."""

from __future__ import annotations

from typing import Final

SILENCE: Final = 60.0
"""Seconds without a byte after which a server is not waited for any more."""

SILENCE_INTERRUPTED: Final = 3.0
"""The same for a command that was interrupted, and asks what became of its events."""

STATEMENT: Final = 50.0
"""Seconds that a statement may take: less than a client waits, so that the answer is known."""

CONNECTING: Final = 10.0
"""Seconds that reaching one server may take."""

"""How much is measured: in full, or just enough to see that everything runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Numbers of rounds and events."""

    rounds: int
    """Measurements of each side of a comparison that is quick."""
    slow_rounds: int
    """Measurements of each side of a comparison that takes seconds."""
    appends: int
    """Events appended in one measurement."""
    rebuilt: int
    """Events that are rebuilt."""
    queried: int
    """Events that are searched."""
    secrets: int
    """Secrets that are encrypted again."""
    secret_events: int
    """Events about secrets that there were before one is read or set."""
    kept: int
    """Events of which the files are measured."""
    verified: int
    """Events that are verified, and commits that git verifies."""
    single: int
    """More of them, each recorded by a command."""


FULL = Sizes(
    rounds=15,
    slow_rounds=7,
    appends=200,
    rebuilt=20_000,
    queried=100_000,
    secrets=1_000,
    secret_events=10_000,
    kept=5_000,
    verified=2_000,
    single=300,
)
QUICK = Sizes(
    rounds=3,
    slow_rounds=1,
    appends=50,
    rebuilt=500,
    queried=2_000,
    secrets=50,
    secret_events=200,
    kept=200,
    verified=50,
    single=10,
)

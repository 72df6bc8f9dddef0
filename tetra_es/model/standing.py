"""How what a host has stands to what its environment is now."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Standing(NamedTuple):
    """How what a host has stands to the present state of its environment."""

    running: str
    """Such as `dev@7`."""
    configured: str | None
    """Such as `dev@9`."""
    behind: int
    """Revisions since what it has."""
    older: Sequence[tuple[str, int, int | None]]
    """Secrets that have another version by now: key, the version there, the one that is recorded,
    None where the secret was removed."""
    left_out: str | None
    """What other hosts of the environment were given since, None where there is no such."""

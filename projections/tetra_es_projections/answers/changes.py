"""Changes by key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def change_rows(changes: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    """Return changes by key: key, before and after."""
    return [{"key": key, "before": before, "after": after} for key, before, after in changes]

"""What a purge event names: bodies that it lets a log destroy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tetra_es.log import canonical

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

TOPICS: Final = ("secret.purged", "bodies.purged")
"""Their states list `digests`, in hexadecimal."""


def unnamed(digests: Collection[bytes], states: Iterable[bytes]) -> set[bytes]:
    """Return which of the digests no state of a purge event names."""
    left = set(digests)
    for state in states:
        if not left:
            break
        left -= _named(state)
    return left


def _named(state: bytes) -> set[bytes]:
    """Return the digests of a state; none of one that does not have its form."""
    try:
        return {bytes.fromhex(digest) for digest in canonical.decode(state)["digests"]}
    except (ValueError, KeyError, TypeError):
        return set()

"""Sentences for answers that a purge took something of."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tetra_es.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tetra_es_projections.queries.reader import Reader

_SHOWN = 3


def check_is_known(reader: Reader, file: str, key: str | None, upto: int | None) -> None:
    """Raise `Refused` where it is not known whether a file had a key after an event.

    Or, without `key`, which keys it had.
    """
    if not reader.views.keys.is_known(file, key, upto):
        listed = f"`tetra-es history {file} --changes` lists the events"
        had = f"which keys {file} had" if key is None else f"whether {file} had {key}"
        if key is not None and reader.views.events.items_at(key):
            name = shlex.quote(key)
            listed = f"`tetra-es history {file} --key {name}` lists what may have changed it"
        raise Refused(
            f"it is not known {had} there: {purges_of(reader, file)}",
            hint=listed,
        )


def purges_of(reader: Reader, file: str | None = None) -> str:
    """Return that purges took away what events changed, of one file or of all; "" for none."""
    return _said(reader.views.purged.events(file))


def purges_among(reader: Reader, files: Iterable[str]) -> str:
    """Return the same of some files."""
    return _said([row for file in files for row in reader.views.purged.events(file)])


def _said(found: Sequence[tuple[int, int]]) -> str:
    if not found:
        return ""
    count = "what one event changed" if len(found) == 1 else f"what {len(found)} events changed"
    return f"{count} was purged by {among(sorted({purge for _, purge in found}))}"


def among(events: Sequence[int], word: str = "and") -> str:
    """Return events as people list them, such as `#35 or #39`, not more than a few."""
    shown = [f"#{event}" for event in events]
    if len(shown) > _SHOWN + 1:
        shown = [*shown[:_SHOWN], f"{len(shown) - _SHOWN} more"]
    *first, last = shown
    return f"{', '.join(first)} {word} {last}" if first else last

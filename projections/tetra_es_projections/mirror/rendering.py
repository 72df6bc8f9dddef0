"""Picks the renderer of an event: by its rules, its verdict and the format number that it carries.

Old renderers stay for ever: a rebuild must give the commits that were made first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tetra_es.errors import IntegrityFailure
from tetra_es.log.naming import FIRST_EDITION, rules_and_state
from tetra_es_projections.descriptions import unknown_format
from tetra_es_projections.mirror import format1, format2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tetra_es.log.record import Record
    from tetra_es_projections.mirror.commit import Commit
    from tetra_es_projections.tree import TreeProjector

_STEP: Final = 100
"""Events between two reports of progress."""


def render(record: Record, content: TreeProjector) -> Commit:
    """Return the commit of `record`; `content` is that before it and takes the event in.

    Raises `TetraEsError` when the format is of a newer version, `IntegrityFailure` when the
    event holds what no version can have written.
    """
    try:
        return _renderer(record, content)(record, content)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise IntegrityFailure(
            f"event #{record.position} ({record.topic}) cannot be mirrored: {error}",
            hint="run `tetra-es verify` to find out what was changed",
        ) from error


def _renderer(record: Record, content: TreeProjector) -> Callable[[Record, TreeProjector], Commit]:
    rules, state = rules_and_state(record)
    if content.is_void(record.position):
        return format2.render
    if rules == FIRST_EDITION:
        number = record.event.metadata.get("format", "")
        known = number == format1.NUMBER
        render_it = format1.render
    else:
        number = state["metadata"]["format"]
        known = number in (format1.NUMBER, format2.NUMBER)
        render_it = format2.render
    if not known:
        raise unknown_format(number)
    return render_it


def render_all(
    records: Iterable[Record], content: TreeProjector, progress: Callable[[int], None] | None
) -> Iterator[Commit]:
    """Yield the commit of each record, and tell `progress` how far that is."""
    position = None
    for number, record in enumerate(records, start=1):
        commit = render(record, content)
        position = record.position
        yield commit
        if progress and not number % _STEP:
            progress(position)
    if progress and position is not None:
        progress(position)

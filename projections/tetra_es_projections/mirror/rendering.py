"""Picks the renderer of an event by the format number that it carries.

Old renderers stay for ever: a rebuild must give the commits that were made first.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from tetra_es.errors import IntegrityFailure
from tetra_es_projections.descriptions import unknown_format
from tetra_es_projections.mirror import format1

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tetra_es.log.record import Record
    from tetra_es_projections.mirror.commit import Commit
    from tetra_es_projections.tree import TreeProjector

_FEW: Final = 20
"""Up to so many commits the files that they change are put one by one."""

_STEP: Final = 100
"""Events between two reports of progress."""


def render(record: Record, content: TreeProjector) -> Commit:
    """Return the commit of `record`; `content` is that before it and takes the event in.

    Raises `TetraEsError` when the format is of a newer version, `IntegrityFailure` when the
    event holds what no version can have written.
    """
    number = record.event.metadata.get("format", "")
    if number != format1.NUMBER:
        raise unknown_format(number)
    try:
        return format1.render(record, content)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise IntegrityFailure(
            f"event #{record.position} ({record.topic}) cannot be mirrored: {error}",
            hint="run `tetra-es verify` to find out what was changed",
        ) from error


class Rendering:
    """Makes commits of records, and keeps what the work tree needs while these are few."""

    def __init__(self, content: TreeProjector, progress: Callable[[int], None] | None) -> None:
        self.files: dict[str, bytes | None] | None = {}
        """Newest content of the changed files; None when there are too many."""
        self._content = content
        self._progress = progress

    def commits(self, first: Record, others: Iterable[Record]) -> Iterator[Commit]:
        """Yield the commit of each record."""
        position = 0
        for count, record in enumerate(chain((first,), others), start=1):
            commit = render(record, self._content)
            if count > _FEW:
                self.files = None
            elif self.files is not None:
                self.files |= commit.files
            position = record.position
            yield commit
            if self._progress and not count % _STEP:
                self._progress(position)
        if self._progress:
            self._progress(position)

"""Picks the renderer of an event by the format number that it carries.

Old renderers stay for ever: a rebuild must give the commits that were made first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import IntegrityFailure
from tetra_es_projections.mirror import format1
from tetra_es_projections.summaries import unknown_format

if TYPE_CHECKING:
    from tetra_es.store.record import Record
    from tetra_es_projections.content import Content
    from tetra_es_projections.mirror.commit import Commit


def render(record: Record, content: Content) -> Commit:
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

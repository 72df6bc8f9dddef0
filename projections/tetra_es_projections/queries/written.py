"""Values of events and states as people wrote them; what is recorded is canonical."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.event_table import EventRow
    from tetra_es_projections.queries.tables.key_table import ChangeRow

_KEPT = 32
"""Texts that are kept: neighbours in a history are asked for twice."""


_FIRST = frozenset("+-0123456789in")
"""How the literals begin that can be written in several ways on one line, strings aside."""


def as_written(literal: str | None) -> str | None:
    """Return how a literal was written, as far as it remembers."""
    return getattr(literal, "written", literal)


class Texts:
    """The texts that events left."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._texts: dict[int, str | None] = {}

    def of(self, row: EventRow, change: ChangeRow) -> tuple[str | None, str | None]:
        """Return the values that an event took from a key and gave it, which remember how they
        were written."""
        file, before = _file_of(row), None
        if file is None:
            return change.before, change.after
        if change.before is not None and change.before[:1] in _FIRST:
            state = self._reader.views.revisions_of(file).find(file, row.event - 1)
            before = state.position if state else None
        return (
            self.remembering(before, change.key, change.before),
            self.remembering(row.event, change.key, change.after),
        )

    def remembering(self, position: int | None, key: str, literal: str | None) -> str | None:
        """Return a value that a key had after an event, which remembers how it was written."""
        if position is None or literal is None or literal[:1] not in _FIRST:
            return literal
        from tetra_es.toml.written import written_in  # few values are asked for it

        text = self._text(position)
        return literal if text is None else written_in(text, key, literal)

    def _text(self, position: int) -> str | None:
        if position not in self._texts:
            if len(self._texts) >= _KEPT:
                self._texts.pop(next(iter(self._texts)))
            self._texts[position] = self._read(position)
        return self._texts[position]

    def _read(self, position: int) -> str | None:
        from tetra_es.log.replica import Purged

        try:
            return self._reader.log.state_text(position)
        except Purged:
            return None


def _file_of(row: EventRow) -> str | None:
    """Return the file whose text an event has, as views call it; None for other events."""
    kind = row.type.partition(".")[0]
    if kind in ("manifest", "organization"):
        return "manifest"
    if kind == "profile":
        return f"profile {row.environment}"
    return row.environment if kind == "environment" else None

"""Values of events and states as people wrote them; what is recorded is canonical."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tetra_es.toml.document import ConfigDocument
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.event_table import EventRow
    from tetra_es_projections.queries.tables.key_table import BlameRow, ChangeRow, KeyEventRow

AT_ONCE = 1_000_000
"""Characters of texts that are read for one page at the most."""

_KEPT = 32
"""Texts that are kept: neighbours in a history are asked for twice."""

_BY_LINE = 8
"""Values of a text that are looked for by line; to read it as a whole takes as long as more."""

_FIRST = frozenset("+-0123456789in")
"""How the literals begin that can be written in several ways on one line, strings aside."""


def as_written(literal: str | None) -> str | None:
    """Return how a literal was written, as far as it remembers."""
    return getattr(literal, "written", literal)


class Texts:
    """The texts that events left."""

    def __init__(self, reader: Reader, room: int | None = None) -> None:
        """Take how many characters may be read, before values are left as they are recorded."""
        self._reader = reader
        self._room = room
        self._texts: dict[int, _Text | None] = {}

    def given(self, row: BlameRow, file: str, upto: int | None = None) -> BlameRow:
        """Return a key of a file, as it is or was after an event, with a value that remembers how
        it was written."""
        position = row.event
        if position is None:  # it is not known which event gave it
            state = self._reader.views.revisions_of(file).find(file, upto)
            position = state.position if state else None
        return row._replace(value=self.remembering(position, row.key, row.value))

    def changed(self, row: KeyEventRow) -> KeyEventRow:
        """Return a row of a history by key with values that remember how they were written."""
        from tetra_es_projections.queries.tables.key_table import ChangeRow

        if row.key is None:
            return row
        before, after = self.of(row, ChangeRow(row.event, row.key, row.before, row.after))
        return row._replace(before=before, after=after)

    def of(self, row: EventRow | KeyEventRow, change: ChangeRow) -> tuple[str | None, str | None]:
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
        text = self._text(position)
        return literal if text is None else text.remembering(key, literal)

    def _text(self, position: int) -> _Text | None:
        if position not in self._texts:
            if self._room is not None and self._room <= 0:
                return None
            if len(self._texts) >= _KEPT:
                self._texts.pop(next(iter(self._texts)))
            self._texts[position] = self._read(position)
        return self._texts[position]

    def _read(self, position: int) -> _Text | None:
        from tetra_es.log.replica import Purged

        try:
            text = self._reader.log.state_text(position)
        except Purged:
            return None
        if text is not None and self._room is not None:
            self._room -= len(text)
        return None if text is None else _Text(text)


class _Text:
    """A text that values are looked for in: first by line, of many values as a whole."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._asked = 0

    def remembering(self, key: str, literal: str) -> str:
        """Return the value of a key, which remembers how the text has it."""
        from tetra_es.toml.written import remembering, written_in  # few values are asked for it

        self._asked += 1
        if self._asked > _BY_LINE:
            return remembering(self._document, key, literal)
        return written_in(self._text, key, literal, lambda: self._document)

    @cached_property
    def _document(self) -> ConfigDocument:
        from tetra_es.toml.document import ConfigDocument

        return ConfigDocument("", self._text)


def _file_of(row: EventRow | KeyEventRow) -> str | None:
    """Return the file whose text an event has, as views call it; None for other events."""
    kind = row.type.partition(".")[0]
    if kind in ("manifest", "organization"):
        return "manifest"
    if kind == "profile":
        return f"profile {row.environment}"
    return row.environment if kind == "environment" else None

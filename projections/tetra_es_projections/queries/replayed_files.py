"""Files as they would be had one event not been recorded: what differs from the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.layout import text_file
from tetra_es.log.replica import Purged
from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.edit.bringing_back import bring_back
from tetra_es.toml.keys import format_key, parse_key
from tetra_es.toml.merge import leaves_of, merge_leaves
from tetra_es.toml.redact import printable, redact_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.toml.keys import KeyPath
    from tetra_es.toml.merge import Conflict, Leaves
    from tetra_es_projections.queries.reader import Reader

DO_NOT_FIT: Final = "its changes do not fit: they are left out"
_WIDTH: Final = 60
"""Characters of a value in a doubt."""


class Doubt(NamedTuple):
    """Something that a replay cannot know, or had to choose."""

    event: int
    """The event that was done again."""
    key: str | None
    what: str


class Outcome(NamedTuple):
    """What a file would have after an event."""

    document: ConfigDocument | None
    doubts: list[Doubt]


class Files:
    """The texts of all revisions, as recorded and as they would be."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._others: dict[tuple[str, int], ConfigDocument | None] = {}

    def recorded(self, file: str, revision: int) -> ConfigDocument | None:
        """Return what a revision had; None for none. Raises `Purged` where it was destroyed."""
        if revision == 0:
            return ConfigDocument(text_file(file), "") if _is_edited(file) else None
        position = self._reader.views.revisions_of(file).position_of_revision(file, revision)
        text = None if position is None else self._reader.log.state_text(position)
        return None if text is None else ConfigDocument(text_file(file), text)

    def known(self, file: str, revision: int) -> ConfigDocument | None:
        """Return what a revision had; None where it was purged, too."""
        try:
            return self.recorded(file, revision)
        except Purged:
            return None

    def last_known(self, file: str, before: int, since: int) -> ConfigDocument | None:
        """Return the newest text before a revision that was not purged, from another one on."""
        revisions = range(before - 1, since - 1, -1)
        found = (self.known(file, each) for each in revisions)
        return next((each for each in found if each is not None), None)

    def replayed(self, file: str, revision: int) -> ConfigDocument | None:
        """Return what it would have. Raises as `recorded` does."""
        if (file, revision) in self._others:
            return self._others[file, revision]
        return self.recorded(file, revision)

    def differs(self, file: str, revision: int) -> bool:
        """Return whether a revision would have another text."""
        return (file, revision) in self._others

    def keep(self, file: str, revision: int, document: ConfigDocument | None) -> None:
        """Say what a revision would have."""
        self._others[file, revision] = document

    def put(self, file: str, revision: int, document: ConfigDocument | None) -> None:
        """Say the same; where the values are as recorded, so are comments and layout."""
        there = self.known(file, revision)
        if there is None or document is None or leaves_of(there) != leaves_of(document):
            self.keep(file, revision, document)


def edited_again(
    event: int, before: ConfigDocument, after: ConfigDocument, onto: ConfigDocument
) -> Outcome:
    """Return `onto` with the changes by key that made `after` of `before`, and what is in doubt."""
    old, new = leaves_of(before), leaves_of(after)
    there = leaves_of(onto)
    changed = [
        path
        for path in {**new, **old}
        if old.get(path) != new.get(path) and not _is_left_empty(path, new, there)
    ]
    clashes = merge_leaves(old, new, there, prefer="mine").conflicts
    found = bring_back(onto, after, changed, [format_key(path) for path in changed])
    doubts = [Doubt(event, format_key(clash.path), chosen(clash)) for clash in clashes]
    if found is None:
        return Outcome(onto, [*doubts, Doubt(event, None, DO_NOT_FIT)])
    return Outcome(found, doubts)


def brought_back(
    event: int, present: ConfigDocument | None, target: ConfigDocument | None, keys: Sequence[str]
) -> Outcome:
    """Return `present` with the values of `target` at some keys and below."""
    if present is None or target is None:
        return Outcome(present, [Doubt(event, None, "there would be nothing to bring back")])
    found = bring_back(present, target, [parse_key(key) for key in keys], keys)
    if found is None:
        what = "what it brought back does not fit: it is left out"
        return Outcome(present, [Doubt(event, None, what)])
    return Outcome(found, [])


def _is_left_empty(path: KeyPath, new: Leaves, there: Leaves) -> bool:
    """Return whether an edit emptied a table that is not there: none comes of it."""
    return new.get(path) == "{}" and not any(each[: len(path)] == path for each in there)


def chosen(clash: Conflict) -> str:
    """Return what was chosen where an edit was made on another value."""
    key = format_key(clash.path)
    was, would_be = (_shown(key, each) for each in (clash.base, clash.theirs))
    kept = "its removal" if clash.mine is None else _shown(key, clash.mine)
    return f"it was typed where {was} was; {would_be} would be there; {kept} is kept"


def _shown(key: str, literal: str | None) -> str:
    """Return a value on one line, not too long, and not where it may be a secret."""
    if literal is None:
        return "nothing"
    shown = printable(redact_line(f"{key} = {literal}").removeprefix(f"{key} = "))
    return shown if len(shown) <= _WIDTH else f"{shown[: _WIDTH - 1]}…"


def _is_edited(file: str) -> bool:
    return file == "manifest" or file.startswith("profile ")

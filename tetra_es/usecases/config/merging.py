"""Merging two changes of an edited file: the texts, checked by what the keys have to come to."""

from __future__ import annotations

import tomllib
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tetra_es.errors import TetraEsError
from tetra_es.lines import lines_of
from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.edit.editor import Editor
from tetra_es.toml.edit.replay import replay
from tetra_es.toml.merge import leaves_of, merge_leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.toml.merge import Conflict, Leaves, Side


class MergeTexts(Protocol):
    """Merges three texts line by line; see `ports.Projections`."""

    def __call__(
        self, base: str, mine: str, theirs: str, *, prefer: Side | None = None
    ) -> str | None:
        """Return what comes of them, None where they are in each other's way."""


class Three(NamedTuple):
    """A document, and what became of it on two sides. All are valid."""

    base: ConfigDocument
    mine: ConfigDocument
    theirs: ConfigDocument


class Clash(Exception):
    """Two changes are in each other's way."""

    def __init__(self, conflicts: list[Conflict]) -> None:
        super().__init__()
        self.conflicts = conflicts
        """The keys; none where it is lines that are the same place."""


def merge_documents(
    three: Three, merge_texts: MergeTexts, prefer: Side | None = None
) -> ConfigDocument:
    """Return what two changes come to: both, in the texts that people wrote.

    With `prefer`, one side is taken where they are in each other's way. Raises `Clash`.
    """
    base, mine, theirs = (leaves_of(each) for each in three)
    wanted, conflicts = merge_leaves(base, mine, theirs, prefer or "theirs")
    if prefer is None and conflicts:
        raise Clash(conflicts)
    for found in _attempts(three, merge_texts, wanted, prefer):
        if found is not None and _holds(found, wanted):
            return found
    raise Clash(conflicts)


def _attempts(
    three: Three, merge_texts: MergeTexts, wanted: Leaves, prefer: Side | None
) -> Iterator[ConfigDocument | None]:
    base, mine, theirs = three
    text = merge_texts(base.text, mine.text, theirs.text, prefer=prefer)
    merged = None if text is None else ConfigDocument(mine.path, text)
    yield merged
    if prefer is None:
        yield replay(base, mine, theirs)
        yield replay(base, theirs, mine)
        return
    for begin in (merged, mine if prefer == "mine" else theirs):
        yield _adjusted(begin, wanted)


def _holds(document: ConfigDocument, wanted: Leaves) -> bool:
    try:
        return leaves_of(document) == wanted
    except TetraEsError:
        return False


def _adjusted(document: ConfigDocument | None, wanted: Leaves) -> ConfigDocument | None:
    """Return a document with the values that are wanted; None where that cannot be."""
    if document is None:
        return None
    try:
        there, editor = leaves_of(document), Editor(document)
        for path in there.keys() - wanted.keys():
            editor.remove(path)
        for path, literal in wanted.items():
            if there.get(path) != literal:
                editor.set(path, tomllib.loads(f"value = {literal}")["value"])
        return editor.document()
    except (TetraEsError, KeyError):
        return None


def line_of_clash(three: Three) -> int:
    """Return the line, from 1, of the first place in `mine` that the other side changed too."""
    base, mine, theirs = (lines_of(each.text) for each in three)
    changed = [
        (first, last)
        for kind, first, last, _, _ in SequenceMatcher(None, base, theirs, False).get_opcodes()
        if kind != "equal"
    ]
    for kind, first, last, at, _ in SequenceMatcher(None, base, mine, False).get_opcodes():
        if kind != "equal" and any(first <= end and begin <= last for begin, end in changed):
            return at + 1
    return 1

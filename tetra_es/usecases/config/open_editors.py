"""Telling an editor that was open meanwhile from a change of mind.

Somebody opens a file, something else writes it, and then the editor saves: what was recorded in
between seems to be taken back. By its content alone that cannot be told from an edit that means to.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.lines import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping

    from tetra_es.gate.pins.bases import Base
    from tetra_es.toml.document import ConfigDocument
    from tetra_es.usecases.config.revisions import Revision

_LOOK_BACK: Final = 100
"""Revisions that an editor may have missed."""


class Older(NamedTuple):
    """A revision that a file may have been typed on, older than the one that it was written as."""

    revision: Revision
    missed: tuple[Revision, ...]
    """The later ones, of which the file has nothing; the newest first."""
    keys: tuple[str, ...]
    """Their keys that the file has as they were before; none where it is lines alone."""
    other_keys: int
    """How many other keys the file changes."""


def typed_on_older(
    mine: ConfigDocument,
    written: ConfigDocument,
    revisions: Iterable[Revision],
    text_of: Callable[[Revision], str | None],
    base: Base,
) -> Older | None:
    """Return the older revision that a file was most likely typed on, None for none.

    `revisions` begin with the one that the file was `written` as and go back. What a person saved
    there, as `base` tells, is known to the editor. Without keys, lines tell.
    """
    best: Older | None = None
    missed: list[Revision] = []
    before: dict[str, str | None] = {}
    came_in: set[str] = set()
    for revision, older in pairwise(islice(revisions, _LOOK_BACK + 1)):
        text = text_of(older)
        if revision.position <= base.typed or text is None or text_of(revision) is None:
            break
        before.update({key: value for key, value, _ in revision.changes})
        if revision.position not in base.merged:
            missed.append(revision)
            came_in.update(key for key, _, _ in revision.changes)
        changed = {key for key in came_in if before[key] != written.keys.get(key)}
        if changed:
            # An editor that was open has none of what came in; some of it was typed over.
            is_back = any(mine.keys.get(key) == before[key] for key in changed) and all(
                mine.keys.get(key) != written.keys.get(key) for key in changed
            )
        else:
            is_back = bool(missed) and _lines_are_back(mine.text, text, written.text)
        keys = tuple(sorted(key for key in changed if mine.keys.get(key) == before[key]))
        others = _others(mine.keys, written.keys, before, came_in)
        if is_back and (best is None or others < best.other_keys):
            best = Older(older, tuple(missed), keys, others)
    return best


def _lines_are_back(mine: str, before: str, written: str) -> bool:
    there, old, new = (Counter(lines_of(text)) for text in (mine, before, written))
    changed = [line for line in {*old, *new} if old[line] != new[line]]
    return bool(changed) and all(there[line] == old[line] for line in changed)


def _others(
    mine: Mapping[str, str],
    written: Mapping[str, str],
    before: Mapping[str, str | None],
    came_in: Container[str],
) -> int:
    """Return how many keys are neither as they were before, nor the person's own since."""
    return sum(
        mine.get(key) != before.get(key, written.get(key))
        and (key in came_in or mine.get(key) != written.get(key))
        for key in mine.keys() | written.keys() | before.keys()
    )

"""What comes of two changes of a document is right, or they are refused: nothing is mixed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from tests.documents import document
from tetra_es.toml.merge import leaves_of, merge_leaves
from tetra_es.usecases.config.merging import Clash, Three, line_of_clash, merge_documents
from tetra_es_projections.mirror.git import Git
from tetra_es_projections.mirror.merging import merge_texts

if TYPE_CHECKING:
    from tetra_es.toml.merge import Side

LINES = {
    "a": ["a = 1", "a = 2", "a = 1 # said"],
    "b": ["b = [1]", "b = [2]"],
    "#": ["# one", "# two", ""],
    "c": ["c = 1", "c = 3"],
}
TABLES = ["[t]\nd = 1", "[t]\nd = 2\ne = 1", "[[r]]\nn = 1", "[[r]]\nn = 1\n[[r]]\nn = 2"]


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Return a text: some of the lines, in some order, and then a table."""
    kinds = draw(st.lists(st.sampled_from(sorted(LINES)), unique=True))
    lines = [draw(st.sampled_from(LINES[kind])) for kind in kinds]
    lines += draw(st.lists(st.sampled_from(TABLES), max_size=1))
    return "".join(f"{line}\n" for line in lines)


def merged(base: str, mine: str, theirs: str, *, prefer: Side | None = None) -> str | None:
    return merge_texts(Git(), base, mine, theirs, prefer=prefer)


def comments(text: str) -> Counter[str]:
    return Counter(part.strip() for line in text.splitlines() for part in line.split("#")[1:])


@given(texts(), texts(), texts(), st.sampled_from([None, "mine", "theirs"]))
def test_the_values_are_right_and_no_comment_is_lost(
    base: str, mine: str, theirs: str, prefer: Side | None
) -> None:
    three = Three(document(base), document(mine), document(theirs))
    sides = (leaves_of(three.base), leaves_of(three.mine), leaves_of(three.theirs))
    wanted, conflicts = merge_leaves(*sides, prefer or "theirs")
    try:
        found = merge_documents(three, merged, prefer)
    except Clash as clash:
        told = clash.conflicts
    else:
        told = []
        assert leaves_of(found) == wanted
        if prefer is None:
            for side, other in ((mine, theirs), (theirs, mine)):
                added = comments(side) - comments(base)
                assert added <= comments(found.text) or added <= comments(other)
    assert prefer is not None or told == conflicts
    assert 1 <= line_of_clash(three) <= len(mine.splitlines()) + 1

"""Merging two changes of one document: by key, and doing one change again on the other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.documents import document
from tetra_es.toml.edit.replay import replay
from tetra_es.toml.merge import Conflict, Leaves, Side, leaves_of, merge_leaves

PATHS: st.SearchStrategy[tuple[str, ...]] = st.lists(
    st.sampled_from("abc"), min_size=1, max_size=3
).map(tuple)
LITERALS = st.sampled_from(["1", "2", '"x"', "[1]", "[{ a = 1 }]"])


def is_of_one_document(leaves: Leaves) -> bool:
    """Return whether no key is a value and a table."""
    return not any(path[:length] in leaves for path in leaves for length in range(1, len(path)))


LEAVES = st.dictionaries(PATHS, LITERALS, max_size=6).filter(is_of_one_document)
SIDES: st.SearchStrategy[Side] = st.sampled_from(["mine", "theirs"])


@given(LEAVES, LEAVES, LEAVES, SIDES)
def test_what_one_side_alone_changed_is_in_what_comes_of_it(
    base: Leaves,
    mine: Leaves,
    theirs: Leaves,
    prefer: Side,
) -> None:
    found, conflicts = merge_leaves(base, mine, theirs, prefer)
    assert is_of_one_document(found)
    disputed = {conflict.path for conflict in conflicts}
    preferred = mine if prefer == "mine" else theirs
    for path in {*base, *mine, *theirs}:
        sides = (base.get(path), mine.get(path), theirs.get(path))
        if any(path[: len(each)] == each or each[: len(path)] == path for each in disputed):
            assert found.get(path) in (preferred.get(path), None, *sides)
        elif sides[1] == sides[0]:
            assert found.get(path) == sides[2]
        else:
            assert found.get(path) == sides[1]
            assert sides[2] in (sides[0], sides[1])


@given(LEAVES, LEAVES, LEAVES)
def test_what_both_changed_to_something_else_is_a_conflict(
    base: Leaves,
    mine: Leaves,
    theirs: Leaves,
) -> None:
    _, conflicts = merge_leaves(base, mine, theirs)
    for path in {*base, *mine, *theirs}:
        if len({base.get(path), mine.get(path), theirs.get(path)}) == 3:
            wanted = Conflict(path, base.get(path), mine.get(path), theirs.get(path))
            assert wanted in conflicts
    if conflicts:
        assert base not in (mine, theirs)
        assert mine != theirs


@given(LEAVES, LEAVES)
def test_a_side_that_changed_nothing_changes_nothing(base: Leaves, other: Leaves) -> None:
    assert merge_leaves(base, base, other) == (other, [])
    assert merge_leaves(base, other, base) == (other, [])
    assert merge_leaves(base, other, other) == (other, [])


def merged(*texts: str, prefer: Side = "theirs") -> tuple[Leaves, list[Conflict]]:
    base, mine, theirs = (leaves_of(document(text)) for text in texts)
    return merge_leaves(base, mine, theirs, prefer)


def test_an_empty_table_is_a_value_until_something_is_in_it() -> None:
    found = merged("[a]\nx = 1\n", "[a]\n", "[a]\nx = 1\ny = 2\n")
    assert found == ({("a", "y"): "2"}, [])


@pytest.mark.parametrize(("side", "left"), [("mine", {("a",): "1"}), ("theirs", {("a", "x"): "1"})])
def test_a_value_where_the_other_side_has_made_a_table_is_a_conflict(
    side: Side, left: Leaves
) -> None:
    found = merged("", "a = 1\n", "[a]\nx = 1\n", prefer=side)
    assert found == (left, [Conflict(("a",), None, "1", "a table")])


def test_an_array_of_tables_is_one_value() -> None:
    text = "[[a]]\nn = 1\n[[a]]\nn = 2\n"
    _, conflicts = merged(text, "[[a]]\nn = 2\n", f"{text}more = true\n")
    assert [conflict.path for conflict in conflicts] == [("a",)]


BEFORE = "# top\n[a]\nx = 1 # one\ny = 2\n\n[b]\nz = 3\n"


@pytest.mark.parametrize(
    ("after", "onto", "wanted"),
    [
        (
            BEFORE.replace("x = 1 # one", "x   = 0x10 # ten and six"),
            BEFORE.replace("y = 2", "y = 7"),
            BEFORE.replace("x = 1 # one", "x   = 0x10 # ten and six").replace("y = 2", "y = 7"),
        ),
        (
            BEFORE.replace("y = 2\n", "y = 2\nnew = {a = [1,2]}\n"),
            BEFORE.replace("y = 2\n", "y = 2\nalso = 1\n"),
            BEFORE.replace("y = 2\n", "y = 2\nalso = 1\nnew = {a = [1,2]}\n"),
        ),
        (
            BEFORE.replace("y = 2\n", ""),
            BEFORE.replace("x = 1 # one", "x = 5 # five"),
            BEFORE.replace("y = 2\n", "").replace("x = 1 # one", "x = 5 # five"),
        ),
    ],
    ids=["value", "added", "removed"],
)
def test_a_change_of_keys_is_done_again_as_it_was_typed(after: str, onto: str, wanted: str) -> None:
    found = replay(document(BEFORE), document(after), document(onto))
    assert found is not None
    assert found.text == wanted


@pytest.mark.parametrize(
    "after",
    [
        BEFORE.replace("# top", "# another"),
        BEFORE.replace("x = 1 # one\ny = 2\n", "y = 2\nx = 1 # one\n"),
        f"{BEFORE}# end\n",
        BEFORE.replace("[b]\n", "[b]\n\n"),
        f"{BEFORE}[[c]]\nn = 1\n",
    ],
    ids=["comment", "order", "comment added", "blank line", "array of tables"],
)
def test_a_change_of_more_than_keys_is_not_done_again(after: str) -> None:
    assert replay(document(BEFORE), document(after), document(BEFORE + "[d]\nn = 1\n")) is None


def test_a_statement_that_is_another_one_there_is_left_to_people() -> None:
    commented = BEFORE.replace("y = 2", "y = 2 # two")
    changed = BEFORE.replace("y = 2", "y = 9")
    assert replay(document(BEFORE), document(changed), document(commented)) is None
    assert replay(document(BEFORE), document(commented), document(changed)) is None


TEXTS = st.dictionaries(st.sampled_from("abcde"), st.integers(0, 3), max_size=5).map(
    lambda values: "[t]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())
)


@given(TEXTS, TEXTS, TEXTS)
def test_what_is_done_again_is_what_merging_by_key_says(base: str, mine: str, theirs: str) -> None:
    sides = [document(each) for each in (base, mine, theirs)]
    wanted, conflicts = merged(base, mine, theirs)
    found = replay(*sides)
    if found is not None and not conflicts:
        # Where each side takes one key, the header stays, which `merge_documents` does not take.
        assert leaves_of(found) in (wanted, wanted or {("t",): "{}"})

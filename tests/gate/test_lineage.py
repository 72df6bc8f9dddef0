"""Copies of the states of an environment change by themselves, whatever they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tetra_es.gate.lineage import Lineage, StateAt

if TYPE_CHECKING:
    from collections.abc import Sequence


class Copies(RuleBasedStateMachine):
    """Each lineage beside a list that has the same."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[tuple[Lineage, list[StateAt]]] = [(Lineage(), [])]

    @rule(data=st.data(), revision=st.integers(1, 9), source=st.none() | st.integers(1, 9))
    def add(self, data: st.DataObject, revision: int, source: int | None) -> None:
        """Put one more behind one of them."""
        lineage, known = data.draw(st.sampled_from(self.all))
        position = known[-1].position + 1 if known else 1
        state = StateAt(revision, position, bytes([revision, len(known)]) * 16, source)
        lineage.add(state)
        known.append(state)
        self._compare()

    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        """Take one away again."""
        lineage, known = data.draw(st.sampled_from(self.all))
        if known:
            lineage.drop()
            known.pop()
        self._compare()

    @precondition(lambda self: len(self.all) < 5)
    @rule(data=st.data(), packed=st.booleans())
    def copy(self, data: st.DataObject, *, packed: bool) -> None:
        """Copy one of them."""
        lineage, known = data.draw(st.sampled_from(self.all))
        copy = Lineage.unpacked(*lineage.packed()) if packed else lineage.copy()
        self.all.append((copy, [*known]))
        self._compare()

    def _compare(self) -> None:
        for lineage, known in self.all:
            assert len(lineage) == len(known)
            assert lineage.newest == (known[-1] if known else None)
            assert lineage.revision == (known[-1].revision if known else 0)
            for number, state in enumerate(known):
                before = known[number - 1] if number else None
                assert lineage.around(state.position) == (before, state)
            for revision in range(1, 10):
                assert lineage.find(revision) == self._newest(known, revision)
            assert lineage.around(len(known) + 10) == (None, None)

    def _newest(self, known: Sequence[StateAt], revision: int) -> StateAt | None:
        having = [state for state in known if state.revision == revision]
        return having[-1] if having else None


TestCopies = Copies.TestCase

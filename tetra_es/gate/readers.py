"""Which events need a body to be judged: what a purge event has to list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.gate.entry import Entry
from tetra_es.gate.rules import RULE_SETS
from tetra_es.gate.state import State
from tetra_es.gate.verdicts import Kind

if TYPE_CHECKING:
    from collections.abc import Collection

    from tetra_es.gate.bodies import Source


def readers_of(source: Source, known: State, digests: Collection[bytes]) -> dict[int, str]:
    """Return position and verdict of each event up to now that needs one of some bodies.

    It needs those that it names, and those that it is compared with, such as the text before. All
    events are gone through again with the verdicts that are known: no body is looked at, so that
    it makes no difference which of them are gone already.
    """
    wanted, found, state = set(digests), dict[int, str](), State()
    upto = known.head.position
    for record in source.records(0, upto) if upto else ():
        entry = Entry(record, state.head)
        rules = RULE_SETS[entry.rules]
        valid = record.position not in known.void
        if not wanted.isdisjoint(rules.needs(entry, state)):
            found[record.position] = str(Kind.VALID if valid else Kind.VOID)
        if valid:
            rules.apply(entry, state)
        state.set(head=record.head)
    return found

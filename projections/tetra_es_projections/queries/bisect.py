"""Which event made an environment go wrong: halving the states between a good and a bad one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import TetraEsError, UsageError
from tetra_es.log.replica import Purged
from tetra_es.refs import PositionRef
from tetra_es_projections.queries.environments import require_environment
from tetra_es_projections.queries.refs import position_of
from tetra_es_projections.queries.states import text_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.state_table import StateRow


class Suspects(NamedTuple):
    """What a bisection has come to."""

    good: int
    """The newest state that is known to be good, by its place."""
    bad: Sequence[int]
    """The first bad state; several where those before the last of them could not be judged."""


class Bisection:
    """Finds the first bad state of several, of which the first is good and the last is bad.

    Ask `next` which one to look at, and tell what it is, until it is None.
    """

    def __init__(self, count: int) -> None:
        self._good, self._bad = 0, count - 1
        self._skipped: set[int] = set()

    def next(self) -> int | None:
        """Return the place of the state to look at; None where no other can be."""
        open_ones = [each for each in self._between() if each not in self._skipped]
        middle = (self._good + self._bad) // 2
        return min(open_ones, key=lambda each: (abs(each - middle), each), default=None)

    def tell(self, place: int, *, good: bool | None) -> None:
        """Say whether the state there is good; None where it cannot be told."""
        if good is None:
            self._skipped.add(place)
        elif good:
            self._good = place
        else:
            self._bad = place

    def suspects(self) -> Suspects:
        """Return what is known by now."""
        return Suspects(self._good, [*self._between(), self._bad])

    def _between(self) -> range:
        return range(self._good + 1, self._bad)


def states_between(
    reader: Reader, environment: str, good: Ref | None, bad: Ref | None
) -> list[StateRow]:
    """Return the states of an environment from a good to a bad one, the oldest first.

    Without a REF they are its first and its newest. Raises `UsageError` where the good one is not
    older, `TetraEsError` where there is none.
    """
    require_environment(reader, environment)
    states = reader.views.states.revisions(environment)[::-1]
    if not states:
        raise TetraEsError(
            f"{environment} has no state yet", hint=f"`tetra-es promote {environment}` generates it"
        )
    first = _place(reader, states, environment, good) if good else 0
    last = _place(reader, states, environment, bad) if bad else len(states) - 1
    if first >= last:
        one, other = (f"{environment}@{states[each].revision}" for each in (first, last))
        raise UsageError(
            f"the good state is {one} and the bad one {other}: it has to be older",
            hint=f"`tetra-es history {environment}` lists the states",
        )
    return states[first : last + 1]


def text_of(reader: Reader, state: StateRow) -> str | None:
    """Return the TOML of a state, None where it was purged."""
    try:
        return text_at(reader, state.environment, PositionRef(state.position))
    except Purged:
        return None


def _place(reader: Reader, states: Sequence[StateRow], environment: str, ref: Ref) -> int:
    """Return which of the states a REF names."""
    position = position_of(reader.views, ref, environment)
    found = [place for place, state in enumerate(states) if state.position <= position]
    if not found:
        raise TetraEsError(
            f"{environment} had no state yet at #{position}",
            hint=f"`tetra-es history {environment}` lists its states",
        )
    return found[-1]

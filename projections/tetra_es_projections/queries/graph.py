"""The history as lanes, one for each environment; promotions and rollbacks are edges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tetra_es_projections.queries.environments import known_environments
from tetra_es_projections.queries.history import history_rows
from tetra_es_projections.queries.tables.event_table import EventRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tetra_es_projections.queries.history import HistoryQuery
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.key_table import KeyEventRow

ORGANIZATION: Final = "org"
"""The lane of events that concern no environment, or all."""

_PROMOTED: Final = "environment.promoted"
_ROLLED_BACK: Final = "environment.rolled_back"


class Node(NamedTuple):
    """An event in its lane. Lanes are numbered from the left."""

    row: EventRow
    lane: int
    source: int | None
    """The lane that was promoted from."""
    passing: frozenset[int]
    """The other lanes that go on beside it."""
    below: frozenset[int]
    """The lanes that go on below it."""
    back: int | None = None
    """The position of the state in its lane that a rollback went back to."""


class Graph(NamedTuple):
    """Events, newest first."""

    lanes: Sequence[str]
    """The name of each."""
    nodes: Sequence[Node]


def history_graph(reader: Reader, query: HistoryQuery) -> Graph:
    """Return the events that a query asks for, as a graph. Raises as `history_rows` does."""
    rows = list(_each_once(history_rows(reader, query)))
    told = {
        row.event: _state(reader, row.event)
        for row in rows
        if row.type in (_PROMOTED, _ROLLED_BACK) and reader.views.events.void(row.event) is None
    }
    sources = {at: str(state["via"]) for at, state in told.items() if "via" in state}
    backs = {at: int(state["to_position"]) for at, state in told.items() if "to_position" in state}
    shown = {row.environment or ORGANIZATION for row in rows} | set(sources.values())
    first = {name: reader.views.events.first_of(name) or 1 for name in shown - {ORGANIZATION}}
    names = [ORGANIZATION, *known_environments(reader)]
    order = [*names, *sorted(shown - set(names))]
    return lay_out(rows, sources, [name for name in order if name in shown], first, backs)


def lay_out(
    rows: Sequence[EventRow],
    sources: Mapping[int, str],
    lanes: Sequence[str],
    first: Mapping[str, int],
    backs: Mapping[int, int] | None = None,
) -> Graph:
    """Return events, newest first, in their lanes.

    `sources` has the environment that each promotion was taken from, by position, `first` the
    position of the oldest event of each environment: there its lane ends. A lane begins with its
    newest event, or with the promotion that was taken from it. `backs` has what each rollback went
    back to.
    """
    number = {name: place for place, name in enumerate(lanes)}
    ends = [first.get(name, 1) for name in lanes]
    open_ones: set[int] = set()
    nodes = []
    for row in rows:
        lane = number[row.environment or ORGANIZATION]
        passing = frozenset(each for each in open_ones - {lane} if ends[each] <= row.event)
        via = sources.get(row.event)
        source = None if via is None or number[via] == lane else number[via]
        open_ones = {each for each in (*passing, lane) if ends[each] < row.event}
        if source is not None:
            open_ones.add(source)
        nodes.append(
            Node(row, lane, source, passing, frozenset(open_ones), (backs or {}).get(row.event))
        )
    return Graph(lanes, nodes)


def _each_once(rows: Sequence[EventRow | KeyEventRow]) -> Iterator[EventRow]:
    """Yield the events of rows, of which those by key have several for one event."""
    last = None
    for row in rows:
        if row.event != last:
            yield EventRow._make(getattr(row, name) for name in EventRow._fields)
        last = row.event


def _state(reader: Reader, position: int) -> dict[str, Any]:
    """Return what an event holds."""
    from tetra_es.log import canonical

    record = reader.log.record(position)
    return canonical.decode(record.state) if record else {}

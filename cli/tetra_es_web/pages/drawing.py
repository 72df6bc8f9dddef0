"""The lanes beside the events of a timeline: an SVG for each row, as high as its text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from tetra_es_projections.queries.written import AT_ONCE, Texts
from tetra_es_web.pages.parts import name_weight, weight
from tetra_es_web.pages.rendering import lane

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es_projections.queries.graph import Graph, Node
    from tetra_es_projections.queries.tables.event_table import EventRow
    from tetra_es_projections.queries.tables.key_table import ChangeRow
    from tetra_es_web.pages.view import View

STEP = 18
LEFT = 20
DOT = 20
"""How far down the dot is, beside the first line of text."""
TURN = 50
"""How far down an edge has reached the other lane; no row is lower."""
LANES = 12
"""How many are drawn beside each other: with more, an edge in its colour says whose event it is."""
CHANGES = 8
"""Changed keys of an event that a list of events shows."""
ASIDE = 7
"""How far beside its lane a rollback goes down."""


@dataclass(frozen=True)
class Row:
    """An event in a timeline."""

    event: int
    environment: str | None
    summary: str
    reason: str
    actor: str
    time: str
    void: bool
    purged: int | None
    """The event that purged what it changed, or its text."""
    lost: Sequence[str]
    """Which of the two that purged."""
    changes: Sequence[ChangeRow]
    """The first of them."""
    more: int
    """How many there are beside them."""
    drawing: Markup

    @property
    def weight(self) -> int:
        """How many bytes of a page it takes, about."""
        texts = [text for one in self.changes for text in (one.before, one.after)]
        names = sum(name_weight(one.key) for one in self.changes)
        said = weight(self.summary, self.reason, most=300) + weight(*texts, most=200)
        return 550 + len(self.drawing) + names + said


def rows_of(view: View, graph: Graph, key: str | None = None) -> list[Row]:
    """Return the events of a graph, each with what is drawn beside it.

    With `key`, the changes of that and of what is below it alone.
    """
    colours = [lane(view, name) for name in graph.lanes]
    events, texts = view.reader.views.events, Texts(view.reader, AT_ONCE)
    found = []
    above: frozenset[int] = frozenset()
    backs: dict[int, set[int]] = {}
    for node in graph.nodes:
        row = node.row
        few = len(colours) <= LANES
        drawn = Markup("").join(_drawn(node, above, backs, colours) if few else ())
        changes = events.changes(row.event, key=key and key.removeprefix("secret "))
        found.append(
            Row(
                *(row.event, row.environment, row.summary, row.reason, row.actor, row.time),
                void=events.void(row.event) is not None,
                purged=row.purged,
                lost=view.reader.views.purged.kinds(row.event) if row.purged else (),
                changes=[_as_typed(texts, row, one) for one in changes[:CHANGES]],
                more=len(changes[CHANGES:]),
                drawing=drawn,
            )
        )
        above = node.below
    return found


def _as_typed(texts: Texts, row: EventRow, change: ChangeRow) -> ChangeRow:
    before, after = texts.of(row, change)
    return change._replace(before=before, after=after)


def _drawn(
    node: Node, above: frozenset[int], backs: dict[int, set[int]], colours: Sequence[int]
) -> Iterator[Markup]:
    """Yield what stands beside one event; `backs` has what rollbacks above are on the way to."""
    for other in sorted(node.passing):
        yield _line(colours[other], _x(other), "0", "100%")
    own, x = colours[node.lane], _x(node.lane)
    if node.lane in above:
        yield _line(own, x, "0", DOT)
    if node.lane in node.below:
        yield _line(own, x, DOT, "100%")
    if node.source is not None:
        yield from _edge(x, _x(node.source), colours[node.source])
    yield from _backs(node, backs, colours)
    dot = "end" if node.source is not None or node.back else None
    yield _tag("circle", own, cx=x, cy=DOT, r=5, more=dot)


def _edge(from_x: int, to_x: int, colour: int) -> Iterator[Markup]:
    """Yield the way of a promotion to the lane that it was taken from."""
    middle = (DOT + TURN) // 2
    way = f"M{from_x} {DOT}C{from_x} {middle + 4} {to_x} {middle - 4} {to_x} {TURN}"
    yield _tag("path", colour, d=way, more="edge")
    yield _line(colour, to_x, TURN, "100%", "edge")


def _backs(node: Node, backs: dict[int, set[int]], colours: Sequence[int]) -> Iterator[Markup]:
    """Yield the ways of rollbacks, which go down beside their lane to what they went back to."""
    position = node.row.event
    for other, targets in backs.items():
        x, colour = _x(other) + ASIDE, colours[other]
        arrived = {one for one in targets if one >= position}
        targets.difference_update(arrived)
        if arrived and other == node.lane:
            yield _line(colour, x, "0", DOT - 7, "back")
            yield _tag("path", colour, d=f"M{x} {DOT - 7}Q{x} {DOT} {x - 2} {DOT}", more="back")
        if targets:
            yield _line(colour, x, "0", "100%", "back")
    if node.back is not None and node.back < position:
        x, colour = _x(node.lane) + ASIDE, colours[node.lane]
        yield _tag("path", colour, d=f"M{x - 2} {DOT}Q{x} {DOT} {x} {DOT + 7}", more="back")
        yield _line(colour, x, DOT + 7, "100%", "back")
        backs.setdefault(node.lane, set()).add(node.back)


def _line(colour: int, x: int, y1: Any, y2: Any, more: str | None = None) -> Markup:
    return _tag("line", colour, x1=x, x2=x, y1=y1, y2=y2, more=more)


def _tag(name: str, colour: int, *, more: str | None = None, **attributes: Any) -> Markup:
    kind = f"l{colour} {more}" if more else f"l{colour}"
    said = Markup("").join(Markup(' {}="{}"').format(*pair) for pair in attributes.items())
    return Markup('<{} class="{}"{}/>').format(Markup(name), kind, said)  # noqa: S704 - our own words


def _x(lane: int) -> int:
    return LEFT + STEP * lane

"""The history as a picture: SVG of our own, light and dark, the same for the same history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from tetra_es.text import one_line
from tetra_es_cli.output.graph import told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es_projections.queries.graph import Graph, Node

LANE: Final = 24
ROW: Final = 24
MARGIN: Final = 16
_HEAD: Final = 3 * ROW
_NAMES: Final = 4
"""How many names of lanes stand one below the other."""
_DOT: Final = 5
_CHARACTER: Final = 7.9
"""How wide a character is at the most, in the fonts below."""
_COLOURS: Final = 6
_ASIDE: Final = 7
"""How far beside its lane a rollback goes down to what it went back to."""

_STYLE: Final = """\
  text { fill: #1f2733; font: 13px ui-monospace, Menlo, Consolas, monospace; white-space: pre; }
  .paper { fill: #ffffff; }
  .lane, .edge { fill: none; stroke-width: 2; }
  .edge { stroke-dasharray: 5 3; }
  .back { fill: none; stroke-width: 2; stroke-dasharray: 2 3; }
  .name { font-weight: bold; }
  .c0 { stroke: #57606a; } .c1 { stroke: #1a6fb5; } .c2 { stroke: #2a7f3b; }
  .c3 { stroke: #9a6700; } .c4 { stroke: #b3352d; } .c5 { stroke: #7a3fb0; }
  .dot { fill: #ffffff; stroke-width: 2.5; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e4e9f0; }
    .paper, .dot { fill: #14181f; }
    .c0 { stroke: #9aa4b1; } .c1 { stroke: #6cb6f5; } .c2 { stroke: #6fd184; }
    .c3 { stroke: #e3b341; } .c4 { stroke: #ff8278; } .c5 { stroke: #c297ff; }
  }
"""


def picture(graph: Graph, organization: str) -> str:
    """Return the SVG of a graph."""
    texts = list(_texts(graph))
    left = 2 * MARGIN + LANE * len(graph.lanes)
    names = "  ".join(graph.lanes)
    widest = max(map(len, [names, *texts]), default=0)
    width = left + round(widest * _CHARACTER) + MARGIN
    height = _HEAD + ROW * len(graph.nodes) + MARGIN
    return "".join(f"{line}\n" for line in _lines(graph, organization, texts, (width, height)))


def _texts(graph: Graph) -> Iterator[str]:
    """Yield what is said of each event: number and actor are as wide as the widest."""
    rows = [(f"#{node.row.event}", one_line(node.row.actor), told(node)) for node in graph.nodes]
    numbers, actors = (max((len(row[at]) for row in rows), default=0) for at in (0, 1))
    for number, actor, more in rows:
        yield f"{number:{numbers}}  {actor:{actors}}  {more}"


def _lines(
    graph: Graph, organization: str, texts: list[str], size: tuple[int, int]
) -> Iterator[str]:
    width, height = size
    title = _text(f"History of {organization}")
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="{title}" '
        'xml:space="preserve">'
    )
    yield f"<title>{title}</title>"
    yield f"<style>\n{_STYLE}</style>"
    yield f'<rect class="paper" width="{width}" height="{height}"/>'
    for lane, name in enumerate(graph.lanes):
        # One below the other, so that no two names meet.
        yield (
            f'<text class="name" x="{_x(lane) - _DOT}" y="{MARGIN + lane % _NAMES * 16}">'
            f"{_text(name)}</text>"
        )
    places = {node.row.event: place for place, node in enumerate(graph.nodes)}
    for place, node in enumerate(graph.nodes):
        yield from _drawn(node, place)
        if node.back is not None:
            yield _back(node, place, places.get(node.back, len(graph.nodes)))
    left = 2 * MARGIN + LANE * len(graph.lanes)
    for place, node in enumerate(graph.nodes):
        x, y = _x(node.lane), _y(place)
        yield f'<circle class="dot {_colour(node.lane)}" cx="{x}" cy="{y}" r="{_DOT}"/>'
        yield f'<text x="{left}" y="{y + 4}">{_text(texts[place])}</text>'
    yield "</svg>"


def _drawn(node: Node, place: int) -> Iterator[str]:
    """Yield the lines from an event's row to the next one."""
    y, down = _y(place), _y(place + 1)
    for lane in sorted(node.below):
        if lane in node.passing or lane == node.lane:
            yield f'<path class="lane {_colour(lane)}" d="M{_x(lane)} {y}V{down}"/>'
    if node.source is not None:
        from_x, to_x, middle = _x(node.lane), _x(node.source), (y + down) // 2
        yield (
            f'<path class="edge {_colour(node.source)}" '
            f'd="M{from_x} {y}C{from_x} {middle} {to_x} {middle} {to_x} {down}"/>'
        )


def _back(node: Node, place: int, to: int) -> str:
    """Return the way of a rollback, beside its lane, to what it went back to or the end."""
    x, y, down = _x(node.lane), _y(place), _y(to)
    aside = x + _ASIDE
    return (
        f'<path class="back {_colour(node.lane)}" '
        f'd="M{x} {y}Q{aside} {y} {aside} {y + _ASIDE}V{down - _ASIDE}Q{aside} {down} {x} {down}"/>'
    )


def _x(lane: int) -> int:
    return MARGIN + LANE // 2 + LANE * lane


def _y(place: int) -> int:
    return _HEAD + ROW // 2 + ROW * place


def _colour(lane: int) -> str:
    return f"c{lane % _COLOURS}"


def _text(text: str) -> str:
    """Return text as XML has it: what XML cannot have is escaped as on a terminal."""
    return escape(one_line(text), {'"': "&quot;"})

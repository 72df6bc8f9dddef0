"""Two states beside each other."""

from __future__ import annotations

from itertools import combinations, islice, pairwise
from typing import TYPE_CHECKING

from tetra_es.refs import TimeRef, ref_text
from tetra_es_projections.queries.differences import difference
from tetra_es_web.links import address
from tetra_es_web.pages.event import Line, diff_lines
from tetra_es_web.pages.parts import name_weight, part_of, weight
from tetra_es_web.pages.rendering import render
from tetra_es_web.pages.view import command, number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from tetra_es_web.pages.view import View


_FEW = 6
_PAIRS = 40


def compare(view: View, _: str, given: Mapping[str, str]) -> str:
    """Return what differs between two states; a form where they are not named yet."""
    before, after = given.get("a", "").strip(), given.get("b", "").strip()
    named = before and after
    found = difference(view.reader, before, after, zone=view.zone) if named else None
    rows: list[Any] = [*found.keys, *found.secrets] if found else []
    lines = list(diff_lines(*(one.text for one in found.documents))) if found else []
    part = part_of([*rows, *lines], number(given, "part"), _weigh)
    fixed = {"a": _fixed(view, before), "b": _fixed(view, after)}
    return render(
        "compare.html",
        view,
        title=f"{before} and {after}" if found else "Compare two states",
        here=address("compare", **fixed, part=given.get("part")),
        json=view.links.json("diff", **fixed) if found else None,
        command=command("diff", *fixed["a"].split(), *fixed["b"].split()) if found else "",
        asked=(("a", before), ("b", after)),
        before=before,
        after=after,
        found=found,
        pairs=_pairs(view.promoted),
        part=part,
        rows=[one for one in part.items if not isinstance(one, Line)],
        lines=[one for one in part.items if isinstance(one, Line)],
    )


def _pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    """Return what is offered: each two of few environments, neighbours where there are many."""
    found = combinations(names, 2) if len(names) <= _FEW else pairwise(names)
    return list(islice(found, _PAIRS))


def _fixed(view: View, name: str) -> str:
    """Return the name of a state that it has for ever."""
    if name in view.environments or name == "manifest" or name.startswith("profile "):
        state = view.reader.views.revisions_of(name).find(name)
        return f"{name}@{state.revision}" if state else name
    ref = view.ref(name)
    return ref_text(ref) if isinstance(ref, TimeRef) else name


def _weigh(one: Any) -> int:
    if isinstance(one, Line):
        return 40 + weight(one.text, most=2_100)
    return 200 + name_weight(one[0]) + weight(*one[1:])

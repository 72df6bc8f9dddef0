"""What an environment would be without an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import UsageError
from tetra_es_projections.answers.replay import replay_value
from tetra_es_projections.queries.replay import replay as replayed
from tetra_es_web.links import address
from tetra_es_web.pages.event import Line, diff_lines
from tetra_es_web.pages.parts import name_weight, part_of, weight
from tetra_es_web.pages.rendering import render
from tetra_es_web.pages.view import command, number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from tetra_es_web.pages.view import View


def replay(view: View, of: str, given: Mapping[str, str]) -> str:
    """Return what an environment would be, now or at a REF, had an event not been recorded."""
    asked = {name: given.get(name, "").strip() for name in ("without", "at")}
    without = view.ref(asked["without"])
    if without is None:
        raise UsageError("no event is named", hint=f"such as /replay/{of}?without=41")
    found = replayed(view.reader, of, without, view.ref(asked["at"]))
    changes = replay_value(found)["changes"]
    text = found.would_be.text if found.would_be else ""
    lines = list(diff_lines(found.recorded.text, text))
    part = part_of([*found.doubts, *changes, *lines], number(given, "part"), _weigh)
    fixed = {"without": found.without.event, "at": found.state}
    return render(
        "replay.html",
        view,
        title=f"{found.state} without #{found.without.event}",
        here=address("replay", of, **fixed, part=given.get("part")),
        json=view.links.json(f"replay/{of}", **fixed),
        command=command("replay", of, "--without", found.without.event, "--at", found.state),
        asked=tuple(asked.items()),
        found=found,
        part=part,
        doubts=[one for one in part.items if hasattr(one, "what")],
        changes=[
            (one["key"], one["before"], one["after"]) for one in part.items if isinstance(one, dict)
        ],
        lines=[one for one in part.items if isinstance(one, Line)],
    )


def _weigh(one: Any) -> int:
    if isinstance(one, Line):
        return 40 + weight(one.text, most=2_100)
    values = one.values() if isinstance(one, dict) else one
    name = one["key"] if isinstance(one, dict) else one.key
    return 250 + name_weight(name) + weight(*(str(value) for value in values if value is not None))

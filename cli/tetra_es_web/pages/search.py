"""Where a text is found, and whether that is in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es_projections.queries.search import KINDS, Search
from tetra_es_projections.queries.search import search as found_in
from tetra_es_web.links import address
from tetra_es_web.pages.parts import fitting, weight
from tetra_es_web.pages.rendering import render
from tetra_es_web.pages.view import command, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es_projections.queries.search import SearchRow
    from tetra_es_web.pages.view import View

_SHOWN = 40


def search(view: View, _: str, given: Mapping[str, str]) -> str:
    """Return where a text is found, newest first; a form where none is given."""
    text = given.get("q", "").strip()
    environment = given.get("environment", "").strip() or None
    before = number(given, "before")
    rows, more = _rows(view, text, environment, before) if text else ([], False)
    more_given = {"environment": environment, "before": before}
    return render(
        "search.html",
        view,
        title=f"Search for {text}" if text else "Search",
        here=address("search", q=text, **more_given),
        json=view.links.json("search", q=text, **more_given) if text else None,
        command=command("search", "--", text) if text else None,
        asked=(("q", text), ("environment", environment or "")),
        q=text,
        environment=environment,
        rows=rows,
        kinds=KINDS,
        before=before,
        older=rows[-1].event if more and rows else None,
    )


def _rows(
    view: View, text: str, environment: str | None, before: int | None
) -> tuple[list[SearchRow], bool]:
    """Return the rows of a page, and whether there are more."""
    wanted = Search(text, environment, limit=_SHOWN + 1, before=before)
    rows = found_in(view.reader, wanted)
    events = list(dict.fromkeys(row.event for row in rows))
    more = len(events) > _SHOWN
    rows = [row for row in rows if not more or row.event != events[-1]]
    room = fitting(rows, _weigh)
    if room < len(rows):  # all rows of an event are on one page, but for one that fills it alone
        whole = [row for row in rows[:room] if row.event != rows[room].event]
        return whole or rows[:room], True
    return rows, more


def _weigh(row: SearchRow) -> int:
    return 700 + weight(row.key, row.key, row.before, row.after, row.summary, row.reason)

"""Where a text is found, and whether that is in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es_projections.queries.purged import purges_of
from tetra_es_projections.queries.refs import moment_of
from tetra_es_projections.queries.search import KINDS, Search
from tetra_es_projections.queries.search import search as found_in
from tetra_es_web.links import address
from tetra_es_web.links import given as given_pairs
from tetra_es_web.pages.parts import fitting, name_weight, weight
from tetra_es_web.pages.rendering import render
from tetra_es_web.pages.view import command, file_in, number, several

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es_projections.queries.search import SearchRow
    from tetra_es_web.pages.view import View

_SHOWN = 40


def search(view: View, _: str, given: Mapping[str, str]) -> str:
    """Return where a text is found, newest first; a form where none is given."""
    text = given.get("q", "").strip()
    at, before = given.get("at", "").strip(), number(given, "before")
    kinds, file = several(given, "kind", KINDS), file_in(given)
    wanted = Search(text, file, kinds, view.ref(at), _SHOWN + 1, before, written=True)
    rows, more = _rows(view, wanted) if text else ([], False)
    filters = {"q": text, "environment": file, "kind": kinds, "at": at}
    newest = view.whole.newest.event
    position = moment_of(view.reader.views, wanted.ref) if wanted.ref else newest
    fixed = {**filters, "at": view.fixed(wanted.ref, position)}
    return render(
        "search.html",
        view,
        title=f"Search for {text}" if text else "Search",
        here=address("search", **fixed, before=before),
        json=view.links.json("search", **fixed, n=_SHOWN, before=before) if text else None,
        command=_command(wanted, fixed["at"]) if text else None,
        asked=given_pairs({**filters, "before": before}),
        q=text,
        filters=filters,
        file=file,
        wanted=kinds,
        at=at,
        rows=rows,
        kinds=KINDS,
        purges=purges_of(view.reader),
        before=before,
        older=rows[-1].event if more and rows else None,
    )


def _command(wanted: Search, at: object) -> str:
    options = [f"--env={wanted.file}"] if wanted.file else []
    options += [f"--kind={one}" for one in wanted.kinds]
    options += [f"--at={at}"]
    options += [f"--before={wanted.before}"] if wanted.before else []
    return command("search", *options, "-n", _SHOWN, "--", wanted.text)


def _rows(view: View, wanted: Search) -> tuple[list[SearchRow], bool]:
    """Return the rows of a page, and whether there are more."""
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
    return 700 + name_weight(row.key) + weight(row.before, row.after, row.summary, row.reason)

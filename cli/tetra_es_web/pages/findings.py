"""What an auditor should look at, by kind."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from tetra_es.refs import PositionRef
from tetra_es_projections.queries.findings import KINDS, in_future, some_findings
from tetra_es_projections.queries.hosts import moment_of_ref
from tetra_es_web.links import address
from tetra_es_web.pages.parts import fitting, weight
from tetra_es_web.pages.rendering import render
from tetra_es_web.pages.view import command, number, several

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es_projections.queries.findings import Finding
    from tetra_es_web.pages.view import View

OPEN: Final = ("refused", "compromised", "to-rotate", "drift", "behind", "unverified")
"""Findings about what is so now. The others are about all events, and take as long to look for."""
_SHOWN: Final = 100


def findings(view: View, _: str, given: Mapping[str, str]) -> str:
    """Return the findings, or those of some kinds, now or at a REF: some on a page."""
    at = given.get("at", "").strip()
    ref = view.ref(at)
    upto = view.whole.newest.event if ref is None else moment_of_ref(view.reader, ref).position
    if ref is None and not view.links.live:  # files stay the same, whatever time it is
        ref = PositionRef(upto)
    fixed = view.fixed(ref, upto)
    # A date in the future is found as of now alone: the same answer has no REF then.
    same = None if ref is None and in_future(view.reader) else fixed
    wanted = several(given, "kind", KINDS)
    after = number(given, "after") or 0
    here = address("findings", kind=wanted, at=fixed, after=after or None)
    some = some_findings(view.reader, wanted, ref, skipped=after, limit=_SHOWN)
    rows = some.rows[: fitting(some.rows, _weigh)]
    return render(
        "findings.html",
        view,
        title="Findings",
        here=here,
        json=view.links.json("findings", kind=wanted, at=same),
        command=command(
            "findings",
            *(f"--kind={one}" for one in wanted),
            *(("--at", same) if same is not None else ()),
        ),
        asked=(*(("kind", one) for one in wanted), ("at", at), ("after", str(after or ""))),
        wanted=wanted,
        known=[*KINDS],
        at=at,
        kinds=some.counts,
        total=sum(some.counts.values()),
        open_=sum(some.counts.get(kind, 0) for kind in OPEN),
        groups=[(kind, list(them)) for kind, them in groupby(rows, lambda row: row.kind)],
        after=after,
        shown=len(rows),
        more=some.more or len(rows) < len(some.rows),
        beginning=lambda: view.links.same(here, after=None),
        following=lambda: view.links.same(here, after=after + len(rows)),
    )


def _weigh(row: Finding) -> int:
    return 350 + weight(row.subject, row.what)

"""What an auditor should look at, by kind."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from tetra_es_projections.queries.findings import KINDS, some_findings
from tetra_es_projections.queries.hosts import moment_of_ref
from tetra_es_web.links import address
from tetra_es_web.pages.parts import fitting, weight
from tetra_es_web.pages.rendering import render
from tetra_es_web.pages.view import command, number, several

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es_projections.queries.findings import Finding
    from tetra_es_web.pages.view import View

_SHOWN: Final = 100


def findings(view: View, _: str, given: Mapping[str, str]) -> str:
    """Return the findings, or those of some kinds, now or at a REF: some on a page."""
    at = given.get("at", "").strip()
    ref = view.ref(at)
    upto = view.whole.newest.event if ref is None else moment_of_ref(view.reader, ref).position
    wanted = several(given, "kind", KINDS)
    after = number(given, "after") or 0
    some = some_findings(view.reader, wanted, ref, skipped=after, limit=_SHOWN)
    rows = some.rows[: fitting(some.rows, _weigh)]
    return render(
        "findings.html",
        view,
        title="Findings",
        here=address("findings", kind=wanted, at=upto, after=after or None),
        json=view.links.json("findings", kind=wanted, at=at),
        command=command("findings", *(f"--kind={one}" for one in wanted), "--at", upto),
        asked=(*(("kind", one) for one in wanted), ("at", at), ("after", str(after or ""))),
        wanted=wanted,
        known=[*KINDS],
        at=at,
        kinds=some.counts,
        total=sum(some.counts.values()),
        groups=[(kind, list(them)) for kind, them in groupby(rows, lambda row: row.kind)],
        after=after,
        shown=len(rows),
        more=some.more or len(rows) < len(some.rows),
        beginning=lambda: view.links.to("findings", kind=wanted, at=at),
        following=lambda: view.links.to("findings", kind=wanted, at=upto, after=after + len(rows)),
    )


def _weigh(row: Finding) -> int:
    return 350 + weight(row.subject, row.what)

"""What an auditor should look at, by kind."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from tetra_es_projections.queries.findings import KINDS
from tetra_es_projections.queries.findings import findings as found_in
from tetra_es_projections.queries.hosts import moment_of_ref
from tetra_es_web.links import address
from tetra_es_web.pages.parts import part_of, weight
from tetra_es_web.pages.rendering import render
from tetra_es_web.pages.view import command, number, several

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es_projections.queries.findings import Finding
    from tetra_es_web.pages.view import View


def findings(view: View, _: str, given: Mapping[str, str]) -> str:
    """Return all findings, or those of some kinds, now or at a REF."""
    at = given.get("at", "").strip()
    ref = view.ref(at)
    upto = view.whole.newest.event if ref is None else moment_of_ref(view.reader, ref).position
    wanted = several(given, "kind", KINDS)
    rows = found_in(view.reader, wanted, ref)
    part = part_of(rows, number(given, "part"), _weigh)
    kinds: dict[str, int] = {}
    for row in rows:
        kinds[row.kind] = kinds.get(row.kind, 0) + 1
    return render(
        "findings.html",
        view,
        title="Findings",
        here=address("findings", kind=wanted, at=upto, part=given.get("part")),
        json=view.links.json("findings", kind=wanted, at=at),
        command=command("findings", *(f"--kind={one}" for one in wanted), "--at", upto),
        asked=(*(("kind", one) for one in wanted), ("at", at)),
        wanted=wanted,
        known=[*KINDS],
        at=at,
        kinds=kinds,
        groups=[(kind, list(some)) for kind, some in groupby(part.items, lambda row: row.kind)],
        part=part,
        part_address=lambda to: view.links.to("findings", kind=wanted, at=at, part=to),
    )


def _weigh(row: Finding) -> int:
    return 350 + weight(row.subject, row.what)

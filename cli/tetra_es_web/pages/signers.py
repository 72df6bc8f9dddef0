"""Whose signature counts, and every event that changed that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es_projections.queries.members import member_rows
from tetra_es_projections.queries.refs import moment_of
from tetra_es_projections.queries.signers import SignerRow, signer_rows
from tetra_es_web.links import address
from tetra_es_web.pages.parts import fitting, part_of, weight
from tetra_es_web.pages.rendering import render
from tetra_es_web.pages.view import command, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es_projections.queries.tables.event_table import EventRow
    from tetra_es_web.pages.view import View

_SIGNERS = ("signer.added", "signer.removed", "organization.created")
_SHOWN = 40
_HALF = 38_000
"""Bytes of a page that signers may have, and what changed them."""


def signers(view: View, _: str, given: Mapping[str, str]) -> str:
    """Return who may sign, now or at a REF, and when that changed."""
    events = view.reader.views.events
    ref = view.ref(given.get("at"))
    upto = view.whole.newest.event if ref is None else moment_of(view.reader.views, ref)
    at = given.get("at", "").strip()
    before = number(given, "before")
    end = view.whole.newest.event if before is None else before - 1
    positions = events.of_topics(_SIGNERS, end)
    changed = [row for row in map(events.find, reversed(positions[-_SHOWN:])) if row]
    room = fitting(changed, _weigh, _HALF)
    more = room < len(positions)
    part = part_of(signer_rows(view.reader, ref), number(given, "part"), _weigh_signer, _HALF)
    return render(
        "signers.html",
        view,
        title="Signers",
        here=address("signers", at=upto, part=given.get("part"), before=before),
        json=view.links.json("signers", at=upto),
        command=command("signer", "list", "--at", upto),
        asked=(("at", at), ("before", str(before or ""))),
        at=at,
        upto=upto,
        part=part,
        members={row.name: row for row in member_rows(view.reader)},
        changed=changed[:room],
        before=before,
        older=changed[:room][-1].event if more and changed else None,
    )


def _weigh_signer(row: SignerRow) -> int:
    return 500 + weight(row.signer, row.signer, *(row.may or ()), row.fingerprint)


def _weigh(row: EventRow) -> int:
    return 300 + weight(row.summary, row.reason, row.actor)

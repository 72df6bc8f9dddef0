"""Who may sign, and who can read which secrets: now and over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.refs import PositionRef
from tetra_es_projections.queries.exposure import Exposed, exposure
from tetra_es_projections.queries.members import member_rows
from tetra_es_projections.queries.refs import position_of
from tetra_es_projections.queries.secrets import (
    RecipientRow,
    SecretRow,
    recipient_rows,
    secret_rows,
    secrets_at_position,
)
from tetra_es_projections.queries.signers import signer_rows
from tetra_es_web.links import address
from tetra_es_web.pages.parts import fitting, part_of, weight
from tetra_es_web.pages.rendering import render
from tetra_es_web.pages.view import command, number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tetra_es_projections.queries.tables.event_table import EventRow
    from tetra_es_web.pages.view import View

_SIGNERS = ("signer.added", "signer.removed", "organization.created")
_SECRETS = "secret"
_RECIPIENTS = "recipient"
_SHOWN = 40


def signers(view: View, _: str, given: Mapping[str, str]) -> str:
    """Return who may sign, now or at a REF, and when that changed."""
    events = view.reader.views.events
    ref = view.ref(given.get("at"))
    upto = view.whole.newest.event if ref is None else position_of(view.reader.views, ref)
    at = given.get("at", "").strip()
    positions = events.of_topics(_SIGNERS, view.whole.newest.event)
    changed = [row for row in map(events.find, reversed(positions[-200:])) if row]
    return render(
        "signers.html",
        view,
        title="Signers",
        here=address("signers", at=upto),
        json=view.links.json("signers", at=at),
        command=command("signer", "list", "--at", upto),
        asked=(("at", at),),
        at=at,
        upto=upto,
        rows=signer_rows(view.reader, ref),
        members={row.name: row for row in member_rows(view.reader)},
        changed=changed[: fitting(changed, _weigh)],
    )


class Vault(NamedTuple):
    """The secrets of an environment, by name and version."""

    environment: str
    rows: Sequence[SecretRow]
    then: Mapping[str, int]
    """Name to version at the moment that was asked for."""
    recipients: Sequence[RecipientRow]
    exposed: Sequence[Exposed]
    """Who could ever read which version, as of then."""
    changed: Sequence[EventRow]


def secrets(view: View, of: str, given: Mapping[str, str]) -> str:
    """Return names and versions of secrets, who can read them, and what happened to them."""
    ref = view.ref(given.get("at"))
    upto = view.whole.newest.event if ref is None else position_of(view.reader.views, ref)
    whom = given.get("whom", "").strip()
    exposed = exposure(view.reader, whom, ref) if whom else []
    part = part_of(exposed, number(given, "part"), _weigh_exposed)
    names = [of] if of else [] if whom else list(view.environments)
    shown = 12 if len(names) > 1 else _SHOWN
    vaults = [_vault(view, name, upto, None if ref is None else upto, shown) for name in names]
    at = given.get("at", "").strip()
    return render(
        "secrets.html",
        view,
        title=f"Secrets of {of}" if of else "Secrets",
        here=address("secrets", of, whom=whom, at=upto, part=given.get("part")),
        json=view.links.json("exposure", whom=whom or f"@{of}", at=at) if of or whom else None,
        command=_command(of, whom, upto),
        asked=(("whom", whom), ("at", at)),
        of=of,
        whom=whom,
        part=part,
        part_address=lambda wanted: view.links.to("secrets", of, whom=whom, at=at, part=wanted),
        at=at,
        vaults=vaults,
    )


def _command(of: str, whom: str, upto: int) -> str | None:
    if not (of or whom):
        return None
    return command("secret", "exposure", whom or f"@{of}", "--at", upto)


def _vault(view: View, environment: str, upto: int, then: int | None, shown: int) -> Vault:
    reader = view.reader
    ref = None if then is None else PositionRef(then)
    changed = [
        row
        for topic in (_SECRETS, "secrets", _RECIPIENTS)
        for row in reader.views.events.history(
            environment=environment, topic=topic, before=upto + 1, limit=shown
        )
    ]
    changed.sort(key=lambda row: -row.event)
    return Vault(
        environment,
        secret_rows(reader, environment) if then is None else [],
        secrets_at_position(reader, environment, upto) if then is not None else {},
        recipient_rows(reader, environment, ref),
        exposure(reader, f"@{environment}", ref),
        changed[:shown],
    )


def _weigh_exposed(one: Exposed) -> int:
    return 550 + weight(one.key, one.name, one.environment)


def _weigh(row: EventRow) -> int:
    return 300 + weight(row.summary, row.reason, row.actor)

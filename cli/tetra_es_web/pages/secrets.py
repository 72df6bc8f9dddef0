"""Secrets by name and version, and who can read them: now and over time."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from tetra_es.refs import PositionRef
from tetra_es_projections.queries.exposure import Exposed, exposure
from tetra_es_projections.queries.findings import findings
from tetra_es_projections.queries.refs import moment_of
from tetra_es_projections.queries.secrets import (
    RecipientRow,
    SecretRow,
    recipient_rows,
    secret_rows,
    secrets_at_position,
)
from tetra_es_web.links import address
from tetra_es_web.pages.parts import Part, broken_weight, fitting, part_of, weight
from tetra_es_web.pages.rendering import render
from tetra_es_web.pages.view import command, number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tetra_es_projections.queries.tables.event_table import EventRow
    from tetra_es_web.pages.view import View

_TOPICS = ("secret", "secrets", "recipient")
_SHOWN = 40
_VAULTS = 8
"""Environments whose secrets are on one page."""
_HALF = 38_000
"""Bytes of a page that the secrets of one environment may have."""


class Version(NamedTuple):
    """A secret as it was at a moment."""

    key: str
    version: int


class Vault(NamedTuple):
    """The secrets of an environment, by name and version."""

    environment: str
    secrets: Sequence[SecretRow | Version]
    total: int
    """How many secrets there are; not all of them are shown."""
    recipients: Sequence[RecipientRow]
    exposed: Sequence[Exposed]
    """Who could ever read which version, as of then."""
    exposures: int
    """How many there are."""
    to_rotate: int
    """How many findings of that kind there are of the environment."""
    changed: Sequence[EventRow]
    more_changed: bool
    """Whether older events of them are not shown."""


def secrets(view: View, of: str, given: Mapping[str, str]) -> str:
    """Return names and versions of secrets, who can read them, and what happened to them."""
    ref = view.ref(given.get("at"))
    upto = view.whole.newest.event if ref is None else moment_of(view.reader.views, ref)
    whom = given.get("whom", "").strip()
    exposed = exposure(view.reader, whom, ref) if whom else []
    wanted = number(given, "part")
    part: Part[Any] = part_of(exposed, wanted if whom else None, _weigh_exposed)
    names: Sequence[str] = [of] if of else []
    if not of and not whom:
        part = part_of(view.environments, wanted, lambda _: 1, _VAULTS)
        names = part.items
    then = upto if upto < view.whole.newest.event else None
    rotate = _to_rotate(view, then) if names else Counter()
    vaults = [_vault(view, name, upto, then, rotate[name]) for name in names]
    if of:
        part = part_of(vaults[0].secrets, wanted, _weigh_secret, _HALF)
    room = _HALF * 2 // max(len(vaults) * 3, 1)
    vaults = [_fitted(one, room, part.items if of else one.secrets) for one in vaults]
    at = given.get("at", "").strip()
    return render(
        "secrets.html",
        view,
        title=f"Secrets of {of}" if of else "Secrets",
        here=address("secrets", of, whom=whom, at=upto, part=given.get("part")),
        json=view.links.json("exposure", whom=whom or f"@{of}", at=upto) if of or whom else None,
        jsons=[
            (one.environment, view.links.json("exposure", whom=f"@{one.environment}", at=upto))
            for one in (() if of or whom else vaults)
        ],
        command=[
            command("secret", "exposure", name, "--at", upto)
            for name in ([whom or f"@{of}"] if of or whom else [f"@{one}" for one in names])
        ],
        asked=(("whom", whom), ("at", at)),
        of=of,
        whom=whom,
        part=part,
        at=at,
        is_now=then is None,
        vaults=vaults,
    )


def _fitted(one: Vault, room: int, secrets: Sequence[SecretRow | Version]) -> Vault:
    """Return what there is room for, with how many of each there are."""
    listed = (
        secrets if secrets is not one.secrets else secrets[: fitting(secrets, _weigh_secret, room)]
    )
    changed = one.changed[: fitting(one.changed, _weigh, room)]
    return one._replace(
        secrets=listed,
        exposed=one.exposed[: fitting(one.exposed, _weigh_exposed, room)],
        changed=changed,
        more_changed=one.more_changed or len(changed) < len(one.changed),
    )


def _to_rotate(view: View, then: int | None) -> Counter[str | None]:
    """Return environment to how many findings there are of secrets to rotate."""
    ref = None if then is None else PositionRef(then)
    return Counter(one.environment for one in findings(view.reader, ["to-rotate"], ref))


def _vault(view: View, environment: str, upto: int, then: int | None, to_rotate: int) -> Vault:
    reader = view.reader
    ref = None if then is None else PositionRef(then)
    changed = [
        row
        for topic in _TOPICS
        for row in reader.views.events.history(
            environment=environment, topic=topic, before=upto + 1, limit=_SHOWN + 1
        )
    ]
    changed.sort(key=lambda row: -row.event)
    secrets: list[SecretRow | Version] = []
    if then is None:
        secrets += secret_rows(reader, environment)
    else:
        there = secrets_at_position(reader, environment, upto)
        secrets += [Version(*one) for one in sorted(there.items())]
    exposed = exposure(reader, f"@{environment}", ref)
    return Vault(
        environment,
        secrets,
        len(secrets),
        recipient_rows(reader, environment, ref),
        exposed,
        len(exposed),
        to_rotate,
        changed[:_SHOWN],
        len(changed) > _SHOWN,
    )


def _weigh_secret(row: SecretRow | Version) -> int:
    if isinstance(row, Version):
        return 60 + broken_weight(row.key)
    return 450 + broken_weight(row.key) + weight(row.reason, ", ".join(row.recipients), most=200)


def _weigh_exposed(one: Exposed) -> int:
    return 550 + broken_weight(one.key) + weight(one.name, one.environment)


def _weigh(row: EventRow) -> int:
    return 300 + weight(row.summary, row.reason, row.actor)

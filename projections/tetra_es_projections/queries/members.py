"""Who takes part: who signs, and who reads the secrets of each environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es_projections.queries.environments import known_environments
from tetra_es_projections.queries.secrets import recipient_rows
from tetra_es_projections.queries.signers import signer_rows

if TYPE_CHECKING:
    from tetra_es_projections.queries.reader import Reader


class MemberRow(NamedTuple):
    """A signer, a recipient, or both, by one name."""

    name: str
    fingerprint: str | None
    """Of the signing key, None for one who does not sign."""
    may: list[str] | None
    """The limits; None where they may do everything, none for one who does not sign."""
    reads: list[str]
    """The environments whose secrets they read, in promotion order."""


def member_rows(reader: Reader) -> list[MemberRow]:
    """Return the members by name, from checked events alone."""
    signers = {row.signer: row for row in signer_rows(reader)}
    reads: dict[str, list[str]] = {}
    for environment in known_environments(reader):
        for row in recipient_rows(reader, environment):
            reads.setdefault(row.name, []).append(environment)
    return [
        MemberRow(
            name,
            signers[name].fingerprint if name in signers else None,
            signers[name].may if name in signers else [],
            reads.get(name, []),
        )
        for name in sorted({*signers, *reads})
    ]

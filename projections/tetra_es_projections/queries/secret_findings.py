"""What an auditor should look at in secrets: never their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.integrity.signers import signers_at
from tetra_es_projections.queries.exposure import exposure_at
from tetra_es_projections.queries.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.integrity.exposure import Exposure, Knows
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.host_table import Moment


def to_rotate(reader: Reader, moment: Moment) -> Iterator[Finding]:
    """Look for values that somebody knows who is not a recipient, or a signer, any more."""
    exposure = exposure_at(reader, moment.position)
    for one in exposure.to_rotate(signers_at(reader.log, moment.position)):
        yield Finding("to-rotate", one.environment, one.by.position, one.key, _told(one, exposure))


def compromised(reader: Reader, moment: Moment) -> Iterator[Finding]:
    """Look for values that are known to others, and still there."""
    exposure = exposure_at(reader, moment.position)
    for version, marked in exposure.compromised():
        has = "is" if version == marked else "has a value that is"
        what = f"version {version.version} {has} marked as compromised, but still in use"
        event = exposure.values.marked[marked]
        yield Finding("compromised", version.environment, event, version.key, what)


def _told(one: Knows, exposure: Exposure) -> str:
    """Return how somebody knows a value."""
    version, number = one.by.version, one.version
    if one.recipient is not None:
        earlier = exposure.is_recipient(one.name, one.environment, one.key)
        who = f"an earlier key of {one.name}" if earlier else f"{one.name}, who was removed,"
        return f"{who} could read version {number}"
    who = f"{one.name}, who was removed,"
    if version != (one.environment, one.key, number):
        where = f"{version.key} of {version.environment}"
        return f"{who} gave {where} the value of version {number}"
    return f"{who} " + (
        f"encrypted version {number} again" if one.by.again else f"set version {number}"
    )

"""What an auditor should look at in secrets: never their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.events.secrets import SECRETS_STREAM
from tetra_es.integrity.exposure import Exposure
from tetra_es.integrity.signers import terms
from tetra_es_projections.queries.finding import Finding
from tetra_es_projections.queries.secrets import vault_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.host_table import Moment


def to_rotate(reader: Reader, moment: Moment) -> Iterator[Finding]:
    """Look for values that somebody knows who is not a recipient, or a signer, any more."""
    exposure = Exposure(reader.log, moment.position)
    vaults = exposure.vaults
    told = set()
    for one in exposure.versions():
        present = vaults[one.environment].present.get(one.key)
        if present == one.version and not (one.reads or one.purged):
            told.add((one.environment, one.key, one.name))
            what = f"{one.name}, who was removed, could read version {one.version}"
            yield Finding("to-rotate", one.environment, None, one.key, what)
    signers = {term.signer for term in terms(reader.log, moment.position) if term.until is None}
    for (environment, key, number), actor in exposure.setters().items():
        known = actor in signers or actor in vaults[environment].recipients
        if not known and (environment, key, actor) not in told:
            what = f"{actor}, who was removed, set version {number}"
            yield Finding("to-rotate", environment, None, key, what)


def compromised(reader: Reader, moment: Moment) -> Iterator[Finding]:
    """Look for values that are known to others, and still there."""
    for environment in _environments(reader):
        vault = vault_at(reader, environment, moment.position)
        for key, version in vault.present.items():
            if vault.version_of(key, version).compromised:
                what = f"version {version} is marked as compromised, and present"
                yield Finding("compromised", environment, None, key, what)


def _environments(reader: Reader) -> list[str]:
    return [stream.removeprefix(SECRETS_STREAM) for stream in reader.log.streams(SECRETS_STREAM)]

"""What an auditor should look at in secrets: never their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.events.secrets import SECRETS_STREAM
from tetra_es.integrity.exposure import exposed_in
from tetra_es_projections.queries.finding import Finding
from tetra_es_projections.queries.secrets import vault_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.host_table import Moment


def to_rotate(reader: Reader, moment: Moment) -> Iterator[Finding]:
    """Look for values that somebody can read who is not a recipient any more."""
    for environment in _environments(reader):
        for one in exposed_in(reader.log, environment, moment.position):
            if not (one.reads or one.rotated or one.purged):
                what = f"{one.name}, who was removed, could read version {one.version}"
                yield Finding("to-rotate", environment, None, one.key, what)


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

"""The release that a server has, rendered again from the events."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError
from tetra_es.events.config import EnvironmentState
from tetra_es.layout import environment_file
from tetra_es.log.replica import check_not_purged, valid_events
from tetra_es.model.environment import environment_stream
from tetra_es.model.secrets import secrets_stream
from tetra_es.release.render import render
from tetra_es.remote.drifted import Known
from tetra_es.toml.document import ConfigDocument
from tetra_es.usecases.deploy.anchor import is_ours, parse_anchor
from tetra_es.usecases.secrets.ciphertexts import vault_at

if TYPE_CHECKING:
    from tetra_es.log.replica import Replica


def known_release(log: Replica, organization: str, environment: str, source: str) -> Known | None:
    """Return what is known of the release that a server calls so.

    None where it is not made of our events, and where it can no longer be made: its state was
    purged, or is one that today's rules refuse.
    """
    with suppress(TetraEsError):
        if found := sources_of(log, environment, source):
            document, names = found
            release = render(organization, environment, document, dict.fromkeys(names, b""))
            texts = {file.path: file.content for file in release.files if not file.secret}
            return Known(texts, names)
    return None


def sources_of(
    log: Replica, environment: str, source: str
) -> tuple[ConfigDocument, list[str]] | None:
    """Return the TOML and the names of the secrets of the release that a server calls so.

    None where it is not made of our events. Raises `TetraEsError` where its state was purged.
    """
    found = parse_anchor(source)
    if found is None or not is_ours(log, source):
        return None
    document = _document(log, environment, int(source.split(maxsplit=1)[0].rpartition("@")[2]))
    vault = vault_at(log, secrets_stream(environment), found[0])
    return document, [key for key, _, _ in vault.ciphertexts()]


def _document(log: Replica, environment: str, revision: int) -> ConfigDocument:
    stream = log.of_stream(environment_stream(environment), descending=True)
    for record, event in valid_events(log, stream):
        if isinstance(event, EnvironmentState) and event.revision == revision:
            check_not_purged(log, record.position, event)
            return ConfigDocument(environment_file(environment), event.text)
    raise TetraEsError(f"{environment} has no revision {revision}")

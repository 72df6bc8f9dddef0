"""Secrets by name and version, never by value."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.integrity.store import checked_vault
from tetra_es.log.replica import events_in
from tetra_es.model.secrets import Vault, secrets_stream
from tetra_es_projections.queries.environments import require_environment
from tetra_es_projections.queries.refs import moment_of

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.key_table import BlameRow


class SecretRow(NamedTuple):
    """A present secret: which version, who set it and when, who can read it."""

    key: str
    version: int
    actor: str
    time: str
    reason: str
    event: int
    compromised: bool
    recipients: list[str]
    """Their names."""


class RecipientRow(NamedTuple):
    """Somebody who can read an environment's secrets."""

    name: str
    recipient: str


def secret_rows(reader: Reader, environment: str) -> list[SecretRow]:
    """Return the present secrets of an environment by key, from checked events alone.

    Raises `UsageError` where there is no such environment.
    """
    require_environment(reader, environment)
    vault = checked_vault(reader.log, environment)
    # By the secrets alone: a key of the file may have the same name.
    given = {row.key: row for row in reader.views.keys.blame(f"secrets {environment}")}
    return [_row(vault, key, given[key]) for key, _, _ in vault.ciphertexts()]


def recipient_rows(reader: Reader, environment: str, ref: Ref | None = None) -> list[RecipientRow]:
    """Return the recipients of an environment's secrets by name, those of then with a REF."""
    require_environment(reader, environment)
    if ref is None:
        recipients = checked_vault(reader.log, environment).recipients
    else:
        position = moment_of(reader.views, ref, environment)
        recipients = vault_at(reader, environment, position).recipients
    return [RecipientRow(name, text) for name, text in sorted(recipients.items())]


def secrets_at(reader: Reader, environment: str, ref: Ref | None) -> dict[str, int]:
    """Return key to version of an environment's secrets at a REF, now without one."""
    last = reader.log.last_position()
    position = last if ref is None else moment_of(reader.views, ref, environment)
    return secrets_at_position(reader, environment, position)


def secrets_at_position(reader: Reader, environment: str, position: int) -> dict[str, int]:
    """Return key to version of an environment's secrets at a position."""
    return vault_at(reader, environment, position).present


def vault_at(reader: Reader, environment: str, position: int) -> Vault:
    """Return the secrets of an environment as they were after the event at a position."""
    stream = secrets_stream(environment)
    records = (one for one in reader.log.of_stream(stream) if one.position <= position)
    return Vault(stream).fold(events_in(reader.log, records))


def version_changes(
    before: dict[str, int], after: dict[str, int], *, names_alone: bool = False
) -> list[tuple[str, str | None, str | None]]:
    """Return what differs as rows of `diff`: path, before, after.

    With `names_alone` (of two environments, whose versions count separately) only what one of
    them lacks.
    """
    rows = []
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        if old == new or (names_alone and old and new):
            continue
        rows.append((f"secret {key}", _version(old), _version(new)))
    return rows


def _version(number: int | None) -> str | None:
    return f"version {number}" if number else None


def _row(vault: Vault, key: str, given: BlameRow) -> SecretRow:
    """Return a secret, and the event that gave it its present version."""
    number = vault.present[key]
    version = vault.version_of(key, number)
    by_name = {text: name for name, text in vault.recipients.items()}
    return SecretRow(
        key,
        number,
        given.actor or "",
        given.time or "",
        given.reason or "",
        given.event or 0,
        version.compromised,
        sorted(by_name.get(text, text) for text in version.recipients),
    )

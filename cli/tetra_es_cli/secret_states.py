"""Which versions of secrets an environment had at a REF: names and numbers, never values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.model.secrets import secrets_stream
from tetra_es.refs import RevisionRef
from tetra_es.usecases.restore_secrets import vault_at

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import Reader


def secrets_at(reader: Reader, environment: str, ref: Ref | None) -> dict[str, int]:
    """Return key to version of an environment's secrets at a REF, now without one."""
    position = reader.log.last_position() if ref is None else _moment(reader, environment, ref)
    return vault_at(reader.log, secrets_stream(environment), position).present


def _moment(reader: Reader, environment: str, ref: Ref) -> int:
    if not isinstance(ref, RevisionRef):
        return reader.views.position_of(ref)
    # What was set while a revision was the present one belongs to it, as for a rollback.
    at = reader.views.position_of(ref, environment)
    later = [row.position for row in reader.views.revisions(environment) if row.position > at]
    return min(later) - 1 if later else reader.log.last_position()


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

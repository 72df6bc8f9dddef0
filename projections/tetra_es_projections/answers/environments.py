"""Environments: their values, where these come from, and which secrets they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader

_ENVIRONMENTS = ("environment", "revision", "event", "source_revision", "time")


def environments(reader: Reader) -> list[dict[str, Any]]:
    """Return the environments in promotion order."""
    from tetra_es_projections.queries.status import environment_rows

    rows = [row._asdict() for row in environment_rows(reader)]
    return [{column: row[column] for column in _ENVIRONMENTS} for row in rows]


def value(reader: Reader, environment: str, key: str, ref: Ref | None = None) -> Any:
    """Return one value of an environment."""
    from tetra_es_projections.queries.values import value_of

    return value_of(reader, environment, key, ref).plain


def blame(
    reader: Reader, environment: str, key: str | None = None, ref: Ref | None = None
) -> list[dict[str, Any]]:
    """Return where the values of an environment come from."""
    from tetra_es_projections.queries.blame import blame_rows

    rows = blame_rows(reader, environment, key, ref)
    return [row._asdict() | {"one_of": [*row.one_of]} for row in rows]


def secret_versions(
    reader: Reader, environment: str, ref: Ref | None = None
) -> list[dict[str, Any]]:
    """Return the names and versions of an environment's secrets."""
    from tetra_es_projections.queries.environments import require_environment
    from tetra_es_projections.queries.secrets import secrets_at

    require_environment(reader, environment)
    present = secrets_at(reader, environment, ref)
    return [{"key": key, "version": present[key]} for key in sorted(present)]


def secrets(reader: Reader, environment: str) -> list[dict[str, Any]]:
    """Return the secrets of an environment, never their values."""
    from tetra_es_projections.queries.secrets import secret_rows

    return [row._asdict() for row in secret_rows(reader, environment)]


def recipients(reader: Reader, environment: str, ref: Ref | None = None) -> list[dict[str, Any]]:
    """Return who can read the secrets of an environment, or could at a REF."""
    from tetra_es_projections.queries.secrets import recipient_rows

    return [row._asdict() for row in recipient_rows(reader, environment, ref)]

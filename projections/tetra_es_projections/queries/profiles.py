"""What the profile of an environment does."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import UsageError
from tetra_es.layout import profile_file
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.profiles.generate import describe
from tetra_es.profiles.load import builtin_names, effective_profile
from tetra_es.schema.near import did_you_mean
from tetra_es.toml.document import ConfigDocument
from tetra_es_projections.queries.environments import known_environments

if TYPE_CHECKING:
    from tetra_es_projections.queries.reader import Reader

__all__ = ["EffectiveProfile", "ProfileRule", "builtin_names", "profile_of"]


class ProfileRule(NamedTuple):
    """One rule of a profile."""

    rule: str
    """`create`, `remove`, `set` or `append`."""
    key: str
    value: str


class EffectiveProfile(NamedTuple):
    """A built-in profile with the organization's overlay on it."""

    name: str
    digest: str
    overlay: str | None
    """Path of the overlay, None where there is none."""
    rules: list[ProfileRule]


def profile_of(reader: Reader, environment: str) -> EffectiveProfile:
    """Return the profile that generates an environment.

    Raises `UsageError` where nothing generates it, `Refused` where it has no profile.
    """
    require_generated(reader, environment)
    newest = reader.views.edited.find(f"profile {environment}")
    text = reader.log.state_text(newest.position) if newest else None
    overlay = None if text is None else ConfigDocument(profile_file(environment), text)
    profile = effective_profile(environment, overlay)
    rules = [ProfileRule(*rule) for rule in describe(profile)]
    path = overlay.path if overlay and overlay.text else None
    return EffectiveProfile(profile.name, profile.digest, path, rules)


def require_generated(reader: Reader, environment: str) -> None:
    """Raise `UsageError` for what is not an environment, or is not generated."""
    known = known_environments(reader)
    if environment not in known or environment == SOURCE_OF_TRUTH:
        raise UsageError(
            f"{environment} is the source of truth: it is not generated"
            if environment == SOURCE_OF_TRUTH
            else f"unknown environment: {environment}",
            hint=f"{did_you_mean(environment, known[1:])}generated are {', '.join(known[1:])}",
        )

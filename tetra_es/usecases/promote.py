"""Generate an environment from a revision of the source of truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.errors import Refused, TetraEsError
from tetra_es.events.config import EnvironmentState
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.profiles.generate import apply_profile
from tetra_es.profiles.load import effective_profile
from tetra_es.schema.environment import validate_environment

if TYPE_CHECKING:
    from tetra_es.model.environment import Environment
    from tetra_es.model.organization import Organization
    from tetra_es.profiles.rules import Profile
    from tetra_es.schema.manifest import Manifest
    from tetra_es.usecases.unit_of_work import Recorded, Session


@dataclass(frozen=True)
class Promotion:
    """What a promotion did."""

    environment: str
    source_revision: int
    recorded: Recorded | None
    """None when nothing would change."""
    warnings: tuple[str, ...]


def promote(session: Session, name: str, *, via: str = SOURCE_OF_TRUTH) -> Promotion:
    """Generate the environment `name` from the source revision that `via` has.

    Raises `UsageError` for unknown environments, `Refused` where a rule or the organization's
    policy forbids it, `ConfigError` when what would come out is not valid.
    """

    def command() -> Promotion:
        organization = session.organization()
        organization.environment_named(name)
        environment = session.environment(name)
        source_revision, text = _source(session, organization, via)
        environment.check_promotable()
        profile, generated = generate(
            name,
            text,
            source_label=f"{SOURCE_OF_TRUTH}@{source_revision}",
            manifest=organization.manifest,
            overlay=organization.profiles.get(name),
        )
        environment.promote(
            generated,
            session.context(organization),
            source_revision=source_revision,
            via=via,
            profile=profile.name,
            profile_digest=profile.digest,
        )
        warnings = _check_order(session, organization, name, source_revision)
        saved = session.save(environment)
        return Promotion(name, source_revision, saved[0] if saved else None, warnings)

    return session.run(command)


def _source(session: Session, organization: Organization, via: str) -> tuple[int, str]:
    source = session.environment(SOURCE_OF_TRUTH)
    organization.environment_named(via)
    if via == SOURCE_OF_TRUTH:
        return source.revision, source.text
    revision = session.environment(via).source_revision
    if revision is None:
        raise Refused(
            f"{via} was not generated from {SOURCE_OF_TRUTH}: there is nothing to promote from it",
            hint=f"run `tetra-es promote {via}` first",
        )
    return revision, state_text(session, source, revision)


def state_text(session: Session, environment: Environment, revision: int) -> str:
    """Return the text of a revision of `environment`. Raises `TetraEsError` where it has none."""
    for record in session.log.of_stream(environment.id, from_version=revision):
        event = record.event
        if isinstance(event, EnvironmentState) and event.revision == revision:
            return event.text
    raise TetraEsError(
        f"there is no {environment.name}@{revision}",
        hint=f"`tetra-es history {environment.name}` lists the revisions",
    )


def generate(
    name: str, text: str, *, source_label: str, manifest: Manifest, overlay: str | None
) -> tuple[Profile, str]:
    """Return the profile of an environment, and what it makes of a text of the source of truth.

    `source_label` names the text's revision, such as `local@12`. Raises `ConfigError` when what
    would come out is not valid.
    """
    profile = effective_profile(name, overlay)
    generated = apply_profile(
        text,
        profile,
        org=manifest.name,
        domain=manifest.domain,
        environment=name,
        source_label=source_label,
    )
    validate_environment(generated, name=f"environments/{name}.toml (as generated)")
    return profile, generated


def _check_order(
    session: Session, organization: Organization, name: str, source_revision: int
) -> tuple[str, ...]:
    """Return a warning where the environment before has not had this source revision."""
    manifest = organization.manifest
    before = manifest.environments[manifest.environments.index(name) - 1]
    if manifest.gradual == "off" or before == SOURCE_OF_TRUTH:
        return ()
    earlier = session.environment(before)
    if source_revision in earlier.promoted_from:
        return ()
    has = f"it has {SOURCE_OF_TRUTH}@{earlier.source_revision}" if earlier.source_revision else ""
    message = f"{before} has not had {SOURCE_OF_TRUTH}@{source_revision}"
    message += f" ({has or 'it was never promoted'})"
    if manifest.gradual == "required":
        raise Refused(
            f'{message}, and the policy promotion.gradual is "required"',
            hint=f"run `tetra-es promote {before}` first, or promote {name} --from {before}",
        )
    return (message,)

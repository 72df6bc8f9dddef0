"""Generate an environment from a revision of the source of truth."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from tetra_es import __version__
from tetra_es.errors import Refused, TetraEsError
from tetra_es.events.config import EnvironmentState
from tetra_es.layout import MANIFEST, SOURCE, environment_file, profile_file
from tetra_es.log import canonical
from tetra_es.log.replica import check_not_purged, valid_events
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.profiles.carried import filled_layers, plain_layers
from tetra_es.profiles.generate import generate
from tetra_es.profiles.load import effective_profile
from tetra_es.release.variables import also_secret
from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.edit.statement_values import tomlkit_version
from tetra_es.usecases.config.spelling import warn_of_unmatched_rules
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Container

    from tetra_es.model.environment import Environment
    from tetra_es.model.organization import Organization
    from tetra_es.usecases.unit_of_work import UnitOfWork


class Skipped(NamedTuple):
    """An environment that comes earlier and has not had what was promoted."""

    environment: str
    warning: str


@dataclass(frozen=True)
class Promotion:
    """What a promotion did."""

    environment: str
    source_revision: int
    skipped: Skipped | None


@dataclass(frozen=True)
class Promote(UseCase[Promotion]):
    """Generate an environment from the source revision that `via` has.

    Raises `UsageError` for unknown environments, `Refused` where a rule or the organization's
    policy forbids it, `ConfigError` when what would come out is not valid.
    """

    environment: str
    via: str = SOURCE_OF_TRUTH
    force: bool = False

    def depends_on(self) -> Container[str]:
        """Return the manifest, the profile and, unless it is promoted on, the source of truth."""
        files = {MANIFEST, profile_file(self.environment)}
        return files | {SOURCE} if self.via == SOURCE_OF_TRUTH else files

    def replaces(self) -> str:
        """Return the generated file."""
        return environment_file(self.environment)

    def decide(self, work: UnitOfWork) -> Promotion:
        """Decide the promotion, or nothing where the environment has that state already."""
        name = self.environment
        organization = work.organization()
        organization.environment_named(name)
        environment = work.environment(name)
        source_revision, source = _source(work, organization, self.via)
        environment.check_promotable()
        overlay = organization.profile(name)
        profile, generated = generate(
            name,
            source,
            source_label=f"{SOURCE_OF_TRUTH}@{source_revision}",
            manifest=organization.manifest,
            overlay=overlay,
        )
        warn_of_unmatched_rules(work, overlay, profile, source=(source_revision, source))
        for problem in also_secret(generated.values, name, work.vault(name).present):
            raise generated.wrong(problem.path, problem.what, problem.hint)
        layers = filled_layers(
            profile.layers,
            org=organization.name,
            domain=organization.manifest.domain,
            environment=name,
        )
        rules = canonical.encode_any(plain_layers(layers))
        promoted = environment.promote(
            generated,
            work.context(),
            source_revision=source_revision,
            via=self.via,
            profile=profile.name,
            shipped=effective_profile(profile.name, None).digest,
            rules=sha256(rules).hexdigest(),
            generator={"tetra_es": __version__, "tomlkit": tomlkit_version()},
        )
        if promoted:
            work.add_body(rules)
        skipped = _check_order(work, organization, name, source_revision)
        return Promotion(name, source_revision, skipped)


def _source(work: UnitOfWork, organization: Organization, via: str) -> tuple[int, ConfigDocument]:
    source = work.environment(SOURCE_OF_TRUTH)
    organization.environment_named(via)
    if via == SOURCE_OF_TRUTH:
        return source.revision, source.document
    revision = work.environment(via).source_revision
    if revision is None:
        raise Refused(
            f"{via} was not generated from {SOURCE_OF_TRUTH}: there is nothing to promote from it",
            hint=f"`tetra-es promote {via}` generates it",
        )
    return revision, _state(work, source, revision)


def _state(work: UnitOfWork, environment: Environment, revision: int) -> ConfigDocument:
    """Return a revision of `environment`. Raises `TetraEsError` where it has none."""
    records = work.log.of_stream(environment.id, from_version=revision)
    for record, event in valid_events(work.log, records):
        if isinstance(event, EnvironmentState) and event.revision == revision:
            check_not_purged(work.log, record.position, event)
            return ConfigDocument(environment_file(environment.name), event.text)
    raise TetraEsError(
        f"there is no {environment.name}@{revision}",
        hint=f"`tetra-es history {environment.name}` lists the revisions",
    )


def _check_order(
    work: UnitOfWork, organization: Organization, name: str, source_revision: int
) -> Skipped | None:
    """Return the environment before, where it has not had this source revision."""
    manifest = organization.manifest
    before = manifest.environments[manifest.environments.index(name) - 1]
    if manifest.gradual == "off" or before == SOURCE_OF_TRUTH:
        return None
    earlier = work.environment(before)
    if earlier.source_revision == source_revision:
        return None
    has = f"it has {SOURCE_OF_TRUTH}@{earlier.source_revision}" if earlier.source_revision else ""
    message = f"{before} does not have {SOURCE_OF_TRUTH}@{source_revision}"
    message += f" ({has or 'it was never promoted'})"
    if manifest.gradual == "required":
        raise Refused(
            f'{message}, and the policy promotion.gradual is "required"',
            hint=f"`tetra-es promote {before}` comes first",
        )
    return Skipped(before, message)

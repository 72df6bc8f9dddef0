"""Create an organization: what it begins with, and recording that."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.disk.regular_files import read_text
from tetra_es.errors import Refused, UsageError
from tetra_es.layout import MANIFEST, SOURCE
from tetra_es.names import SOURCE_OF_TRUTH, check_actor
from tetra_es.schema.environment import validate_environment
from tetra_es.schema.manifest import is_domain, read_manifest
from tetra_es.schema.templates import local_template, manifest_template
from tetra_es.secret_scan.scan import refuse, scan_document
from tetra_es.toml.document import ConfigDocument
from tetra_es.usecases.config.source_file import check_size
from tetra_es.usecases.config.spelling import warn_of_misspelled
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es.events.metadata import Context
    from tetra_es.layout import OrgLayout
    from tetra_es.model.organization import Organization
    from tetra_es.usecases.unit_of_work import UnitOfWork

OWN_ENVIRONMENTS = (SOURCE_OF_TRUTH, "dev", "staging", "prod")
"""Tetra's own environments, in promotion order."""


@dataclass(frozen=True)
class InitialConfig:
    """What an organization begins with."""

    name: str
    manifest: ConfigDocument
    source: ConfigDocument
    """The source of truth."""
    profiles: Mapping[str, ConfigDocument]
    """Environment to overlay; usually none."""


def initial_config(layout: OrgLayout, domain: str | None, user: str, system: str) -> InitialConfig:
    """Return what a new organization begins with: the files in its folder, else templates.

    `user` and `system`, the name of an operating system, are those of the machine that `local`
    is for. Raises `TetraEsError` where a file is not usable.
    """
    org = layout.root.name
    manifest = manifest_template(org, check_domain(domain) or default_domain(org), OWN_ENVIRONMENTS)
    source = local_template(user, system)
    return InitialConfig(
        name=org,
        manifest=_present(layout, MANIFEST) or ConfigDocument(MANIFEST, manifest),
        source=_present(layout, SOURCE) or ConfigDocument(SOURCE, source),
        profiles={},
    )


def check_domain(domain: str | None) -> str | None:
    """Return a domain that was given. Raises `UsageError` for what is not a DNS name."""
    if domain and not is_domain(domain):
        hint = "such as --domain my-company.example"
        raise UsageError(f"not a DNS name: {domain!r}", hint=hint)
    return domain


def default_domain(org: str) -> str:
    """Return a domain for an organization that gave none, below the reserved `example`."""
    return f"{org.replace('_', '-').replace('.', '-').strip('-')}.example"


def _present(layout: OrgLayout, path: str) -> ConfigDocument | None:
    """Return a file that is there already, None where there is none.

    Raises `Refused` where it has what looks like a secret: it would be in the first event.
    """
    place = layout.file(path)
    if not os.path.lexists(place):
        return None
    document = ConfigDocument(path, read_text(layout.root, path, then=None))
    if not document.holds_values:
        raise Refused(
            f"{place} is there and has no keys",
            hint=f"`rm {shlex.quote(str(place))}` removes it; the same command then writes one",
        )
    refuse(scan_document(document), path)
    return document


@dataclass(frozen=True)
class CreateOrganization(UseCase[None]):
    """Record a new organization, its overlays and its source of truth, all in one transaction.

    `actor` becomes the first signer, with our key, and reads the secrets of every environment
    with the age recipient `reads`, where that is given. Raises `Refused` when the store has an
    organization already, `ConfigError` when a document is not valid.
    """

    initial: InitialConfig
    actor: str
    reads: str | None = None

    def check(self) -> None:
        """Raise `TetraEsError` where what it begins with is not valid."""
        check_actor(self.actor)
        read_manifest(check_size(self.initial.manifest))
        validate_environment(check_size(self.initial.source))

    def decide(self, work: UnitOfWork) -> None:
        """Decide all of it."""
        self.check()
        warn_of_misspelled(work, self.initial.source, None)
        context = work.context_as(self.actor)
        organization = decide_organization(work, self.initial, context)
        work.environment(SOURCE_OF_TRUTH).create(self.initial.source, context)
        if self.reads is not None:
            decide_reader(work, organization, self.actor, self.reads)


def decide_reader(work: UnitOfWork, organization: Organization, actor: str, reads: str) -> None:
    """Let the founder read the secrets of every environment of a new organization."""
    for environment in organization.manifest.environments:
        work.vault(environment).add_recipient(actor, reads, work.context_as(actor))


def decide_organization(work: UnitOfWork, initial: InitialConfig, context: Context) -> Organization:
    """Return the new organization with its overlays, not saved yet."""
    from tetra_es.profiles.load import validate_overlay

    organization = work.new_organization()
    check_size(initial.manifest)
    organization.create(initial.name, initial.manifest, context, key=work.key.public_line)
    for environment, overlay in initial.profiles.items():
        validate_overlay(check_size(overlay), environment)
        organization.edit_profile(environment, overlay, context)
    return organization

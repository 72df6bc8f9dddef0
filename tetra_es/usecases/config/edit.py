"""Record what one of the files that people edit is to hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.errors import Refused
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.schema.environment import validate_environment
from tetra_es.schema.manifest import read_manifest, unknown_keys
from tetra_es.usecases.config.check_for_secrets import check_for_secrets
from tetra_es.usecases.config.source_file import SOURCE, check_size, size_allowed
from tetra_es.usecases.config.spelling import (
    warn_of_misspelled,
    warn_of_misspelled_rules,
    warn_of_unmatched_rules,
)
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Collection

    from tetra_es.model.organization import Organization
    from tetra_es.profiles.rules import Profile
    from tetra_es.toml.document import ConfigDocument
    from tetra_es.usecases.config.source_file import SourceFile
    from tetra_es.usecases.unit_of_work import UnitOfWork


class EmptiedError(Refused):
    """The source of truth would lose all its keys, which is a slip unless somebody means it."""

    def __init__(self, before: ConfigDocument) -> None:
        count = len(before.keys)
        super().__init__(
            f"{SOURCE.path} would have no keys: {count} would be removed",
            hint="--allow-empty removes them all the same",
        )
        self.lost = f"recording it would remove {count}"


@dataclass(frozen=True)
class Edit(UseCase[None]):
    """Record `document` as the new content of an edited file; nothing when it is the recorded one.

    Raises `ConfigError` when it is not valid, `Refused` when something new in it looks
    like a secret, with file, line and key. `allow` names keys that look like secrets and are
    not: each is recorded as an exception, with the reason. Raises `EmptiedError` when the source
    of truth loses all its keys, unless `allow_empty`. A manifest without keys is not valid, and an
    overlay without any means the built-in profile.
    """

    file: SourceFile
    document: ConfigDocument
    allow: Collection[str] = ()
    allow_empty: bool = False

    def decide(self, work: UnitOfWork) -> None:
        """Decide the edit."""
        decide_edit(work, self.file, self.document, self)


def recorded_document(work: UnitOfWork, file: SourceFile) -> ConfigDocument | None:
    """Return an edited file as recorded, None where it was not recorded yet."""
    match file.kind:
        case "manifest":
            return work.organization().document
        case "profile":
            return work.organization().profile(file.environment)
        case _:
            return work.environment(file.environment).document


def present_document(work: UnitOfWork, file: SourceFile) -> ConfigDocument:
    """Return an edited file as recorded, a template for an overlay not there yet."""
    document = recorded_document(work, file)
    if document is not None:
        return document
    from tetra_es.schema.templates import profile_template

    work.organization().environment_named(file.environment)
    return file.document(profile_template(file.environment, None))


def decide_edit(
    work: UnitOfWork,
    file: SourceFile,
    document: ConfigDocument,
    use_case: UseCase[None],
    *,
    undoes: int | None = None,
) -> None:
    """Decide that `document` is a file's new content, as far as `use_case` allows; see `Edit`.

    `undoes` is the position of the event whose changes this takes back.
    """
    organization = work.organization()
    context = work.context()
    before = recorded_document(work, file)
    check_size(document, size_allowed(before))
    _validate(file, document)
    if before and file == SOURCE and not use_case.allow_empty:
        check_not_emptied(before, document)
    if before is None or document.text != before.text:
        check_for_secrets(organization, str(file), before, document, context, allow=use_case.allow)
    match file.kind:
        case "manifest":
            organization.edit_manifest(document, context, undoes=undoes)
        case "profile":
            organization.edit_profile(file.environment, document, context, undoes=undoes)
            profile = _check_result(work, organization, file.environment)
            warn_of_misspelled_rules(work, document, before)
            warn_of_unmatched_rules(work, document, profile, before)
        case _:
            work.environment(file.environment).edit(document, context, undoes=undoes)
            warn_of_misspelled(work, document, before)


def check_not_emptied(before: ConfigDocument, document: ConfigDocument) -> None:
    """Raise `EmptiedError` where `document` has lost all the keys that were there before."""
    if before.holds_values and not document.holds_values:
        raise EmptiedError(before)


def _validate(file: SourceFile, document: ConfigDocument) -> None:
    """Raise `ConfigError` where a document is not one of its kind."""
    match file.kind:
        case "manifest":
            read_manifest(document)
            for problem in unknown_keys(document):
                raise document.wrong(*problem)
        case "profile":
            # Profiles bring tomlkit, which an edit of another file does without.
            from tetra_es.profiles.load import validate_overlay

            validate_overlay(document, file.environment)
        case _:
            validate_environment(document)


def _check_result(work: UnitOfWork, organization: Organization, environment: str) -> Profile:
    """Return the profile. Raises `ConfigError` where what it makes of the source is not valid."""
    from tetra_es.profiles.generate import generate

    source = work.environment(SOURCE_OF_TRUTH)
    profile, _ = generate(
        environment,
        source.document,
        source_label=f"{SOURCE_OF_TRUTH}@{source.revision}",
        manifest=organization.manifest,
        overlay=organization.profile(environment),
    )
    return profile

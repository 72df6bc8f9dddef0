"""Record a new text of one of the files that people edit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.errors import Refused
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.schema.environment import validate_environment
from tetra_es.schema.manifest import read_manifest
from tetra_es.toml.diff import flatten, holds_values
from tetra_es.usecases.config.check_for_secrets import check_for_secrets
from tetra_es.usecases.config.source_file import SOURCE
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Collection

    from tetra_es.model.organization import Organization
    from tetra_es.usecases.config.source_file import SourceFile
    from tetra_es.usecases.unit_of_work import UnitOfWork


class EmptiedError(Refused):
    """The source of truth would lose all its keys, which is a slip unless somebody means it."""

    def __init__(self, before: str) -> None:
        count = len(flatten(before))
        super().__init__(
            f"{SOURCE.path} would have no keys: {count} would be removed",
            hint="--allow-empty removes them all the same",
        )
        self.lost = f"recording it would remove {count}"


@dataclass(frozen=True)
class Edit(UseCase[None]):
    """Record `text` as the new content of an edited file; nothing when it is the recorded one.

    Raises `ConfigError` when the text is not valid, `Refused` when something new in it looks
    like a secret, with file, line and key. `allow` names keys that look like secrets and are
    not: each is recorded as an exception, with the reason. Raises `EmptiedError` when the source
    of truth loses all its keys, unless `allow_empty`. A manifest without keys is not valid, and an
    overlay without any means the built-in profile.
    """

    file: SourceFile
    text: str
    allow: Collection[str] = ()
    allow_empty: bool = False

    def decide(self, work: UnitOfWork) -> None:
        """Decide the edit."""
        decide_edit(work, self.file, self.text, self)


def recorded_text(work: UnitOfWork, file: SourceFile) -> str | None:
    """Return the recorded text of an edited file, None where it has none yet."""
    match file.kind:
        case "manifest":
            return work.organization().text
        case "profile":
            return work.organization().profiles.get(file.environment)
        case _:
            return work.environment(file.environment).text


def present_text(work: UnitOfWork, file: SourceFile) -> str:
    """Return the recorded text of an edited file, a template for an overlay not there yet."""
    text = recorded_text(work, file)
    if text is not None:
        return text
    from tetra_es.schema.templates import profile_template

    work.organization().environment_named(file.environment)
    return profile_template(file.environment, None)


def decide_edit(work: UnitOfWork, file: SourceFile, text: str, use_case: UseCase[None]) -> None:
    """Decide that `text` is the new content of a file, as far as `use_case` allows; see `Edit`."""
    organization = work.organization()
    context = work.context()
    before = recorded_text(work, file)
    _validate(file, text)
    if before and file == SOURCE and not use_case.allow_empty:
        _check_not_emptied(before, text)
    if text != before:
        check_for_secrets(
            organization, str(file), (before, text), context, name=file.path, allow=use_case.allow
        )
    match file.kind:
        case "manifest":
            organization.edit_manifest(text, context)
        case "profile":
            organization.edit_profile(file.environment, text, context)
            _check_result(work, organization, file.environment)
        case _:
            work.environment(file.environment).edit(text, context)


def _check_not_emptied(before: str, text: str) -> None:
    if not holds_values(text) and holds_values(before):
        raise EmptiedError(before)


def _validate(file: SourceFile, text: str) -> None:
    """Raise `ConfigError` where a text is not one of its kind."""
    match file.kind:
        case "manifest":
            read_manifest(text)
        case "profile":
            # Profiles bring tomlkit, which an edit of another file does without.
            from tetra_es.profiles.load import validate_overlay

            validate_overlay(text, file.environment, name=file.path)
        case _:
            validate_environment(text, name=file.path)


def _check_result(work: UnitOfWork, organization: Organization, environment: str) -> None:
    """Raise `ConfigError` where what the profile makes of the source of truth is not valid."""
    from tetra_es.profiles.generate import generate

    source = work.environment(SOURCE_OF_TRUTH)
    generate(
        environment,
        source.text,
        source_label=f"{SOURCE_OF_TRUTH}@{source.revision}",
        manifest=organization.manifest,
        overlay=organization.profiles.get(environment),
    )

"""Record a new text of one of the files that people edit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.schema.environment import validate_environment
from tetra_es.schema.manifest import read_manifest
from tetra_es.usecases.scan import check_for_secrets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.model.organization import Organization
    from tetra_es.usecases.unit_of_work import Recorded, Session


@dataclass(frozen=True)
class Target:
    """An edited file: `local`, `manifest`, or `profile` with its environment."""

    kind: str
    environment: str = SOURCE_OF_TRUTH

    @property
    def path(self) -> str:
        """Path of the file in the organization's folder."""
        match self.kind:
            case "manifest":
                return "manifest.toml"
            case "profile":
                return f"profiles/{self.environment}.toml"
            case _:
                return f"environments/{self.environment}.toml"

    @classmethod
    def of_path(cls, path: str) -> Target:
        """Return the target whose file is at `path`; the inverse of `path`."""
        if path == "manifest.toml":
            return MANIFEST
        folder, _, name = path.removesuffix(".toml").partition("/")
        return cls("profile", name) if folder == "profiles" else SOURCE

    def __str__(self) -> str:
        return f"profile {self.environment}" if self.kind == "profile" else self.kind


SOURCE = Target(SOURCE_OF_TRUTH)
MANIFEST = Target("manifest")


def current_text(session: Session, target: Target) -> str | None:
    """Return the recorded text of an edited file, None where it has none yet."""
    match target.kind:
        case "manifest":
            return session.organization().text
        case "profile":
            return session.organization().profiles.get(target.environment)
        case _:
            return session.environment(target.environment).text


def record_text(
    session: Session,
    target: Target,
    text: str,
    *,
    reason: str | None = None,
    allow: Sequence[str] = (),
) -> list[Recorded]:
    """Record `text` as the new content of an edited file, nothing when it is the recorded one.

    Raises `ConfigError` when the text is not valid, `Refused` when something new in it looks
    like a secret, with file, line and key. `allow` names keys that look like secrets and are
    none: each is recorded as an exception, with the reason.
    """

    def command() -> list[Recorded]:
        organization = session.organization()
        context = session.context(organization, reason=reason)
        before = current_text(session, target)
        _validate(target, text)
        if text != before:
            check_for_secrets(
                organization, str(target), (before, text), context, name=target.path, allow=allow
            )
        match target.kind:
            case "manifest":
                organization.edit_manifest(text, context)
            case "profile":
                organization.edit_profile(target.environment, text, context)
                _check_result(session, organization, target.environment)
            case _:
                environment = session.environment(target.environment)
                environment.edit(text, context)
                return session.save(organization, environment)
        return session.save(organization)

    return session.run(command)


def _validate(target: Target, text: str) -> None:
    """Raise `ConfigError` where a text is not one of its kind."""
    match target.kind:
        case "manifest":
            read_manifest(text)
        case "profile":
            # Profiles bring tomlkit, which an edit of another file does without.
            from tetra_es.profiles.load import validate_overlay

            validate_overlay(text, target.environment, name=target.path)
        case _:
            validate_environment(text, name=target.path)


def _check_result(session: Session, organization: Organization, environment: str) -> None:
    """Raise `ConfigError` where what the profile makes of the source of truth is not valid."""
    from tetra_es.usecases.promote import generate

    source = session.environment(SOURCE_OF_TRUTH)
    generate(
        environment,
        source.text,
        source_label=f"{SOURCE_OF_TRUTH}@{source.revision}",
        manifest=organization.manifest,
        overlay=organization.profiles.get(environment),
    )

"""Record a new text of one of the files that people edit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.config.schema import validate_environment
from tetra_es.names import SOURCE_OF_TRUTH

if TYPE_CHECKING:
    from tetra_es.domain.organization import Organization
    from tetra_es.usecases.session import Recorded, Session


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
    session: Session, target: Target, text: str, *, reason: str | None = None
) -> Recorded | None:
    """Record `text` as the new content of an edited file, None when it is the recorded one.

    Raises `ConfigError` when the text is not valid, with file, line and key.
    """

    def command() -> Recorded | None:
        organization = session.organization()
        context = session.context(organization, reason=reason)
        match target.kind:
            case "manifest":
                organization.edit_manifest(text, context)
                saved = session.save(organization)
            case "profile":
                # Profiles bring tomlkit, which an edit of another file does without.
                from tetra_es.profiles.load import validate_overlay

                validate_overlay(text, target.environment, name=target.path)
                organization.edit_profile(target.environment, text, context)
                _check_result(session, organization, target.environment)
                saved = session.save(organization)
            case _:
                validate_environment(text, name=target.path)
                environment = session.environment(target.environment)
                environment.edit(text, context)
                saved = session.save(environment)
        return saved[0] if saved else None

    return session.run(command)


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

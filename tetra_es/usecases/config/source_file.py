"""The files that people edit: the source of truth, the manifest, and overlays of profiles."""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

from typing import NamedTuple

from tetra_es.errors import ConfigError
from tetra_es.layout import MANIFEST as MANIFEST_PATH
from tetra_es.layout import PROFILES, environment_file, profile_file
from tetra_es.limits import TEXT_SIZE
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.toml.document import ConfigDocument


class SourceFile(NamedTuple):
    """An edited file: `local`, `manifest`, or `profile` with its environment."""

    kind: str
    environment: str = SOURCE_OF_TRUTH

    @property
    def path(self) -> str:
        """Path of the file in the organization's folder."""
        match self.kind:
            case "manifest":
                return MANIFEST_PATH
            case "profile":
                return profile_file(self.environment)
            case _:
                return environment_file(self.environment)

    @classmethod
    def of_path(cls, path: str) -> "SourceFile":
        """Return the edited file at `path`; the inverse of `path`."""
        if path == MANIFEST_PATH:
            return MANIFEST
        folder, _, name = path.removesuffix(".toml").partition("/")
        return cls("profile", name) if folder == PROFILES else SOURCE

    def document(self, text: str) -> ConfigDocument:
        """Return a text of the file."""
        return ConfigDocument(self.path, text)

    def __str__(self) -> str:
        return f"profile {self.environment}" if self.kind == "profile" else self.kind


def size_allowed(before: ConfigDocument | None) -> int:
    """Return how many bytes a file may have, given its recorded content.

    One that was recorded when there was no limit may be made smaller step by step.
    """
    return max(TEXT_SIZE, len(before.text.encode()) if before else 0)


def check_size(document: ConfigDocument, allowed: int = TEXT_SIZE) -> ConfigDocument:
    """Return a document that is not too large to be recorded. Raises `ConfigError`."""
    if (size := len(document.text.encode())) > allowed:
        raise ConfigError(
            f"{document.path}:1: it has {size} bytes, and {allowed} are the most",
            hint="keep data in files of the application, and their names here",
        )
    return document


SOURCE = SourceFile(SOURCE_OF_TRUTH)
MANIFEST = SourceFile("manifest")


def profile_of(environment: str) -> SourceFile:
    """Return the overlay of an environment's profile."""
    return SourceFile("profile", environment)

"""What of an environment goes to servers, and that the source of truth does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import Refused
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.release.settings import read_settings

if TYPE_CHECKING:
    from tetra_es.release.release import ServerSettings
    from tetra_es.toml.document import ConfigDocument


def server_settings(environment: str, document: ConfigDocument) -> ServerSettings:
    """Return what an environment's TOML says about its servers.

    Raises `Refused` for the source of truth, `ConfigError` for what no server takes.
    """
    refuse_source(environment)
    return read_settings(document, environment)


def refuse_source(environment: str) -> None:
    """Raise `Refused` for the environment that people edit."""
    if environment == SOURCE_OF_TRUTH:
        raise Refused(
            f"{environment} is the source of truth: it runs where you work, not on a server",
            hint="promote it, and deploy what that generates, such as dev",
        )

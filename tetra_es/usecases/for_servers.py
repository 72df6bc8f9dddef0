"""What of an environment goes to servers, and that the source of truth does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import Refused
from tetra_es.layout import environment_file, is_edited
from tetra_es.release.settings import read_settings

if TYPE_CHECKING:
    from tetra_es.release.release import ServerSettings
    from tetra_es.toml.document import ConfigDocument


def server_settings(environment: str, document: ConfigDocument) -> ServerSettings:
    """Return what an environment's TOML says about its servers.

    Raises `Refused` for the source of truth, `ConfigError` for what no server takes.
    """
    if is_edited(environment_file(environment)):
        raise on_no_server(environment)
    return read_settings(document, environment)


def on_no_server(environment: str) -> Refused:
    """Return the error for the environment that people edit."""
    return Refused(
        f"{environment} is the source of truth: it runs where you work, not on a server",
        hint="promote it, and deploy what that generates, such as dev",
    )

"""What a service runs before a release is switched to, as `systemd-run` is told of it.

It runs as the service does: its user, folder, variables, limits and sandbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.release.release import ReleaseCommand
from tetra_es.release.units import confined
from tetra_es.schema.command import program, split

if TYPE_CHECKING:
    from tetra_es.release.release import ServerSettings, ServiceSettings


def release_command(service: ServiceSettings, settings: ServerSettings) -> ReleaseCommand | None:
    """Return what a service runs before the switch, if it has something to run."""
    if not service.release_command:
        return None
    first, *arguments = split(service.release_command)
    # systemd replaces `$NAME` in arguments; specifiers are for files of units alone.
    words = (program(first, service.cwd), *(each.replace("$", "$$") for each in arguments))
    properties = [
        ("User", settings.user),
        ("Group", settings.group),
        ("WorkingDirectory", service.cwd),
        ("RuntimeMaxSec", str(service.release_timeout)),
        *((name, value.replace("%%", "%")) for name, value in confined(service, settings)),
    ]
    return ReleaseCommand(
        words,
        service.release_timeout,
        service.env_path,
        tuple(f"{name}={value}" for name, value in service.variables),
        tuple(f"{name}={value}" for name, value in properties),
        service.release_command,
    )

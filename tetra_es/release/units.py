"""systemd's units, one for all services under tsm or one for each that systemd runs itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.release.command import program, split
from tetra_es.release.quoting import exec_word, shell_word, unit_path, unit_word
from tetra_es.release.sandbox import sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.release.release import ServerSettings, ServiceSettings

UNIT_FOLDER = "/etc/systemd/system"

_MAIN = "tetra"
"""The service whose unit has no name of its own under the runner direct."""

EXIT_RETURNED = 150
"""What the unit of several services ends with when a `tsm start` has returned without a failure.

From 150 to 199 is what exit codes of applications may be: systemd.exec(5).
"""

_PRODUCTION = "prod"
"""The environment whose units do not have its name."""


@dataclass(frozen=True)
class Unit:
    """A unit: its name with `.service`, and the services that it runs."""

    name: str
    services: tuple[ServiceSettings, ...]


def units(environment: str, settings: ServerSettings) -> tuple[Unit, ...]:
    """Return the units of an environment, in the order of their services."""
    stem = "tetra" if environment == _PRODUCTION else f"tetra-{environment}"
    services = settings.services
    if settings.runner == "tsm":
        return (Unit(f"{stem}.service", services),)
    return tuple(
        Unit(
            f"{stem}.service"
            if len(services) == 1 or service.name == _MAIN
            else f"{stem}-{service.name}.service",
            (service,),
        )
        for service in services
    )


def unit_text(unit: Unit, organization: str, environment: str, settings: ServerSettings) -> str:
    """Return the content of the unit's file."""
    names = ", ".join(service.name for service in unit.services)
    sections = {
        "Unit": [
            ("Description", f"Tetra {organization}/{environment}: {names}"),
            ("Wants", "network-online.target"),
            ("After", "network-online.target"),
        ],
        "Service": list(_service_section(unit, settings)),
        "Install": [("WantedBy", "multi-user.target")],
    }
    lines = [
        f"# Written by tetra-es for the organization {organization}, environment {environment}.",
        "# The next deployment replaces it.",
    ]
    for section, entries in sections.items():
        lines += ["", f"[{section}]", *(f"{key}={value}" for key, value in entries)]
    return "\n".join(lines) + "\n"


def _service_section(unit: Unit, settings: ServerSettings) -> Iterator[tuple[str, str]]:
    # A start fails at once, not after the fact, when the program or the user is not there.
    yield "Type", "exec"
    yield "User", settings.user
    yield "Group", settings.group
    yield from (_tsm if settings.runner == "tsm" else _direct)(unit, settings)
    # A unit is restarted as a whole: none that asks for it stays down because another does not.
    restart = any(service.auto_restart for service in unit.services)
    yield "Restart", "on-failure" if restart else "no"
    # Slow enough that systemd's limit, 5 starts in 10 s, does not end the trying.
    yield "RestartSec", "5"
    yield "TimeoutStopSec", "30"
    # Java and some programs of node end with 128 + SIGTERM when they are told to stop.
    yield "SuccessExitStatus", "143"
    if settings.memory_max:
        yield "MemoryMax", f"{settings.memory_max}M"
    if settings.nofile:
        yield "LimitNOFILE", str(settings.nofile)
    if settings.nproc:
        yield "LimitNPROC", str(settings.nproc)
    if settings.sandboxed:
        yield from sandbox(settings, unit.services)
    elif settings.umask:
        yield "UMask", settings.umask


def _tsm(unit: Unit, settings: ServerSettings) -> Iterator[tuple[str, str]]:
    yield "WorkingDirectory", unit_path(settings.tetra_dir)
    yield from _environment(settings)
    starts = [f"tsm start {shell_word(service.name)}" for service in unit.services]
    # With the first of several services that ends, in whatever way, the unit fails: on a success
    # Restart=on-failure would leave all of them down. Nothing may run in the foreground before
    # `wait -n`, since bash then forgets who ended meanwhile.
    all_of_them = f"{{ {' & '.join(starts)} & wait -n && exit {EXIT_RETURNED}; exit 1; }}"
    run = starts[0] if len(starts) == 1 else all_of_them
    script = f"source {shell_word(settings.tetra_dir + '/tetra.sh')} && {run}"
    yield "ExecStart", f"/bin/bash -c {exec_word(script)}"


def _direct(unit: Unit, settings: ServerSettings) -> Iterator[tuple[str, str]]:
    (service,) = unit.services
    first, *arguments = split(service.command)
    yield "WorkingDirectory", unit_path(service.cwd)
    yield from _environment(settings)
    if service.port:
        yield "Environment", f"PORT={service.port}"
    yield "EnvironmentFile", unit_path(service.env_path)
    yield (
        "ExecStart",
        " ".join([unit_word(program(first, service.cwd)), *map(exec_word, arguments)]),
    )


def _environment(settings: ServerSettings) -> Iterator[tuple[str, str]]:
    yield "Environment", unit_word(f"TETRA_SRC={settings.tetra_src}")
    yield "Environment", unit_word(f"TETRA_DIR={settings.tetra_dir}")

"""systemd's units, one for each service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.release.quoting import exec_lines, exec_word, unit_path, unit_word
from tetra_es.release.sandbox import sandbox
from tetra_es.release.tsm_start import script
from tetra_es.schema.command import program, split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tetra_es.release.release import ServerSettings, ServiceSettings

UNIT_FOLDER = "/etc/systemd/system"

_RUNTIME = "tetra-es"
"""Below /run, the folder of the folders in which units note their service's process."""

_MAIN = "tetra"
"""The service whose unit has no name of its own."""

_PRODUCTION = "prod"
"""The environment whose units do not have its name."""


@dataclass(frozen=True)
class Unit:
    """A unit: its name with `.service`, and the service that it runs."""

    name: str
    service: ServiceSettings


def units(environment: str, settings: ServerSettings) -> tuple[Unit, ...]:
    """Return the units of an environment, in the order of their services."""
    stem = "tetra" if environment == _PRODUCTION else f"tetra-{environment}"
    services = settings.services
    return tuple(
        Unit(
            f"{stem}.service"
            if len(services) == 1 or service.name == _MAIN
            else f"{stem}-{service.name}.service",
            service,
        )
        for service in services
    )


def unit_text(
    unit: Unit,
    organization: str,
    environment: str,
    settings: ServerSettings,
    credentials: Mapping[str, str],
) -> str:
    """Return the content of the unit's file. `credentials`: name to path, for services of those."""
    sections = {
        "Unit": [
            ("Description", f"Tetra {organization}/{environment}: {unit.service.name}"),
            ("Wants", "network-online.target"),
            ("After", "network-online.target"),
        ],
        "Service": list(_service_section(unit, settings, credentials)),
        "Install": [("WantedBy", "multi-user.target")],
    }
    lines = [
        f"# Written by tetra-es for the organization {organization}, environment {environment}.",
        "# The next deployment replaces it.",
    ]
    if settings.runner == "tsm":
        lines += [
            "# It runs `tsm start`. Where that returns, systemd goes on with the process that it",
            "# has left running, whose number is put into PIDFile: the unit ends with it.",
        ]
    for section, entries in sections.items():
        lines += ["", f"[{section}]", *(f"{key}={value}" for key, value in entries)]
    return "\n".join(lines) + "\n"


def _service_section(
    unit: Unit, settings: ServerSettings, credentials: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    # A start fails at once, not after the fact, when the program or the user is not there.
    yield "Type", "exec"
    yield "User", settings.user
    yield "Group", settings.group
    yield from _tsm(unit, settings) if settings.runner == "tsm" else _direct(unit)
    if unit.service.credentials:
        for name, path in credentials.items():
            yield "LoadCredential", f"{name}:{unit_path(path)}"
    yield "Restart", "on-failure" if unit.service.auto_restart else "no"
    # Slow enough that systemd's limit, 5 starts in 10 s, does not end the trying.
    yield "RestartSec", "5"
    yield "TimeoutStopSec", str(unit.service.stop_timeout)
    # Java and some programs of node end with 128 + SIGTERM when they are told to stop.
    yield "SuccessExitStatus", "143"
    yield from confined(unit.service, settings)


def confined(service: ServiceSettings, settings: ServerSettings) -> Iterator[tuple[str, str]]:
    """Yield the limits of what a service may use and do."""
    if settings.memory_max:
        yield "MemoryMax", f"{settings.memory_max}M"
    if settings.nofile:
        yield "LimitNOFILE", str(settings.nofile)
    if settings.nproc:
        yield "LimitNPROC", str(settings.nproc)
    if settings.sandboxed:
        yield from sandbox(settings, (service,))
    elif settings.umask:
        yield "UMask", settings.umask


def _tsm(unit: Unit, settings: ServerSettings) -> Iterator[tuple[str, str]]:
    service = unit.service
    folder = f"{_RUNTIME}/{unit.name.removesuffix('.service')}"
    noted = f"/run/{folder}/pid"
    yield "WorkingDirectory", unit_path(settings.tetra_dir)
    # The port is in tsm's own definition.
    yield from _environment(each for each in service.variables if each[0] != "PORT")
    # tsm reads the file, too, and does not export what is in it.
    yield "EnvironmentFile", unit_path(service.env_path)
    yield "RuntimeDirectory", unit_word(folder)
    # Where a `tsm start` that returns has left the process that systemd is to go on with.
    yield "PIDFile", unit_path(noted)
    yield "ExecStart", f"/bin/bash -c {exec_lines(script(service, settings.tetra_dir, noted))}"


def _direct(unit: Unit) -> Iterator[tuple[str, str]]:
    service = unit.service
    first, *arguments = split(service.command)
    yield "WorkingDirectory", unit_path(service.cwd)
    yield from _environment(service.variables)
    if not service.credentials:
        yield "EnvironmentFile", unit_path(service.env_path)
    yield (
        "ExecStart",
        " ".join([unit_word(program(first, service.cwd)), *map(exec_word, arguments)]),
    )


def _environment(variables: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for name, value in variables:
        yield "Environment", unit_word(f"{name}={value}")

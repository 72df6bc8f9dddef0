"""Rendering: from an environment and its secrets, everything that a server gets."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from tetra_es.errors import Refused
from tetra_es.names import check_environment, check_org
from tetra_es.release.definitions import definition
from tetra_es.release.env_file import env_file
from tetra_es.release.reads import values_digest
from tetra_es.release.release import Folder, Link, Release, RemoteFile, Service
from tetra_es.release.release_command import release_command
from tetra_es.release.settings import read_settings
from tetra_es.release.units import UNIT_FOLDER, unit_text, units
from tetra_es.release.variables import also_secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tetra_es.release.release import ServerSettings
    from tetra_es.release.units import Unit
    from tetra_es.toml.document import ConfigDocument

CREDENTIALS = "/etc/tetra-es"
"""The folder of the secrets that systemd gives to services as credentials."""

_MOST_CREDENTIALS = 1 << 20
"""Bytes that one unit may have: systemd.exec(5), "LoadCredential="."""

RESERVED_UNITS = "tetra-es-"
"""What the names of a deployment's own units begin with, so those of no service do."""

_DATA_FOLDERS = (
    "org/{organization}/environments",
    "tsm/services-available",
    "tsm/services-enabled",
    "tsm/runtime/processes",
    "logs",
)
"""The guide's tree, below `tetra_dir`."""

_OPEN, _CLOSED = 0o755, 0o750


def render(
    organization: str, environment: str, document: ConfigDocument, secrets: Mapping[str, bytes]
) -> Release:
    """Return the release of an environment: the same arguments always give the same.

    `document` is the environment's TOML. Raises `ConfigError` for a value that no server could
    be given, with file, line and key, and `Refused` for a secret that no variable can hold, with
    its key.
    """
    check_org(organization)
    check_environment(environment)
    settings = read_settings(document, environment)
    for problem in also_secret(document.values, environment, secrets):
        raise document.wrong(problem.path, problem.what, problem.hint)
    running = units(environment, settings)
    credentials = _credentials(organization, environment, settings, secrets)
    folders = tuple(_folders(organization, settings, credentials))
    files = [
        *_unit_files(running, organization, environment, settings, credentials),
        *_data_files(organization, environment, document, settings),
    ]
    links = tuple(_links(settings))
    taken = {folder.path for folder in folders}
    taken |= {file.path for file in files} | {link.path for link in links}
    _check(running, settings, taken, document)
    files += _env_files(settings, secrets)
    files += [
        RemoteFile(path, secrets[name], 0o600, "root", "root", secret=True)
        for name, path in credentials.items()
    ]
    return Release(
        organization=organization,
        environment=environment,
        settings=settings,
        folders=folders,
        files=tuple(sorted(files, key=lambda file: file.path)),
        links=links,
        units=tuple(unit.name for unit in running),
        services=tuple(_service(unit, settings, document, credentials) for unit in running),
        secret_names=tuple(sorted(secrets)),
    )


def _service(
    unit: Unit,
    settings: ServerSettings,
    document: ConfigDocument,
    credentials: Mapping[str, str],
) -> Service:
    service = unit.service
    secrets = credentials.values() if service.credentials else [service.env_path]
    read = [f"{UNIT_FOLDER}/{unit.name}", *secrets]
    if settings.runner == "tsm":
        read += (_definition(settings, service.name), _enabled(settings, service.name))
    values = values_digest(document.values, service.name)
    return Service(
        service.name,
        unit.name,
        service.port,
        service.check.text,
        tuple(read),
        values,
        release_command(service, settings),
    )


def _definition(settings: ServerSettings, service: str) -> str:
    return f"{settings.tetra_dir}/tsm/services-available/{service}.tsm"


def _enabled(settings: ServerSettings, service: str) -> str:
    return f"{settings.tetra_dir}/tsm/services-enabled/{service}.tsm"


def _credentials(
    organization: str, environment: str, settings: ServerSettings, secrets: Mapping[str, bytes]
) -> dict[str, str]:
    """Return the path of each secret that systemd gives to services, by name; it is root's."""
    if not any(service.credentials for service in settings.services):
        return {}
    if sum(len(key) + len(value) for key, value in secrets.items()) > _MOST_CREDENTIALS:
        raise Refused(
            "the secrets are more than the 1 MiB that systemd gives to a unit as credentials",
            hint=f"`tetra-es secret list {environment}` lists them",
        )
    return {name: f"{CREDENTIALS}/{organization}/{environment}/{name}" for name in sorted(secrets)}


def _folders(
    organization: str, settings: ServerSettings, credentials: Mapping[str, str]
) -> Iterator[Folder]:
    """Yield the folders to make, parents first. Those of the source are there, but env files'."""
    owner = (settings.user, settings.group)
    made = {settings.tetra_dir: _OPEN}
    for below in _DATA_FOLDERS:
        made |= dict.fromkeys(
            _steps(settings.tetra_dir, below.format(organization=organization)), _OPEN
        )
    for service in settings.services:
        if service.credentials:
            continue
        for path in _steps(service.cwd, posixpath.dirname(service.env_file)):
            made.setdefault(path, _CLOSED)
    for path in sorted(made):
        yield Folder(path, made[path], *owner)
    for path in dict.fromkeys(map(posixpath.dirname, credentials.values())):
        yield Folder(path, 0o700, "root", "root")


def _steps(base: str, below: str) -> Iterator[str]:
    parts = below.split("/") if below else []
    for length in range(1, len(parts) + 1):
        yield "/".join((base, *parts[:length]))


def _unit_files(
    running: tuple[Unit, ...],
    organization: str,
    environment: str,
    settings: ServerSettings,
    credentials: Mapping[str, str],
) -> Iterator[RemoteFile]:
    for unit in running:
        content = unit_text(unit, organization, environment, settings, credentials).encode()
        yield RemoteFile(f"{UNIT_FOLDER}/{unit.name}", content, 0o644, "root", "root")


def _data_files(
    organization: str, environment: str, document: ConfigDocument, settings: ServerSettings
) -> Iterator[RemoteFile]:
    owner = (settings.user, settings.group)
    path = f"{settings.tetra_dir}/org/{organization}/environments/{environment}.toml"
    yield RemoteFile(path, document.text.encode(), 0o644, *owner)
    for service in settings.services:
        path = _definition(settings, service.name)
        yield RemoteFile(path, definition(service), 0o644, *owner)


def _links(settings: ServerSettings) -> Iterator[Link]:
    for service in settings.services:
        path = _enabled(settings, service.name)
        target = f"../services-available/{service.name}.tsm"
        yield Link(path, target, settings.user, settings.group)


def _env_files(settings: ServerSettings, secrets: Mapping[str, bytes]) -> Iterator[RemoteFile]:
    paths = [service.env_path for service in settings.services if not service.credentials]
    # systemd reads it before it becomes the service's user; tsm is that user.
    owner = ("root", "root") if settings.runner == "direct" else (settings.user, settings.group)
    for path in dict.fromkeys(paths):
        yield RemoteFile(path, env_file(secrets), 0o600, *owner, secret=True)


def _check(
    running: tuple[Unit, ...], settings: ServerSettings, taken: set[str], document: ConfigDocument
) -> None:
    """Refuse units and env files in the place of something else."""
    for service in settings.services:
        if service.env_path in taken:
            key = ("services", service.name, "env_file")
            problem = f"is where something else goes: {service.env_path}"
            raise document.wrong(key, problem, "such as env/dev.env")
    for unit in running:
        if unit.name.startswith(RESERVED_UNITS):
            problem = f"its unit, {unit.name}, could be one of tetra-es's own"
            hint = "give the service, or the environment, another name"
            raise document.wrong(("services", unit.service.name), problem, hint)

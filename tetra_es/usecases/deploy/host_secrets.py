"""Secrets that a server has in an env file: brought here through the session, and into no file."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from tetra_es.errors import ConfigError, TetraEsError, UsageError
from tetra_es.release.settings import read_settings
from tetra_es.remote.errors import StepFailed
from tetra_es.usecases.secrets.env_text import EnvText, read_env

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.remote.server import Server
    from tetra_es.usecases.deploy.access import Access
    from tetra_es.usecases.ports import Deployments
    from tetra_es.usecases.secrets.env_text import Reader


def secrets_on(
    known: Deployments,
    access: Access,
    environment: str,
    host: str,
    path: str | None = None,
    reader: Reader | None = None,
) -> EnvText:
    """Return what an env file on a host sets: that at `path`, else those of ENV's services.

    `reader`: whose reading counts where systemd and shells differ. Raises `ConfigError` with path
    and line for what is not plain, and where two files give a variable different values.
    """
    if path is not None and not _is_absolute(path):
        raise UsageError(
            f"not an absolute path on {host}: {path!r}",
            hint="begin it with a /, and leave out .. and the like",
        )
    if path is None:
        settings = read_settings(known.document(environment), environment)
        paths = list(dict.fromkeys(service.env_path for service in settings.services))
    else:
        paths = [path]
    with access.open(access.to(host), environment) as server:
        found = {path: read_env(_read(server, path), f"{host}:{path}", reader) for path in paths}
    return _together(host, list(found.items()))


def _is_absolute(path: str) -> bool:
    """Return whether a path says all of the way, and nothing twice."""
    return path[:1] == "/" != path and path == posixpath.normpath(path) and "\0" not in path


def _read(server: Server, path: str) -> bytes:
    try:
        return server.read(path)
    except StepFailed as error:
        raise TetraEsError(
            f"{server.host}: {error.reason}",
            hint=error.hint or "name another file of the server after ENV",
        ) from error


def _together(host: str, found: Sequence[tuple[str, EnvText]]) -> EnvText:
    """Return what several files set."""
    values: dict[str, bytes] = {}
    origin: dict[str, str] = {}
    for path, text in found:
        for name, value in text.values.items():
            if values.setdefault(name, value) != value:
                raise ConfigError(
                    f"{host}: {origin[name]} and {path} give {name} different values",
                    hint="make them agree there: the services of an environment share its secrets",
                )
            origin.setdefault(name, path)
    return EnvText(values, tuple(f"{path}: {one}" for path, text in found for one in text.remarks))

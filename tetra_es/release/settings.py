"""An environment's TOML as the settings of a deployment, defaults filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es.layout import SOURCE, profile_file
from tetra_es.release.constraints import REQUIRED, RULES, is_service_name
from tetra_es.release.health import read_check
from tetra_es.release.release import HealthSettings, ServerSettings, ServiceSettings
from tetra_es.release.variables import wrong_names
from tetra_es.schema.command import why_not_alone
from tetra_es.schema.environment import RELEASE_HINT, validate_environment
from tetra_es.schema.lines import is_absolute
from tetra_es.schema.rule import Problem, matching
from tetra_es.toml.literals import value_literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tetra_es.toml.document import ConfigDocument
    from tetra_es.toml.keys import KeyPath

_SHOWN = 60


def read_settings(document: ConfigDocument, environment: str) -> ServerSettings:
    """Return what the TOML of `environment` says about its servers and services.

    Raises `ConfigError` with file, line and key for the problem that comes first in the file.
    """
    validate_environment(document, recorded=True)
    values = document.values
    problems = [
        *_by_rule(values),
        *_missing(values),
        *_services(values),
        *_two_keys(values),
        *wrong_names(values),
    ]
    if problems:
        first = min(problems, key=lambda problem: document.line_of(problem.path) or 0)
        raise document.wrong(first.path, first.what, _cure(first, environment))
    settings = _settings(values, environment)
    if settings.runner == "direct":
        hint = 'put it in a script, in quotes, or deploy with deployment.runner = "tsm"'
        _check_commands(settings, document, "command", hint)
    _check_commands(settings, document, "release_command", RELEASE_HINT)
    return settings


def _cure(problem: Problem, environment: str) -> str:
    """Return what to do: commands where one value alone will do."""
    if problem.path == ("system", "init_system"):
        return (
            f"`tetra-es set profile {environment} system.init_system=systemd`, then "
            f"`tetra-es promote {environment}`: deployments are to servers that run systemd"
        )
    where = f"{SOURCE} or {profile_file(environment)}"
    return f"{problem.hint}; change {where}, then promote"


def _by_rule(values: Mapping[str, Any]) -> Iterator[Problem]:
    for pattern, rule in RULES.items():
        for path, value in matching(values, pattern):
            if not rule.check(value):
                shown = value_literal(value)
                shown = shown if len(shown) < _SHOWN else "a longer value"
                yield Problem(path, f"must be {rule.must}, is {shown}", rule.hint)


def _missing(values: Mapping[str, Any]) -> Iterator[Problem]:
    for path, hint in REQUIRED.items():
        if not matching(values, path):
            yield Problem(path, "is missing, and a deployment needs it", hint)


def _services(values: Mapping[str, Any]) -> Iterator[Problem]:
    services = values.get("services", {})
    if not services and "services" in values:
        yield Problem(("services",), "names no service", REQUIRED["services",])
    for name, service in services.items():
        path: KeyPath = ("services", name)
        if not is_service_name(name):
            hint = "use at most 64 letters, digits and . _ -, beginning with a letter or digit"
            yield Problem(path, "cannot be a service's name on a server", hint)
        own, every = service.get("health", {}), values.get("health", {})
        if own.get("check") == "command" and "command" not in {**every, **own}:
            hint = 'such as command = "bin/healthy"'
            yield Problem((*path, "health", "check"), "needs a command", hint)
        runner = values.get("deployment", {}).get("runner", "tsm")
        if service.get("secrets") == "credentials" and runner != "direct":
            hint = 'set deployment.runner = "direct": tsm gives a service its env file'
            yield Problem((*path, "secrets"), "needs another runner for credentials", hint)
        elif service.get("secrets") == "credentials" and "release_command" in service:
            hint = 'write secrets = "environment"'
            yield Problem((*path, "release_command"), "gets no secrets as credentials", hint)
        if "command" not in service:
            hint = 'write what it runs: command = "node server/server.js"'
            yield Problem((*path, "command"), "is missing, and a deployment needs it", hint)


def _two_keys(values: Mapping[str, Any]) -> Iterator[Problem]:
    if {"host", "hosts"} <= values.get("deployment", {}).keys():
        yield Problem(("deployment", "host"), "stands beside hosts", "keep one of them")


def _check_commands(
    settings: ServerSettings, document: ConfigDocument, name: str, hint: str
) -> None:
    """Refuse commands that systemd cannot run itself."""
    for service in settings.services:
        command: str = getattr(service, name)
        if command and (reason := why_not_alone(command, service.cwd)):
            raise document.wrong(("services", service.name, name), reason, hint)


def _settings(values: Mapping[str, Any], environment: str) -> ServerSettings:
    deployment, resources = values["deployment"], values.get("resources", {})
    host = deployment.get("host")
    health = HealthSettings(
        **{
            key: value
            for key, value in values.get("health", {}).items()
            if key in HealthSettings.__dataclass_fields__
        }
    )
    return ServerSettings(
        environment_type=values.get("environment", {}).get("type", ""),
        hosts=tuple(deployment.get("hosts", [host] if host else [])),
        user=deployment["user"],
        group=deployment.get("group", deployment["user"]),
        tetra_src=deployment["tetra_src"],
        tetra_dir=deployment["tetra_dir"],
        runner=deployment.get("runner", "tsm"),
        services=tuple(
            _service(name, service, values, environment)
            for name, service in values["services"].items()
        ),
        memory_max=resources.get("memory_max", 0),
        nofile=resources.get("nofile", 0),
        nproc=resources.get("nproc", 0),
        health=health,
        auto_start=values["system"].get("auto_start", True),
        umask=deployment.get("umask", ""),
        read_write_paths=tuple(deployment.get("read_write_paths", [])),
        batch=deployment.get("batch", 1),
        pause=deployment.get("pause", 0),
        canary=deployment.get("canary", 0),
    )


def _service(
    name: str,
    service: dict[str, Any],
    values: Mapping[str, Any],
    environment: str,
) -> ServiceSettings:
    deployment, ports = values["deployment"], values.get("ports", {})
    source = deployment["tetra_src"]
    cwd = service.get("cwd", ".")
    cwd = source if cwd == "." else cwd if is_absolute(cwd) else f"{source}/{cwd}"
    port = service.get("port", name)
    # A number of its own, the name of one, or the one of that name, if there is one.
    key = ("services", name, "port") if isinstance(port, int) else ("ports", port)
    port = ports.get(port) if isinstance(port, str) else port
    variables = {"TETRA_SRC": source, "TETRA_DIR": deployment["tetra_dir"]}
    variables |= service.get("env", {})
    if port:
        variables["PORT"] = str(port)
    return ServiceSettings(
        name=name,
        command=service["command"].strip(),
        cwd=cwd,
        env_file=service.get("env_file", f"env/{environment}.env"),
        auto_restart=service.get("auto_restart", False),
        port=port,
        check=read_check(
            service,
            values.get("health", {}),
            ssl=values.get("security", {}).get("ssl_enabled", False),
            domain=deployment.get("domain", ""),
            user=deployment["user"],
            group=deployment.get("group", deployment["user"]),
            cwd=cwd,
            variables=variables,
        ),
        variables=tuple(variables.items()),
        credentials=service.get("secrets") == "credentials",
        port_key=key,
        stop_timeout=service.get("stop_timeout", ServiceSettings.stop_timeout),
        release_command=service.get("release_command", "").strip(),
        release_timeout=service.get("release_timeout", ServiceSettings.release_timeout),
    )

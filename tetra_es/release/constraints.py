"""What the keys that a deployment reads must be.

Every value that reaches a unit, a shell or a server's file system is checked here, once and by
what is allowed; the quoting of `quoting` is for what these rules let through.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from tetra_es.schema.command import COMMAND
from tetra_es.schema.health import CHECK_TABLES
from tetra_es.schema.hosts import HOST_HINT
from tetra_es.schema.lines import is_absolute, is_line, is_relative
from tetra_es.schema.rule import ANY, Rule

if TYPE_CHECKING:
    from tetra_es.toml.keys import KeyPath

_USER = re.compile(r"[A-Za-z_][A-Za-z0-9._-]{0,30}", re.ASCII)
_SERVICE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", re.ASCII)
_URL_PATH = re.compile(r"/[A-Za-z0-9._~%+,;=:@/?&-]{0,255}", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", re.ASCII)
_MOST_PATHS = 64


def is_service_name(value: Any) -> bool:
    """Return whether `value` can be a part of file names, unit names and shell words."""
    return isinstance(value, str) and bool(_SERVICE.fullmatch(value))


def is_host_name(value: Any) -> bool:
    """Return whether `value` is the name of a host, or an address, as a URL may have it."""
    return isinstance(value, str) and (bool(_HOST.fullmatch(value)) or _is_address(value))


def _is_address(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return "%" not in value


def _is_url_path(value: Any) -> bool:
    return isinstance(value, str) and bool(_URL_PATH.fullmatch(value))


def _are_lines(value: Any) -> bool:
    """Return whether keys and strings of a table, and of those in it, are each one line."""
    return all(
        is_line(key)
        and (
            _are_lines(each)
            if isinstance(each, dict)
            else not isinstance(each, str) or is_line(each)
        )
        for key, each in value.items()
    )


def _are_absolute(value: Any) -> bool:
    if not isinstance(value, list) or len(value) > _MOST_PATHS or not all(map(is_absolute, value)):
        return False
    return len(set(value)) == len(value)


_ACCOUNT = Rule(
    "a user or group name",
    lambda v: isinstance(v, str) and bool(_USER.fullmatch(v)),
    "use letters, digits and . _ -, beginning with a letter or _, such as tetra",
)
_PATH_HINT = "no .., no / at the end, no quotes, backslashes or wildcards"
_ABSOLUTE = Rule("an absolute path in its shortest form", is_absolute, f"{_PATH_HINT}: /opt/tetra")
_URL_PATH_RULE = Rule("the path of a URL", _is_url_path, "such as /health")

_HEALTH = {
    "path": _URL_PATH_RULE,
    "host": Rule("the name or address of a host", is_host_name, "such as app.example.com"),
    "ca": Rule("an absolute path of a file on the server", is_absolute, "such as /etc/ssl/ca.pem"),
    "socket": Rule("an absolute path of a socket", is_absolute, "such as /run/tetra/app.sock"),
    "body_contains": Rule("text on one line", is_line, "a part of what the answer says"),
    "json": Rule("keys and texts on one line each", _are_lines, 'such as json = {status = "ok"}'),
    "command": COMMAND,
}

RULES: dict[KeyPath, Rule] = {
    ("environment", "type"): Rule("text on one line", is_line, "such as production"),
    ("deployment", "hosts"): Rule(
        "a list of at least one ssh destination", bool, f'{HOST_HINT}, such as ["dev-server"]'
    ),
    ("deployment", "user"): _ACCOUNT,
    ("deployment", "group"): _ACCOUNT,
    ("deployment", "tetra_src"): _ABSOLUTE,
    ("deployment", "tetra_dir"): _ABSOLUTE,
    ("deployment", "read_write_paths"): Rule(
        f"a list of at most {_MOST_PATHS} different absolute paths in their shortest form",
        _are_absolute,
        f'{_PATH_HINT}: ["/var/log/tetra"]',
    ),
    # For its hint see `settings`: commands, since only one value will do.
    ("system", "init_system"): Rule("systemd", lambda v: v == "systemd", ""),
    ("services", ANY, "command"): COMMAND,
    ("services", ANY, "release_command"): COMMAND,
    ("services", ANY, "cwd"): Rule(
        "a path in its shortest form, relative to deployment.tetra_src or absolute",
        lambda v: v == "." or is_relative(v) or is_absolute(v),
        f"{_PATH_HINT}: server",
    ),
    ("services", ANY, "env_file"): Rule(
        "a path relative to the service's cwd", is_relative, f"{_PATH_HINT}: env/dev.env"
    ),
    ("services", ANY, "health_path"): _URL_PATH_RULE,
    ("services", ANY, "env", ANY): Rule(
        "text on one line", is_line, "a secret may have more lines than one"
    ),
    **{(*table, key): rule for table in CHECK_TABLES for key, rule in _HEALTH.items()},
}
"""Key to rule: what a server needs beyond what `schema.environment` checks in every TOML."""

REQUIRED: dict[KeyPath, str] = {
    ("system", "init_system"): "",
    ("deployment", "user"): "write the user that runs the services",
    ("deployment", "tetra_src"): "write the folder of Tetra's source on the server",
    ("deployment", "tetra_dir"): "write the folder of Tetra's data on the server",
    ("services",): "describe the services: [services.tetra] with a command",
}
"""Keys that a deployment cannot do without, with the hint for each."""

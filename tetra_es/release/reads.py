"""What a service reads of what is deployed: it is started again when some of that changes.

Its unit, its definition and its env file are files of its own. The environment's TOML is for every
service, so of that it is the values that count: all that an application may ask for. What only a
deployment goes by, or another service's table says, is no reason to stop anything.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEPLOYMENTS_OWN: Mapping[str, frozenset[str]] = {
    "deployment": frozenset(
        {
            *("host", "hosts", "runner", "user", "group", "tetra_src", "tetra_dir", "umask"),
            *("read_write_paths", "batch", "pause", "canary"),
        }
    ),
    "resources": frozenset({"memory_max", "nofile", "nproc"}),
    "system": frozenset({"init_system", "auto_start"}),
}
"""Table to keys that a deployment reads. Where they concern a service, they are in its unit."""

_CHECKS = "health"
"""The table in which all keys are a deployment's."""

_OF_A_SERVICE = frozenset(
    {"health", "health_path", "secrets", "stop_timeout", "release_command", "release_timeout"}
)


def values_digest(values: Mapping[str, Any], service: str) -> str:
    """Return the SHA-256, in hexadecimal, of the values of a TOML that a service may read."""
    read = {
        table: _without(content, _DEPLOYMENTS_OWN.get(table, frozenset()))
        for table, content in values.items()
        if table not in (_CHECKS, "services")
    }
    read["services"] = {service: _without(values["services"][service], _OF_A_SERVICE)}
    read = {table: content for table, content in read.items() if content != {}}
    return sha256(json.dumps(read, sort_keys=True, default=str).encode()).hexdigest()


def _without(content: Any, keys: frozenset[str]) -> Any:
    if not isinstance(content, dict):
        return content
    return {key: value for key, value in content.items() if key not in keys}

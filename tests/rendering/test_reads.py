"""What of a TOML is a reason to start a service again."""

from __future__ import annotations

from typing import Any

import pytest

from tetra_es.release.reads import values_digest

VALUES: dict[str, Any] = {
    "environment": {"name": "dev"},
    "deployment": {"hosts": ["a"], "user": "root", "domain": "dev.example"},
    "health": {"deadline": 60},
    "logging": {"level": "info"},
    "ports": {"tetra": 4444, "worker": 4445},
    "resources": {"memory_max": 1024},
    "services": {"tetra": {"command": "a", "health_path": "/x"}, "worker": {"command": "b"}},
}


def changed(path: str, value: object) -> bool:
    values: dict[str, Any] = {
        table: {**content} if table != "services" else {k: {**v} for k, v in content.items()}
        for table, content in VALUES.items()
    }
    table: dict[str, Any] = values
    *parts, last = path.split(".")
    for part in parts:
        table = table.setdefault(part, {})
    table[last] = value
    return values_digest(values, "tetra") != values_digest(VALUES, "tetra")


@pytest.mark.parametrize(
    "path",
    [
        *("logging.level", "ports.tetra", "ports.worker", "deployment.domain", "their.own"),
        *("services.tetra.command", "services.tetra.mode", "resources.disks", "top"),
    ],
)
def test_what_an_application_may_read(path: str) -> None:
    assert changed(path, "other")


@pytest.mark.parametrize(
    "path",
    [
        *("deployment.hosts", "deployment.user", "health.deadline", "health.path"),
        *("services.worker.command", "services.new.command", "services.tetra.health_path"),
        *("resources.memory_max", "system.auto_start", "services.tetra.stop_timeout"),
    ],
)
def test_what_only_a_deployment_reads(path: str) -> None:
    assert not changed(path, "other")


def test_the_order_of_keys_is_no_change() -> None:
    turned = dict(reversed(VALUES.items()))
    assert values_digest(turned, "tetra") == values_digest(VALUES, "tetra")

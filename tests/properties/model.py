"""What the history must amount to, written with plain dictionaries from the design alone.

Knows nothing of events or streams. The values of the built-in profiles are those of the design's
table; a text is an exact one for `local`, and its values for a generated environment.
"""

from __future__ import annotations

import copy
import tomllib
from dataclasses import dataclass, field
from typing import Any

SERVER = {
    "deployment.tetra_src": ("/root/src/devops/tetra", "/opt/tetra", "/opt/tetra"),
    "deployment.tetra_dir": ("/root/tetra", "/var/lib/tetra", "/var/lib/tetra"),
    "deployment.user": ("root", "tetra", "tetra"),
    "deployment.group": ("root", "tetra", "tetra"),
    "environment.name": ("dev", "staging", "prod"),
    "environment.type": ("development", "staging", "production"),
    "system.os": ("linux",) * 3,
    "system.init_system": ("systemd",) * 3,
    "system.auto_start": (True,) * 3,
    "services.tetra.env_file": ("env/dev.env", "env/staging.env", "env/prod.env"),
    "services.tetra.auto_restart": (True,) * 3,
    "resources.memory_max": (1024, 2048, 4096),
    "resources.nofile": (65536, 65536, 131072),
    "resources.nproc": (4096, 4096, 8192),
    "security.firewall_enabled": (True,) * 3,
    "security.allowed_ips": (["0.0.0.0/0"], ["10.0.0.0/8"], ["10.0.0.0/8"]),
    "security.ssl_enabled": (False, True, True),
    "security.hsts_enabled": (False, False, True),
    "logging.level": ("debug", "info", "warn"),
    "logging.format": ("json",) * 3,
    "logging.destination": ("syslog",) * 3,
    "logging.retention_days": (14, 30, 90),
    "monitoring.enabled": (True,) * 3,
    "monitoring.alert_on_failure": (False, True, True),
    "monitoring.apm_enabled": (False, False, True),
    "backup.enabled": (False, True, True),
    "backup.schedule": ("", "0 3 * * *", "0 1 * * *"),
    "backup.retention_days": (7, 14, 30),
    "backup.offsite": (False, False, True),
}
GENERATED = ("dev", "staging", "prod")
FLAGS = {"dev": "dev", "staging": "staging", "prod": "production"}


@dataclass
class State:
    """A state of an environment, and the one that a rollback from it goes back to."""

    content: Any
    """Two states are the same exactly if their contents are equal."""
    source: int | None
    before: State | None


@dataclass
class Model:
    """The organization. Each command returns whether an event is recorded, None if refused."""

    local: str
    states: dict[str, list[State]] = field(default_factory=dict)
    """Environment to its states, by revision from 1."""
    promoted: dict[str, set[int]] = field(default_factory=dict)
    """Environment to the revisions of `local` that were promoted to it."""
    overlays: dict[str, dict[str, Any]] = field(default_factory=dict)
    overlay_revisions: dict[str, int] = field(default_factory=dict)
    domain: str = "acme.example"
    gradual: str = "advised"
    manifest_revision: int = 1
    signers: set[str] = field(default_factory=lambda: {"alice"})
    actor: str = "alice"
    events: int = 2

    def __post_init__(self) -> None:
        self.states = {"local": [State(self.local, None, None)], "dev": [], "staging": []}
        self.states["prod"] = []

    def edit(self, text: str) -> bool | None:
        if not self._may():
            return None
        if text == self.states["local"][-1].content:
            return False
        return self._add("local", text, None)

    def promote(self, name: str, via: str) -> bool | None:
        if not self._may() or name == "local":
            return None
        source = self._source(via)
        if source is None:
            return None
        values = self.generated(name, source)
        present = self.states[name][-1].content if self.states[name] else None
        if present == (source, values):
            # The rule about order is asked only when there is something to record, or not at
            # all: either way a required order that was kept before still is.
            return None if self._out_of_order(name, source) else False
        if self._out_of_order(name, source):
            return None
        self.promoted.setdefault(name, set()).add(source)
        return self._add(name, (source, values), source)

    def roll_back(self, name: str, revision: int | None) -> bool | None:
        states = self.states[name]
        if not self._may() or not states:
            return None
        present = states[-1]
        if revision is not None:
            if not 1 <= revision <= len(states):
                return None
            target: State | None = states[revision - 1]
        else:
            target = present.before
            while target is not None and target.content == present.content:
                target = target.before
        if target is None or target.content == present.content:
            return None
        # No state of its own: a rollback from here goes on from the old one.
        states.append(target)
        self.events += 1
        return True

    def set_overlay(self, name: str, key: str, value: Any) -> bool | None:
        if not self._may():
            return None
        overlay = self.overlays.setdefault(name, {})
        if key in overlay and overlay[key] == value:
            return False
        overlay[key] = value
        self.overlay_revisions[name] = self.overlay_revisions.get(name, 0) + 1
        self.events += 1
        return True

    def set_manifest(self, key: str, value: str) -> bool | None:
        if not self._may():
            return None
        if getattr(self, key) == value:
            return False
        setattr(self, key, value)
        self.manifest_revision += 1
        self.events += 1
        return True

    def sign(self, name: str, *, add: bool) -> bool | None:
        """Add or remove a signer."""
        if not self._may() or add == (name in self.signers) or (not add and len(self.signers) == 1):
            return None
        self.signers ^= {name}
        self.events += 1
        return True

    def generated(self, name: str, source: int) -> dict[str, Any]:
        """Return the values that a revision of `local` gives an environment."""
        values = copy.deepcopy(tomllib.loads(self.states["local"][source - 1].content))
        at = GENERATED.index(name)
        for key, column in SERVER.items():
            _put(values, key, column[at])
        values["deployment"]["domain"] = self.domain if name == "prod" else f"{name}.{self.domain}"
        values["services"]["tetra"]["command"] += f" --env {FLAGS[name]}"
        for key, value in self.overlays.get(name, {}).items():
            _put(values, key, value)
        return values

    def _may(self) -> bool:
        return self.actor in self.signers

    def _source(self, via: str) -> int | None:
        if via == "local":
            return len(self.states["local"])
        return self.states[via][-1].source if self.states[via] else None

    def _out_of_order(self, name: str, source: int) -> bool:
        before = ("local", *GENERATED)[GENERATED.index(name)]
        # What it has now counts: what it was rolled back from goes nowhere.
        return self.gradual == "required" and before != "local" and self._source(before) != source

    def _add(self, name: str, content: Any, source: int | None) -> bool:
        states = self.states[name]
        states.append(State(content, source, states[-1] if states else None))
        self.events += 1
        return True


def _put(values: dict[str, Any], key: str, value: Any) -> None:
    *tables, last = key.split(".")
    for table in tables:
        values = values.setdefault(table, {})
    values[last] = value

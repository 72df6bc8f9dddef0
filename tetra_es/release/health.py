"""How a service is asked whether it is well, as the environment's TOML says.

A check travels to servers as a text: a path alone where a plain `GET` of it over HTTP is meant,
else lines of a word and its value.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from tetra_es.release.constraints import is_host_name
from tetra_es.schema.health import HTTP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Kind: TypeAlias = Literal["http", "command", "none"]
"""A request, a command on the server, or nothing but the unit's state."""

_PART = "\x1f"
"""Between the parts of a key in a JSON body: no line of TOML that a deployment takes has one."""


@dataclass(frozen=True)
class Check:
    """How one service is asked."""

    kind: Kind = "http"
    path: str = "/health"
    scheme: str = "http"
    """`http`, `https` or `either`: HTTP, and where that has no good answer HTTPS, not verified."""
    verify: bool = True
    """Whether the certificate must be that of `host`, signed by a known authority or `ca`."""
    ca: str = ""
    """A file on the server."""
    host: str = ""
    """A name for the request and the certificate, or the address to ask; empty for 127.0.0.1."""
    method: str = "GET"
    status: tuple[int, ...] = ()
    """The codes that are good; empty for all 2xx."""
    body_contains: str = ""
    json: tuple[tuple[tuple[str, ...], str | int | bool], ...] = ()
    """Key to value of what the body must have."""
    socket: str = ""
    """The path of a unix socket, in the place of the port."""
    command: str = ""
    """A line for `/bin/sh`, run as `user` in `cwd`; 0 is good."""
    user: str = ""
    group: str = ""
    cwd: str = ""
    variables: tuple[tuple[str, str], ...] = ()

    @property
    def needs_curl(self) -> bool:
        """Whether only curl can ask like this."""
        plain = Check(path=self.path, scheme="either" if self.scheme == "either" else "http")
        return self.kind == "http" and self != plain

    @property
    def text(self) -> str:
        """The check as a server is told of it."""
        if self == Check(path=self.path):
            return self.path
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        if self.kind == "none":
            yield "none yes"
        elif self.kind == "command":
            yield f"user {self.user}"
            yield f"group {self.group}"
            yield f"cwd {self.cwd}"
            for name, value in self.variables:
                yield f"variable {name}={value}"
            yield f"command {self.command}"
        else:
            yield f"path {self.path}"
            yield f"scheme {self.scheme}"
            yield f"method {self.method}"
            if not self.verify:
                yield "verify no"
            for word in ("ca", "host", "socket"):
                if value := getattr(self, word):
                    yield f"{word} {value}"
            if self.status:
                yield f"status {' '.join(map(str, self.status))}"
            if self.body_contains:
                yield f"contains {self.body_contains}"
            for key, expected in self.json:
                yield f"json {_PART.join(key)}{_PART}{_PART}{_literal(expected)}"


def _literal(value: str | int | bool) -> str:
    """Return a value as the agent's reader of JSON has it: a string is told by its first sign."""
    return f'"{value}' if isinstance(value, str) else json.dumps(value)


def read_check(
    service: Mapping[str, Any],
    health: Mapping[str, Any],
    *,
    ssl: bool,
    domain: str,
    user: str,
    group: str,
    cwd: str,
    variables: Mapping[str, str],
) -> Check:
    """Return how a service is asked: by its table, and `[health]` for all that it does not say.

    `ssl`: whether the environment says `security.ssl_enabled`. The rest is for a command.
    """
    own = service.get("health", {})
    kind = _kind(own, health)
    table = {**health, **own}
    if kind == "none":
        return Check("none")
    if kind == "command":
        named = tuple(variables.items())
        return Check(
            "command",
            command=table.get("command", ""),
            user=user,
            group=group,
            cwd=cwd,
            variables=named,
        )
    scheme = table.get("scheme") or (
        "https" if {"verify", "ca"} & table.keys() else "either" if ssl else "http"
    )
    verify = table.get("verify", True)
    if "ca" in own and "verify" not in own:
        verify = True
    # A certificate is for the name by which the world asks.
    named_by = domain if scheme == "https" and is_host_name(domain) else ""
    return Check(
        path=own.get("path", service.get("health_path", health.get("path", "/health"))),
        scheme=scheme,
        verify=verify or scheme != "https",
        ca=table.get("ca", "") if scheme == "https" and verify else "",
        host=table.get("host", named_by),
        method=table.get("method", "GET"),
        status=tuple(table.get("status", ())),
        body_contains=table.get("body_contains", ""),
        json=tuple(_leaves((), table.get("json", {}))),
        socket=table.get("socket", ""),
    )


def _kind(own: Mapping[str, Any], health: Mapping[str, Any]) -> Kind:
    """Return the kind that the nearer table names, by itself or by the keys that it has."""
    for table in (own, health):
        if "check" in table:
            kind: Kind = table["check"]
            return kind
        if "command" in table:
            return "command"
        if HTTP.keys() & table.keys():
            return "http"
    return "http"


def _leaves(
    above: tuple[str, ...], table: Mapping[str, Any]
) -> Iterator[tuple[tuple[str, ...], str | int | bool]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves((*above, key), value)
        else:
            yield (*above, key), value

"""What a server's host is: a destination for ssh, the same wherever one is written."""

from __future__ import annotations

import re

_HOST = re.compile(r"[A-Za-z0-9_\[:][A-Za-z0-9_.@:/%\[\]+~-]{0,254}", re.ASCII)

HOST_HINT = "a host name, user@host, ssh://user@host:port, or a host of ~/.ssh/config"


def is_host(value: object) -> bool:
    """Return whether `value` can be a destination for ssh, which takes `-…` for an option."""
    return isinstance(value, str) and bool(_HOST.fullmatch(value)) and "@-" not in value


def are_hosts(value: object) -> bool:
    """Return whether `value` is a list of different hosts; it may be empty."""
    return isinstance(value, list) and all(map(is_host, value)) and len({*value}) == len(value)

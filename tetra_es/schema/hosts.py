"""What a server's host is: a destination for ssh, the same wherever one is written."""

from __future__ import annotations

import ipaddress
import re

_HOST = re.compile(r"[A-Za-z0-9_\[:][A-Za-z0-9_.@:/%\[\]+~-]{0,254}", re.ASCII)
_BRACKETS = re.compile(
    r"(?P<scheme>ssh://)?(?P<user>[^@\[\]/:]+@)?\[(?P<address>[^\[\]]*)\](?::(?P<port>\d{1,5}))?/?"
)

HOST_HINT = "a host name, user@host, user@[::1], ssh://user@host:port, or a host of ~/.ssh/config"


def is_host(value: object) -> bool:
    """Return whether `value` can be a destination for ssh, which takes `-…` for an option.

    Brackets are for an IPv6 address, as in a URL; a port behind them needs the `ssh://`.
    """
    if not isinstance(value, str) or not _HOST.fullmatch(value) or "@-" in value:
        return False
    if "[" not in value and "]" not in value:
        return True
    found = _BRACKETS.fullmatch(value)
    if not found or (found["port"] and not found["scheme"]):
        return False
    try:
        ipaddress.IPv6Address(found["address"])
    except ValueError:
        return False
    return True


def ssh_words(host: str) -> list[str]:
    """Return the end of an ssh command that reaches a host.

    OpenSSH takes no brackets: neither in `user@[::1]`, which it looks up as a name, nor in a URL,
    where it knows no IPv6 address.
    """
    found = _BRACKETS.fullmatch(host)
    if not found:
        return ["--", host]
    port = ["-p", found["port"]] if found["port"] else []
    return [*port, "--", f"{found['user'] or ''}{found['address']}"]


def are_hosts(value: object) -> bool:
    """Return whether `value` is a list of different hosts; it may be empty."""
    return isinstance(value, list) and all(map(is_host, value)) and len({*value}) == len(value)

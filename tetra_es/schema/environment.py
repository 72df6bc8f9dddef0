"""What is known about the keys of an environment. Unknown keys are the user's own and pass."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from tetra_es.schema.hosts import HOST_HINT, are_hosts, is_host
from tetra_es.schema.near import nearest
from tetra_es.schema.schedule import is_schedule
from tetra_es.toml.keys import KeyPath, format_key
from tetra_es.toml.literals import value_literal
from tetra_es.toml.redact import redact_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tetra_es.toml.document import ConfigDocument

Check: TypeAlias = Callable[[Any], bool]

ANY = "*"
"""Stands for one part of a key, whatever it is."""


class Rule(NamedTuple):
    """What the value of a key must be."""

    must: str
    """How the message goes on after "must be"."""
    check: Check
    hint: str


def _is_int(value: Any, low: int = 0, high: int = 2**53) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_port(value: Any) -> bool:
    return _is_int(value, 1, 65535)


def _is_network(value: Any) -> bool:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return isinstance(value, str)


def _is_umask(value: Any) -> bool:
    # One that takes something from the owner is most likely a mode.
    return isinstance(value, str) and bool(re.fullmatch("0?0[0-7]{2}", value))


def _one_of(*words: str) -> Rule:
    return Rule(
        f"one of {', '.join(words)}", lambda v: v in words, f"write one of {', '.join(words)}"
    )


_TEXT = Rule("a string", lambda v: isinstance(v, str), 'put the value in quotes, "like this"')
_FILLED = Rule(
    "a string that is not empty",
    lambda v: isinstance(v, str) and bool(v.strip()),
    'put the value in quotes, "like this"',
)
_FLAG = Rule("true or false", lambda v: isinstance(v, bool), "write true or false, without quotes")
_SIZE = Rule("an integer, 0 or more", _is_int, "write a whole number; 0 means no limit")
_DAYS = Rule("an integer, 0 or more", _is_int, "write a number of days")
_SECONDS = Rule(
    "an integer from 1 to 3600", lambda v: _is_int(v, 1, 3600), "write a number of whole seconds"
)
_PORT = Rule("an integer from 1 to 65535", _is_port, "choose a port from 1 to 65535")
_TABLE = Rule("a table", lambda v: isinstance(v, dict), "write it as a table: [name]")

LOG_LEVELS = ("trace", "debug", "info", "warn", "error", "fatal")

RULES: dict[KeyPath, Rule] = {
    **{(table,): _TABLE for table in (
        "environment", "deployment", "system", "ports", "services", "resources", "security",
        "logging", "monitoring", "backup", "health",
    )},
    ("environment", "name"): _FILLED,
    ("environment", "type"): _FILLED,
    **{("deployment", key): _FILLED for key in (
        "user", "group", "tetra_src", "tetra_dir", "domain",
    )},
    ("deployment", "host"): Rule(
        "an ssh destination", is_host, f'{HOST_HINT}, such as "dev-server"'
    ),
    ("deployment", "hosts"): Rule(
        "a list of different ssh destinations", are_hosts,
        f'{HOST_HINT}, such as ["dev-server", "root@10.0.0.5"]',
    ),
    ("deployment", "runner"): _one_of("tsm", "direct"),
    ("deployment", "umask"): Rule(
        "a umask in octal digits, 0 for the owner", _is_umask,
        'write what group and others may not do, in quotes, such as "0027"',
    ),
    ("deployment", "read_write_paths"): Rule(
        "a list of paths",
        lambda v: isinstance(v, list) and all(isinstance(i, str) and i for i in v),
        'such as ["/var/log/tetra"]',
    ),
    ("system", "os"): _TEXT,
    ("system", "init_system"): _TEXT,
    ("system", "auto_start"): _FLAG,
    ("ports", ANY): _PORT,
    ("services", ANY): _TABLE,
    ("services", ANY, "command"): _FILLED,
    ("services", ANY, "env_file"): _FILLED,
    ("services", ANY, "env_flag"): _FLAG,
    ("services", ANY, "auto_restart"): _FLAG,
    ("services", ANY, "cwd"): _FILLED,
    ("services", ANY, "health_path"): _FILLED,
    ("services", ANY, "port"): Rule(
        "a port or the name of one in [ports]",
        lambda v: _is_port(v) or isinstance(v, str),
        "write a number from 1 to 65535, or a name from [ports]",
    ),
    ("health", "path"): _FILLED,
    **{("health", key): _SECONDS for key in ("deadline", "interval", "timeout")},
    ("health", "successes"): Rule(
        "an integer from 1 to 100", lambda v: _is_int(v, 1, 100), "write how many in a row"
    ),
    ("health", "stays_up"): Rule(
        "an integer from 0 to 3600", lambda v: _is_int(v, 0, 3600),
        "write a number of whole seconds",
    ),
    ("resources", "memory_max"): _SIZE,
    ("resources", "nofile"): _SIZE,
    ("resources", "nproc"): _SIZE,
    ("security", "firewall_enabled"): _FLAG,
    ("security", "allowed_ips"): Rule(
        "a list of addresses or networks",
        lambda v: isinstance(v, list) and all(isinstance(i, str) and _is_network(i) for i in v),
        'such as ["10.0.0.0/8", "127.0.0.1"]',
    ),
    ("security", "ssl_enabled"): _FLAG,
    ("security", "hsts_enabled"): _FLAG,
    ("logging", "level"): _one_of(*LOG_LEVELS),
    ("logging", "format"): _one_of("pretty", "json", "text"),
    ("logging", "destination"): _TEXT,
    ("logging", "retention_days"): _DAYS,
    ("monitoring", "enabled"): _FLAG,
    ("monitoring", "alert_on_failure"): _FLAG,
    ("monitoring", "apm_enabled"): _FLAG,
    ("backup", "enabled"): _FLAG,
    ("backup", "schedule"): Rule(
        "empty or the five fields of cron", is_schedule, 'such as "0 3 * * *" for three o\'clock'
    ),
    ("backup", "retention_days"): _DAYS,
    ("backup", "offsite"): _FLAG,
}  # fmt: skip
"""Key to rule. `*` is any one part."""


_OURS = "health"
"""The table in which nobody has keys of their own: a deployment goes by each of them."""


def known_beside(table: KeyPath) -> list[str]:
    """Return the keys that we know in a table; none where all keys are alike, as in `ports`."""
    known = [path[-1] for path in _rules_below(table) if len(path) == len(table) + 1]
    return [] if ANY in known else known


def is_known_table(path: KeyPath) -> bool:
    """Return whether we know a key that is in the table `path`, or in one inside it."""
    return any(_rules_below(path))


def _rules_below(table: KeyPath) -> Iterator[KeyPath]:
    return (
        path
        for path in RULES
        if len(path) > len(table)
        and all(part in (ANY, other) for part, other in zip(path, table, strict=False))
    )


class Problem(NamedTuple):
    """One wrong value."""

    path: KeyPath
    what: str
    hint: str


def validate_environment(document: ConfigDocument, *, recorded: bool = False) -> None:
    """Check the known keys of an environment.

    Raises `ConfigError` with file, line and key for the problem that comes first in the file.
    Where it is `recorded`, unknown keys pass that are refused otherwise.
    """
    if first := first_problem(document, recorded=recorded):
        raise document.wrong(first.path, first.what, first.hint)


def first_problem(document: ConfigDocument, *, recorded: bool = False) -> Problem | None:
    """Return the problem that comes first in an environment's file; see `validate_environment`."""
    values = document.values
    problems = [*_by_rule(values), *_ports(values)]
    if not recorded:
        problems += _unknown(values)
    return min(problems, key=lambda one: document.line_of(one.path) or 0) if problems else None


def _by_rule(values: Mapping[str, Any]) -> list[Problem]:
    found = []
    for pattern, rule in RULES.items():
        for path, value in matching(values, pattern):
            if not rule.check(value):
                shown = value_literal(value)
                shown = redact_value(shown) if len(shown) < 60 else "a table or a long value"
                found.append(Problem(path, f"must be {rule.must}, is {shown}", rule.hint))
    return found


def _unknown(values: Mapping[str, Any]) -> list[Problem]:
    """Return the keys that mean nothing in tables that are for us alone."""
    table, known = values.get(_OURS), known_beside((_OURS,))
    if not isinstance(table, dict):
        return []
    problems = []
    for key in table:
        if key not in known:
            near = nearest(key, known)
            hint = f"did you mean {near}?" if near else f"its keys are {', '.join(known)}"
            problems.append(Problem((_OURS, key), f"is not a key of [{_OURS}]", hint))
    return problems


def _ports(values: Mapping[str, Any]) -> list[Problem]:
    """Return ports that two names claim, and services whose port has no entry."""
    found = []
    names: dict[int, KeyPath] = {}
    claims = matching(values, ("ports", ANY))
    direct = matching(values, ("services", ANY, "port"))
    own = dict(claims)
    for path, port in [*claims, *direct]:
        if isinstance(port, str) and path[0] == "services":
            if ("ports", port) not in own:
                found.append(Problem(path, f"there is no port {port!r} in [ports]", "add it there"))
            continue
        if not _is_port(port):
            continue
        other = names.setdefault(port, path)
        # A service may repeat the number of the port that has its name.
        if other != path and not (path[0] == "services" and other == ("ports", path[1])):
            what = f"port {port} is taken by {format_key(other)}"
            found.append(Problem(path, what, "give each service a port of its own"))
    return found


def matching(values: Mapping[str, Any], pattern: KeyPath) -> list[tuple[KeyPath, Any]]:
    """Return path and value of the keys that `pattern` stands for, in the order of the file."""
    found: list[tuple[KeyPath, Any]] = [((), values)]
    for part in pattern:
        found = [
            ((*path, key), table[key])
            for path, table in found
            if isinstance(table, dict)
            for key in (table if part == ANY else [part] if part in table else [])
        ]
    return found

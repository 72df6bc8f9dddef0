"""What is known about the keys of an environment. Unknown keys are the user's own and pass."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

from tetra_es.limits import LONGEST_PAUSE, MOST_AT_A_TIME
from tetra_es.schema.health import CHECK, CHECK_TABLES, URL_PATH, WINDOWS, conflicts
from tetra_es.schema.hosts import HOST_HINT, are_hosts, is_host
from tetra_es.schema.near import nearest
from tetra_es.schema.rule import ANY, FILLED, FLAG, TEXT, Problem, Rule, is_int, matching, one_of
from tetra_es.schema.schedule import is_schedule
from tetra_es.toml.keys import format_key
from tetra_es.toml.literals import value_literal
from tetra_es.toml.redact import redact_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tetra_es.toml.document import ConfigDocument
    from tetra_es.toml.keys import KeyPath


def _is_port(value: Any) -> bool:
    return is_int(value, 1, 65535)


def _is_network(value: Any) -> bool:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return isinstance(value, str)


def _is_umask(value: Any) -> bool:
    # One that takes something from the owner is most likely a mode.
    return isinstance(value, str) and bool(re.fullmatch("0?0[0-7]{2}", value))


_SIZE = Rule("an integer, 0 or more", is_int, "write a whole number; 0 means no limit")
_DAYS = Rule("an integer, 0 or more", is_int, "write a number of days")
_PORT = Rule("an integer from 1 to 65535", _is_port, "choose a port from 1 to 65535")
_TABLE = Rule("a table", lambda v: isinstance(v, dict), "write it as a table: [name]")

RELEASE_HINT = "put it in a script"
"""For a release command that needs a shell."""

LOG_LEVELS = ("trace", "debug", "info", "warn", "error", "fatal")

RULES: dict[KeyPath, Rule] = {
    **{(table,): _TABLE for table in (
        "environment", "deployment", "system", "ports", "services", "resources", "security",
        "logging", "monitoring", "backup",
    )},
    **dict.fromkeys(CHECK_TABLES, _TABLE),
    ("environment", "name"): FILLED,
    ("environment", "type"): FILLED,
    **{("deployment", key): FILLED for key in (
        "user", "group", "tetra_src", "tetra_dir", "domain",
    )},
    ("deployment", "host"): Rule(
        "an ssh destination", is_host, f'{HOST_HINT}, such as "dev-server"'
    ),
    ("deployment", "hosts"): Rule(
        "a list of different ssh destinations", are_hosts,
        f'{HOST_HINT}, such as ["dev-server", "root@10.0.0.5"]',
    ),
    ("deployment", "runner"): one_of("tsm", "direct"),
    ("deployment", "umask"): Rule(
        "a umask in octal digits, 0 for the owner", _is_umask,
        'write what group and others may not do, in quotes, such as "0027"',
    ),
    ("deployment", "read_write_paths"): Rule(
        "a list of paths",
        lambda v: isinstance(v, list) and all(isinstance(i, str) and i for i in v),
        'such as ["/var/log/tetra"]',
    ),
    ("deployment", "batch"): Rule(
        f"an integer from 1 to {MOST_AT_A_TIME}", lambda v: is_int(v, 1, MOST_AT_A_TIME),
        "write how many hosts at a time",
    ),
    ("deployment", "pause"): Rule(
        f"an integer from 0 to {LONGEST_PAUSE}", lambda v: is_int(v, 0, LONGEST_PAUSE),
        "write the seconds between two batches of hosts",
    ),
    ("deployment", "canary"): Rule(
        f"an integer from 0 to {MOST_AT_A_TIME}", lambda v: is_int(v, 0, MOST_AT_A_TIME),
        "write how many hosts come before all others",
    ),
    ("system", "os"): TEXT,
    ("system", "init_system"): TEXT,
    ("system", "auto_start"): FLAG,
    ("ports", ANY): _PORT,
    ("services", ANY): _TABLE,
    ("services", ANY, "command"): FILLED,
    ("services", ANY, "env_file"): FILLED,
    ("services", ANY, "env_flag"): FLAG,
    ("services", ANY, "auto_restart"): FLAG,
    ("services", ANY, "cwd"): FILLED,
    ("services", ANY, "health_path"): URL_PATH,
    ("services", ANY, "release_command"): FILLED,
    ("services", ANY, "release_timeout"): Rule(
        "an integer from 1 to 3600", lambda v: is_int(v, 1, 3600), "write a number of whole seconds"
    ),
    ("services", ANY, "stop_timeout"): Rule(
        "an integer from 1 to 300", lambda v: is_int(v, 1, 300),
        "write the seconds that the service gets to stop",
    ),
    ("services", ANY, "env"): _TABLE,
    ("services", ANY, "env", ANY): TEXT,
    ("services", ANY, "secrets"): one_of("environment", "credentials"),
    ("services", ANY, "port"): Rule(
        "a port or the name of one in [ports]",
        lambda v: _is_port(v) or isinstance(v, str),
        "write a number from 1 to 65535, or a name from [ports]",
    ),
    **{("health", key): rule for key, rule in WINDOWS.items()},
    **{(*table, key): rule for table in CHECK_TABLES for key, rule in CHECK.items()},
    ("resources", "memory_max"): _SIZE,
    ("resources", "nofile"): _SIZE,
    ("resources", "nproc"): _SIZE,
    ("security", "firewall_enabled"): FLAG,
    ("security", "allowed_ips"): Rule(
        "a list of addresses or networks",
        lambda v: isinstance(v, list) and all(isinstance(i, str) and _is_network(i) for i in v),
        'such as ["10.0.0.0/8", "127.0.0.1"]',
    ),
    ("security", "ssl_enabled"): FLAG,
    ("security", "hsts_enabled"): FLAG,
    ("logging", "level"): one_of(*LOG_LEVELS),
    ("logging", "format"): one_of("pretty", "json", "text"),
    ("logging", "destination"): TEXT,
    ("logging", "retention_days"): _DAYS,
    ("monitoring", "enabled"): FLAG,
    ("monitoring", "alert_on_failure"): FLAG,
    ("monitoring", "apm_enabled"): FLAG,
    ("backup", "enabled"): FLAG,
    ("backup", "schedule"): Rule(
        "empty or the five fields of cron", is_schedule, 'such as "0 3 * * *" for three o\'clock'
    ),
    ("backup", "retention_days"): _DAYS,
    ("backup", "offsite"): FLAG,
}  # fmt: skip
"""Key to rule. `*` is any one part."""


def known_beside(table: KeyPath) -> list[str]:
    """Return the keys that we know in a table; none where all keys are alike, as in `ports`."""
    known = [path[-1] for path in _rules_below(table) if len(path) == len(table) + 1]
    return [] if ANY in known else known


def rule_of(key: KeyPath) -> Rule | None:
    """Return the rule for a key, which may have `*` for a part; None for an own key."""
    return next(
        (
            rule
            for pattern, rule in RULES.items()
            if len(pattern) == len(key)
            and all(part in (ANY, other) for part, other in zip(pattern, key, strict=True))
        ),
        None,
    )


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


def validate_environment(document: ConfigDocument, *, recorded: bool = False) -> None:
    """Check the known keys of an environment.

    Raises `ConfigError` with file, line and key for the problem that comes first in the file.
    Where it is `recorded`, unknown keys and commands pass that are refused otherwise.
    """
    if first := first_problem(document, recorded=recorded):
        raise document.wrong(first.path, first.what, first.hint)


def first_problem(document: ConfigDocument, *, recorded: bool = False) -> Problem | None:
    """Return the problem that comes first in an environment's file; see `validate_environment`."""
    problems = problems_in(document, recorded=recorded)
    return min(problems, key=lambda one: document.line_of(one.path) or 0) if problems else None


def problems_in(document: ConfigDocument, *, recorded: bool = False) -> list[Problem]:
    """Return all problems of an environment's file; see `validate_environment`."""
    values = document.values
    problems = [*_by_rule(values), *_ports(values), *conflicts(values)]
    if not recorded:
        problems += [*_unknown(values), *_release_commands(values)]
    return problems


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
    """Return the keys that mean nothing in the tables that are for us alone."""
    problems = []
    for pattern in CHECK_TABLES:
        known = known_beside(pattern)
        for path, table in matching(values, pattern):
            for key in table if isinstance(table, dict) else ():
                if key not in known:
                    near = nearest(key, known)
                    hint = f"did you mean {near}?" if near else f"its keys are {', '.join(known)}"
                    what = f"is not a key of [{format_key(path)}]"
                    problems.append(Problem((*path, key), what, hint))
    return problems


def _release_commands(values: Mapping[str, Any]) -> list[Problem]:
    """Return those that a deployment could not run: they are run without a shell."""
    found = matching(values, ("services", ANY, "release_command"))
    if not found:
        return []
    from tetra_es.schema.command import COMMAND, why_not_alone  # few have one

    problems = []
    for path, command in found:
        if not isinstance(command, str) or not command.strip():
            continue  # which has a rule of its own
        if not COMMAND.check(command):
            problems.append(Problem(path, f"must be {COMMAND.must}", COMMAND.hint))
        elif reason := why_not_alone(command.strip()):
            problems.append(Problem(path, reason, RELEASE_HINT))
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

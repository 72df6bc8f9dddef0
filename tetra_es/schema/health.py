"""What the keys of `[health]` and of `[services.NAME.health]` must be.

Nobody has keys of their own in these tables: a deployment goes by each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es.schema.rule import ANY, FILLED, FLAG, Problem, Rule, is_int, matching, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tetra_es.toml.keys import KeyPath

CHECK_TABLES: tuple[KeyPath, ...] = (("health",), ("services", ANY, "health"))
"""The tables that say how services are asked: for all of them, and for one."""

_SECONDS = Rule(
    "an integer from 1 to 3600", lambda v: is_int(v, 1, 3600), "write a number of whole seconds"
)

WINDOWS: dict[str, Rule] = {
    **dict.fromkeys(("deadline", "interval", "timeout"), _SECONDS),
    "successes": Rule(
        "an integer from 1 to 100", lambda v: is_int(v, 1, 100), "write how many in a row"
    ),
    "stays_up": Rule(
        "an integer from 0 to 3600",
        lambda v: is_int(v, 0, 3600),
        "write a number of whole seconds",
    ),
}
"""How long a deployment waits, for all services together."""


def _is_status(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(is_int(each, 100, 599) for each in value)
        and len(set(value)) == len(value)
    )


def _is_plain_table(value: Any) -> bool:
    """Return whether these are strings, whole numbers and flags, in tables or not."""
    return isinstance(value, dict) and all(
        _is_plain_table(each) if isinstance(each, dict) else isinstance(each, (str, int))
        for each in value.values()
    )


URL_PATH = Rule(
    "the path of a URL, beginning with /",
    lambda v: isinstance(v, str) and v.startswith("/"),
    "such as /health",
)

HTTP: dict[str, Rule] = {
    "path": URL_PATH,
    "scheme": one_of("http", "https"),
    "verify": FLAG,
    "ca": FILLED,
    "host": FILLED,
    "method": one_of("GET", "HEAD", "POST"),
    "status": Rule(
        "a list of different status codes", _is_status, "such as [200, 204]; any 2xx without it"
    ),
    "body_contains": FILLED,
    "json": Rule(
        "a table of strings, whole numbers, true and false",
        _is_plain_table,
        'write what the answer must have: json = {status = "ok"}',
    ),
    "socket": FILLED,
}
"""What is said of a request."""

CHECK: dict[str, Rule] = {"check": one_of("http", "command", "none"), **HTTP, "command": FILLED}
"""How a service is asked."""


def conflicts(values: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield the keys that mean nothing beside another one of their table."""
    for pattern in CHECK_TABLES:
        for path, table in matching(values, pattern):
            if isinstance(table, dict):
                yield from _conflicts(path, table)


def _conflicts(path: KeyPath, table: Mapping[str, Any]) -> Iterator[Problem]:
    hint = "keep one of them"
    kind = table.get("check", "command" if "command" in table else "http")
    if kind != "http":
        for key in (each for each in HTTP if each in table):
            beside = "command" if kind == "command" else 'check = "none"'
            yield Problem((*path, key), f"stands beside {beside}, which asks nothing by HTTP", hint)
    if "command" in table and kind != "command":
        yield Problem((*path, "command"), f'stands beside check = "{kind}"', hint)
    if kind == "command" and path == ("health",) and "command" not in table:
        yield Problem((*path, "check"), "needs a command", 'such as command = "bin/healthy"')
    if table.get("scheme") == "http":
        for key in (each for each in ("verify", "ca") if each in table):
            what = 'stands beside scheme = "http", which has no certificate'
            yield Problem((*path, key), what, hint)
    if "ca" in table and table.get("verify") is False:
        yield Problem((*path, "ca"), "stands beside verify = false", hint)
    if table.get("method") == "HEAD":
        for key in (each for each in ("body_contains", "json") if each in table):
            what = 'stands beside method = "HEAD", which brings no body'
            yield Problem((*path, key), what, hint)

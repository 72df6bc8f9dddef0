"""The manifest: the organization's name, domain, environments in order, and policies."""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from tetra_es.errors import UsageError
from tetra_es.names import SOURCE_OF_TRUTH, check_environment, check_org
from tetra_es.schema.near import nearest
from tetra_es.schema.rule import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.toml.document import ConfigDocument

GRADUAL = ("off", "advised", "required")

KNOWN = ("name", "domain", "environments", "promotion")
PROMOTION = ("gradual",)
LATER = ("review", "freeze", "break_glass", "people")
"""Tables of policies that are announced, and that no version keeps to yet."""

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)


class Manifest(NamedTuple):
    """What `manifest.toml` says."""

    name: str
    domain: str
    environments: tuple[str, ...]
    """In promotion order, the source of truth first."""
    gradual: Literal["off", "advised", "required"]
    """Whether promoting past an environment is silent, warned about, or refused."""


@lru_cache(maxsize=4)
def read_manifest(document: "ConfigDocument") -> Manifest:
    """Return the manifest. Raises `ConfigError` with line and key where it is not valid."""
    for problem in problems_in(document):
        raise document.wrong(*problem)
    values = document.values
    gradual = values.get("promotion", {}).get("gradual", "advised")
    return Manifest(
        values["name"],
        values["domain"],
        tuple(values["environments"]),
        cast('Literal["off", "advised", "required"]', gradual),
    )


def problems_in(document: "ConfigDocument") -> "Iterator[Problem]":
    """Yield what makes a manifest unusable. Raises `ConfigError` where it is not TOML."""
    values = document.values
    promotion = values.get("promotion", {})
    if not _valid(check_org, values.get("name")):
        yield Problem(("name",), "must be the organization's name", 'such as name = "my-company"')
    domain = values.get("domain")
    if not isinstance(domain, str) or not is_domain(domain):
        yield Problem(("domain",), "must be a DNS name", 'such as domain = "my-company.example"')
    if not isinstance(promotion, dict):
        yield Problem(("promotion",), "must be a table", "write it as [promotion]")
    elif promotion.get("gradual", "advised") not in GRADUAL:
        what = f"must be one of {', '.join(GRADUAL)}"
        yield Problem(("promotion", "gradual"), what, "choose one of them")
    problem = _environments_problem(values.get("environments"))
    if problem:
        yield Problem(("environments",), problem, 'such as ["local", "dev", "staging", "prod"]')


def is_domain(name: str) -> bool:
    """Return whether `name` is a DNS name."""
    return len(name) <= 253 and _DOMAIN.fullmatch(name) is not None


def unknown_keys(document: "ConfigDocument") -> "Iterator[Problem]":
    """Yield the keys that most likely mean something else, and those of policies that none has.

    A policy that is not understood would be one that nobody keeps to. Own keys beside pass.
    """
    values = document.values
    for key in values:
        if key not in KNOWN and (near := nearest(key, KNOWN)):
            yield Problem((key,), "is not known here", f"did you mean {near}?")
        elif key in LATER:
            what = "is a policy that this version does not know"
            yield Problem((key,), what, "take it out: nothing would keep to it")
    promotion = values.get("promotion")
    for key in promotion if isinstance(promotion, dict) else ():
        if key not in PROMOTION:
            near = nearest(key, PROMOTION)
            hint = f"did you mean {near}?" if near else f"its keys are {', '.join(PROMOTION)}"
            yield Problem(("promotion", key), "is not a key of [promotion]", hint)


def add_environment(
    document: "ConfigDocument", environment: str, *, after: str | None
) -> "ConfigDocument":
    """Return the manifest with an environment more, after another or at the end but for prod.

    Raises `UsageError` when it is there already, or `after` is not.
    """
    from tetra_es.toml.edit.assignments import set_value

    environments = list(read_manifest(document).environments)
    if environment in environments:
        raise UsageError(
            f"there is an environment {environment} already",
            hint=f"the environments are {', '.join(environments)}",
        )
    if after is not None and after not in environments:
        raise UsageError(
            f"unknown environment: {after}", hint=f"the environments are {', '.join(environments)}"
        )
    at = environments.index(after) + 1 if after else max(1, len(environments) - 1)
    environments.insert(at, environment)
    return set_value(document, ("environments",), environments)


def remove_environment(document: "ConfigDocument", environment: str) -> "ConfigDocument":
    """Return the manifest without an environment that it has."""
    from tetra_es.toml.edit.assignments import set_value

    environments = list(read_manifest(document).environments)
    environments.remove(environment)
    return set_value(document, ("environments",), environments)


def _environments_problem(value: Any) -> str | None:
    if not isinstance(value, list) or not value:
        return "must be a list of names"
    for item in value:
        if not _valid(check_environment, item) or item.startswith("@"):
            return f"{item!r} is not an environment's name"
    if len(set(value)) != len(value):
        return "names an environment twice"
    if value[0] != SOURCE_OF_TRUTH:
        return f"must begin with {SOURCE_OF_TRUTH}, the source of truth"
    return None


def _valid(check: Any, value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(check(value))
    except UsageError:
        return False

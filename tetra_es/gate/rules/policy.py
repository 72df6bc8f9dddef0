"""What rules 1 look at in a manifest. How strict a manifest is otherwise is not for the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import UsageError
from tetra_es.gate.verdicts import Broken, Reason
from tetra_es.names import SOURCE_OF_TRUTH, check_environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

GRADUAL = ("off", "advised", "required")


class Policy(NamedTuple):
    """What a manifest says of promotions."""

    name: str
    domain: str
    environments: tuple[str, ...]
    """In promotion order, the source of truth first."""
    gradual: str


def policy_of(values: Mapping[str, Any]) -> Policy:
    """Return what a manifest says. Raises `Broken` where it does not say it."""
    name, domain, names = (values.get(key) for key in ("name", "domain", "environments"))
    promotion = values.get("promotion", {})
    gradual = promotion.get("gradual", "advised") if isinstance(promotion, dict) else None
    if not isinstance(name, str) or not isinstance(domain, str) or gradual not in GRADUAL:
        raise Broken(Reason.MANIFEST, "the manifest lacks a name, a domain or a lawful policy")
    if not isinstance(names, list) or not names or names[0] != SOURCE_OF_TRUTH:
        raise Broken(Reason.MANIFEST, "its environments do not begin with the source of truth")
    if not all(map(_is_name, names)) or len(set(names)) != len(names):
        raise Broken(Reason.MANIFEST, "its environments are not different names")
    return Policy(name, domain, tuple(names), str(gradual))


def _is_name(value: object) -> bool:
    try:
        return isinstance(value, str) and check_environment(value) == value
    except UsageError:
        return False


def skipped_before(
    policy: Policy, environment: str, source_revision: int, has: Mapping[str, int | None]
) -> str | None:
    """Return the environment that has to have a source revision before `environment` may, or None.

    None where it has it now: that it once had it, and was rolled back from it, does not count.
    `has` is the source revision of each environment's present state. The code that records asks
    here too; only under `required` is the answer a rule.
    """
    before = policy.environments[policy.environments.index(environment) - 1]
    if before == SOURCE_OF_TRUTH or has.get(before) == source_revision:
        return None
    return before

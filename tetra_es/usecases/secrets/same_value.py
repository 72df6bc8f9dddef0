"""Versions of secrets that have one value: copies of it, and where it was brought back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.model.secrets import SecretVersion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tetra_es.model.secrets import Vault


def with_the_value_of(one: SecretVersion, vaults: Iterable[Vault]) -> list[SecretVersion]:
    """Return all versions that are known to have the value of `one`, itself among them, sorted.

    Copies count in both directions: who knows a copy knows what it is a copy of. What somebody
    typed or piped in twice is not known to be the same.
    """
    linked: dict[SecretVersion, set[SecretVersion]] = {}
    for vault in vaults:
        for key, versions in vault.versions.items():
            for number, version in versions.items():
                if version.source:
                    here = SecretVersion(vault.environment, key, number)
                    linked.setdefault(here, set()).add(version.source)
                    linked.setdefault(version.source, set()).add(here)
    found, todo = {one}, [one]
    while todo:
        more = linked.get(todo.pop(), set()) - found
        found |= more
        todo += more
    return sorted(found)

"""Plain variables of services, `[services.NAME.env]`: such as NODE_ENV, which is not a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es.names import is_secret_name
from tetra_es.release.env_file import SHELLS_OWN
from tetra_es.schema.rule import ANY, Problem, matching

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

OURS = frozenset({"TETRA_SRC", "TETRA_DIR", "PORT", "CREDENTIALS_DIRECTORY"})
"""Variables that a unit sets itself."""

_TABLES = ("services", ANY, "env")


def wrong_names(values: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield the variables of an environment's services that a unit cannot set."""
    for path, table in matching(values, _TABLES):
        for name in table:
            if not is_secret_name(name):
                yield Problem(
                    (*path, name), "cannot be a variable's name", "use letters, digits and _"
                )
            elif name in OURS:
                hint = "it is made of [deployment] and [ports]: leave it out"
                yield Problem((*path, name), "is a variable that a deployment sets itself", hint)
            elif name in SHELLS_OWN:
                hint = "name it otherwise"
                yield Problem((*path, name), "is a variable that shells keep for themselves", hint)


def also_secret(
    values: Mapping[str, Any], environment: str, secrets: Collection[str]
) -> Iterator[Problem]:
    """Yield the variables that have the name of a secret of the environment."""
    for path, table in matching(values, _TABLES):
        for name in table if isinstance(table, dict) else ():
            if name in secrets:
                yield Problem(
                    (*path, name),
                    "is the name of a secret, too",
                    "leave it out of the TOML, or remove the secret: "
                    f"`tetra-es secret rm {environment} {name}`",
                )

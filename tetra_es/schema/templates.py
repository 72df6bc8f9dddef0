"""The texts that an organization and its files begin with."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

from tetra_es.toml.literals import value_literal

if TYPE_CHECKING:
    from collections.abc import Sequence


def manifest_template(org: str, domain: str, environments: Sequence[str]) -> str:
    """Return the manifest of a new organization."""
    return _filled("manifest", ORG=org, DOMAIN=domain, ENVIRONMENTS=list(environments))


def local_template(user: str, host_os: str) -> str:
    """Return the source of truth of a new organization, with the values of section 9's table."""
    return _filled("local", USER=user, OS=host_os)


def profile_template(environment: str, extends: str | None) -> str:
    """Return an overlay that changes nothing yet.

    `extends` names the built-in profile, None where the environment has one of its own name.
    """
    text = _read("profile").replace("ENVIRONMENT", environment)
    line = f"extends = {value_literal(extends)}\n" if extends else f'# extends = "{environment}"\n'
    return text.replace("EXTENDS\n", line)


def _filled(template: str, **values: object) -> str:
    """Return a template with its capital words in quotes replaced by TOML literals."""
    # All at once: a value may be a word itself.
    return re.sub(
        f'"({"|".join(values)})"', lambda word: value_literal(values[word[1]]), _read(template)
    )


def _read(template: str) -> str:
    return (files("tetra_es.schema") / "texts" / f"{template}.toml").read_text("utf-8")

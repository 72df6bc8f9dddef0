"""Which profile an environment has: a built-in one, with the organization's overlay on it."""

from __future__ import annotations

from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files

import rfc8785

from tetra_es.errors import Refused
from tetra_es.profiles.rules import Profile, Rules, read_rules
from tetra_es.toml.document import ConfigDocument


@cache
def builtin_names() -> tuple[str, ...]:
    """Return the names of the built-in profiles."""
    folder = files("tetra_es.profiles") / "builtin"
    return tuple(sorted(file.name.removesuffix(".toml") for file in folder.iterdir()))


@lru_cache(maxsize=32)
def effective_profile(environment: str, overlay: ConfigDocument | None) -> Profile:
    """Return the profile of an environment, given the organization's overlay.

    Raises `Refused` where there is no built-in profile to start from, `ConfigError` where the
    overlay is not valid.
    """
    layers: list[Rules] = []
    base: str | None = None
    if overlay is not None:
        rules, base = read_rules(overlay, overlay=True)
        layers.append(rules)
        _check_base(base, overlay)
    base = base or environment
    if base not in builtin_names():
        raise Refused(
            f"{environment} has no profile",
            hint=f'write extends = "NAME" in profiles/{environment}.toml; '
            f"NAME is one of {', '.join(builtin_names())}",
        )
    layers.insert(0, _builtin_rules(base))
    return Profile(base, tuple(layers), _digest(layers))


def validate_overlay(overlay: ConfigDocument, environment: str) -> None:
    """Check an overlay. Raises as `effective_profile` does."""
    effective_profile(environment, overlay)


@cache
def _builtin_rules(name: str) -> Rules:
    file = f"{name}.toml"
    text = (files("tetra_es.profiles") / "builtin" / file).read_text("utf-8")
    return read_rules(ConfigDocument(file, text), overlay=False)[0]


def _check_base(base: str | None, overlay: ConfigDocument) -> None:
    if base is not None and base not in builtin_names():
        raise overlay.wrong(
            ("extends",),
            f"there is no built-in profile {base!r}",
            f"the built-in profiles are {', '.join(builtin_names())}",
        )


def _digest(layers: list[Rules]) -> str:
    """Return the digest of the rules: what they say, not how the file is written."""
    return sha256(rfc8785.dumps([rules.plain() for rules in layers])).hexdigest()

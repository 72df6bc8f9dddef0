"""Names that people type and that become paths, streams and principals: validated before use."""

from __future__ import annotations

import re

from tetra_es.errors import UsageError

SOURCE_OF_TRUTH = "local"
"""The environment that all others are generated from."""

RESERVED = frozenset({"manifest", "profile", "org", "history", "store"})
"""Words that the command line uses where an environment may stand."""

_ORG = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)
_ENVIRONMENT = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)
_ACTOR = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+@-]{0,127}", re.ASCII)
_SECRET = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)


def check_org(name: str) -> str:
    """Return `name` if it can name an organization's folder, else raise `UsageError`."""
    if not _ORG.fullmatch(name) or ".." in name:
        raise UsageError(
            f"not an organization name: {name!r}",
            hint="use lower-case letters, digits and . _ -, beginning with a letter or digit",
        )
    return name


def check_environment(name: str) -> str:
    """Return the bare name of `dev` or `@dev`, or raise `UsageError`. It need not exist."""
    bare = name.removeprefix("@")
    if not _ENVIRONMENT.fullmatch(bare) or bare in RESERVED:
        raise UsageError(
            f"not an environment name: {name!r}",
            hint="use lower-case letters, digits and '-', beginning with a letter, such as qa-2",
        )
    return bare


def check_actor(name: str) -> str:
    """Return `name` if it can be a signer's name and an SSH principal, else raise `UsageError`.

    OpenSSH reads a principal as a comma-separated list of patterns, so commas, blanks and
    wildcards would make a signature count for somebody else.
    """
    if not _ACTOR.fullmatch(name):
        raise UsageError(
            f"not a signer's name: {name!r}",
            hint="use letters, digits and . _ + @ -, such as alice or alice@example.org",
        )
    return name


def is_secret_name(name: str) -> bool:
    """Return whether `name` can name a secret."""
    return _SECRET.fullmatch(name) is not None


def check_secret_name(name: str) -> str:
    """Return `name` if it can name a secret, a variable and a file, else raise `UsageError`."""
    if not is_secret_name(name):
        raise UsageError(
            f"not a secret's name: {name!r}",
            hint="use letters, digits and '_', not beginning with a digit, such as DATABASE_URL",
        )
    return name

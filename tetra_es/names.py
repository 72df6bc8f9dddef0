"""Names that people type and that become paths, streams and principals: validated before use."""

from __future__ import annotations

import re

from tetra_es.errors import UsageError

SOURCE_OF_TRUTH = "local"
"""The environment that all others are generated from."""

LOCALHOST = "localhost"
"""What a machine itself is called as a server, in events."""

RESERVED = frozenset({"manifest", "profile", "org", "history", "store"})
"""Words that the command line uses where an environment may stand."""

# Compiled when first used: a command uses one or two of them.
_ORG = r"[a-z0-9][a-z0-9._-]{0,62}"
_ENVIRONMENT = r"[a-z][a-z0-9-]{0,31}"
_ACTOR = r"[A-Za-z0-9][A-Za-z0-9._+@-]{0,127}"
_VARIABLE = r"[A-Za-z_][A-Za-z0-9_]{0,127}"


def check_org(name: str) -> str:
    """Return `name` if it can name an organization's folder, else raise `UsageError`."""
    if not is_org(name):
        raise UsageError(
            f"not an organization name: {name!r}",
            hint="use lower-case letters, digits and . _ -, beginning with a letter or digit",
        )
    return name


def is_org(name: str) -> bool:
    """Return whether `name` can name an organization's folder."""
    return bool(re.fullmatch(_ORG, name, re.ASCII)) and ".." not in name


def check_environment(name: str) -> str:
    """Return the bare name of `dev` or `@dev`, or raise `UsageError`. It need not exist."""
    bare = name.removeprefix("@")
    if not is_environment(bare):
        raise UsageError(
            f"not an environment name: {name!r}",
            hint="use lower-case letters, digits and '-', beginning with a letter, such as qa-2",
        )
    return bare


def check_file(name: str) -> str:
    """Return what an environment, `manifest` or `profile ENV` is called, or raise `UsageError`."""
    if name == "manifest":
        return name
    kind, _, environment = name.rpartition(" ")
    if kind not in ("", "profile"):
        raise UsageError(f"not a file: {name!r}", hint="an environment, manifest, or profile ENV")
    bare = check_environment(environment)
    if kind and bare == SOURCE_OF_TRUTH:
        raise UsageError(
            f"{bare} is the source of truth: it has no profile",
            hint="a profile is of an environment that is generated",
        )
    return f"{kind} {bare}".strip()


def is_environment(bare: str) -> bool:
    """Return whether `bare`, without an `@`, can name an environment."""
    return bool(re.fullmatch(_ENVIRONMENT, bare, re.ASCII)) and bare not in RESERVED


def check_actor(name: str, of: str = "a signer") -> str:
    """Return `name` if it can be a signer's name and an SSH principal, else raise `UsageError`.

    OpenSSH reads a principal as a comma-separated list of patterns, so commas, blanks and
    wildcards would make a signature count for somebody else. `of` says whose name it is, where it
    is not a signer's.
    """
    if not re.fullmatch(_ACTOR, name, re.ASCII):
        raise UsageError(
            f"not {of}'s name: {name!r}",
            hint="use letters, digits and . _ + @ -, such as alice or alice@example.org",
        )
    return name


def is_secret_name(name: str) -> bool:
    """Return whether `name` can name a secret."""
    return re.fullmatch(_VARIABLE, name, re.ASCII) is not None


def check_secret_name(name: str) -> str:
    """Return `name` if it can name a secret, a variable and a file, else raise `UsageError`."""
    if not is_secret_name(name):
        raise UsageError(
            f"not a secret's name: {name!r}",
            hint="use letters, digits and '_', not beginning with a digit, such as DATABASE_URL",
        )
    return name

"""Naming a file that people edit (local, manifest, profile ENV), or one that they look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.errors import Refused, UsageError
from tetra_es.names import SOURCE_OF_TRUTH, check_environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.usecases.config.source_file import SourceFile

_ANY = "WHERE is an environment, manifest, or profile followed by ENV."
_WHERE = "WHERE is local, manifest, or profile followed by ENV."


def environment_in(word: str, option: str | None = None) -> str:
    """Return the bare name of an environment. Raises `UsageError`, which says what may be meant.

    `option` is the one that the word was given for, None for an argument.
    """
    try:
        return check_environment(word)
    except UsageError as error:
        from tetra_es_cli.context.meant import hint_for

        error.hint = hint_for(word, option) or error.hint
        raise


def too_many(rest: Sequence[str]) -> Exception:
    """Return the error for words after the last that a command takes. It does not repeat them."""
    from tetra_es_cli.context.meant import hint_for_more

    if hint := hint_for_more(rest):
        return UsageError("too many arguments", hint=hint)
    return click.UsageError("too many arguments")


def split_source_file(words: Sequence[str]) -> tuple[SourceFile, list[str]]:
    """Return the edited file that the first words name, and the words after it."""
    from tetra_es.usecases.config.source_file import MANIFEST, SOURCE, profile_of

    if not words:
        raise UsageError("nothing to work on", hint=_WHERE)
    first, *rest = words
    if first.removeprefix("@") == SOURCE.kind:
        return SOURCE, rest
    if first == MANIFEST.kind:
        return MANIFEST, rest
    if first == "profile":
        if not rest:
            raise UsageError("which environment's profile?", hint=_WHERE)
        environment = environment_in(rest[0])
        if environment == SOURCE_OF_TRUTH:
            raise Refused(
                f"{environment} has no profile",
                hint="change local itself: it is the source of truth",
            )
        return profile_of(environment), rest[1:]
    from tetra_es_cli.context.meant import hint_for_edited

    name = first.partition("=")[0]
    raise UsageError(f"{name} is not a file that is edited", hint=hint_for_edited(first, _WHERE))


def one_source_file(words: Sequence[str]) -> SourceFile:
    """Return the edited file that the words name, all of them."""
    file, rest = split_source_file(words)
    if rest:
        raise too_many(rest)
    return file


def split_file(words: Sequence[str]) -> tuple[str, list[str]]:
    """Return what the first words name, as views call it, and the words after it.

    An environment, `manifest`, or `profile ENV`.
    """
    if not words:
        raise UsageError("nothing to look at", hint=_ANY)
    first, *rest = words
    if first == "manifest":
        return first, rest
    if first.startswith("profile "):  # as one word
        first, *rest = "profile", first.removeprefix("profile "), *rest
    if first != "profile":
        return environment_in(first), rest
    if not rest:
        raise UsageError("which environment's profile?", hint=_ANY)
    if (environment := environment_in(rest[0])) == SOURCE_OF_TRUTH:
        raise UsageError(
            f"{environment} is the source of truth: it has no profile",
            hint="a profile is followed by an environment that is generated",
        )
    return f"profile {environment}", rest[1:]


def one_file(words: Sequence[str]) -> str:
    """Return what the words name, all of them."""
    file, rest = split_file(words)
    if rest:
        raise too_many(rest)
    return file


def file_and_key(words: Sequence[str]) -> tuple[str, str | None]:
    """Return what the words name, and the key after it, None where there is none."""
    from tetra_es.usecases.config.keys import canonical_key

    file, rest = split_file(words)
    if len(rest) > 1:
        raise click.UsageError("too many arguments")
    return file, canonical_key(rest[0]) if rest else None


def edited_file(file: str) -> SourceFile | None:
    """Return the manifest or the profile that views call `file`; None for an environment."""
    from tetra_es.usecases.config.source_file import MANIFEST, profile_of

    kind, _, environment = file.partition(" ")
    if kind == "profile":
        return profile_of(environment)
    return MANIFEST if kind == MANIFEST.kind else None


def states_in(words: Sequence[str]) -> list[str]:
    """Return words with `profile` and what follows it as one, such as `profile dev@1`."""
    found: list[str] = []
    for word in words:
        if found and found[-1] == "profile":
            found[-1] = f"profile {word}"
        else:
            found.append(word)
    if found[-1:] == ["profile"]:
        raise UsageError("which environment's profile?", hint=_ANY)
    return found

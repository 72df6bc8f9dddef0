"""Hints for a word where an environment belongs, loaded for a word that does not fit."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

import click

from tetra_es.names import SOURCE_OF_TRUTH, is_environment

if TYPE_CHECKING:
    from collections.abc import Sequence

_REVISION = r"@?([a-z][a-z0-9-]*)@(?:[0-9]{1,18}|prev)"
_STATE = rf"#?[0-9]{{1,18}}|{_REVISION}"
_EDITED = (SOURCE_OF_TRUTH, "manifest", "profile")


def hint_for(word: str, option: str | None = None) -> str | None:
    """Return what to write in the place of a word; None where nothing better is known.

    `option` is the one that the word was given for, None for an argument.
    """
    if revision := re.fullmatch(_REVISION, word, re.ASCII):
        environment = revision[1]
        if option:
            return f"{option} takes an environment: {option} {environment}"
        if state := _option_for_a_state():
            return f"the state goes after {state}: {environment} {state} {word.removeprefix('@')}"
        return f"name the environment alone: {environment}"
    if word == "manifest":
        return "that is a file of the organization: `tetra-es show manifest` prints it"
    return None


def hint_for_more(rest: Sequence[str]) -> str | None:
    """Return a hint for words after the last that a command takes, where they name a state."""
    if re.fullmatch(_STATE, rest[0], re.ASCII) and (state := _option_for_a_state()):
        path = click.get_current_context().command_path
        return f"a state goes after {state}; `{path} --help` says how it is used"
    return None


def hint_for_edited(word: str, otherwise: str) -> str:
    """Return what to write in the place of a word that is not a file that people edit."""
    if near := get_close_matches(word, _EDITED, n=1):
        return f"did you mean {near[0]}? {otherwise}"
    key, assigns, _ = word.partition("=")
    context = click.get_current_context(silent=True)
    if context and re.fullmatch(r"\w+(\.[\w-]+)+", key, re.ASCII):
        if context.command.name == "set" and assigns:
            return f"name the file first: `tetra-es set {SOURCE_OF_TRUTH} {key}=VALUE`"
        if context.command.name == "unset" and not assigns:
            return f"name the file first: `tetra-es unset {SOURCE_OF_TRUTH} {key}`"
    if is_environment(word.removeprefix("@")):
        name = word.removeprefix("@")
        return f"environments are generated: change {SOURCE_OF_TRUTH}, or profile {name}"
    return otherwise


def _option_for_a_state() -> str | None:
    """Return the option of the present command that takes a REF."""
    context = click.get_current_context(silent=True)
    params = context.command.params if context else []
    takes = [one for one in params if isinstance(one, click.Option) and one.type.name == "ref"]
    return next((name for one in takes for name in one.opts if name in ("--at", "--to")), None)

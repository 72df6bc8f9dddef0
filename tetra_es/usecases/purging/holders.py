"""Present texts that have a value, and the commands that take it out of them."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tetra_es.errors import Refused, TetraEsError
from tetra_es.layout import is_edited
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.profiles.load import validate_overlay
from tetra_es.profiles.places import places_in_overlay
from tetra_es.schema.environment import validate_environment
from tetra_es.schema.manifest import read_manifest
from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.edit.assignments import place_in_document, set_values, unset_keys
from tetra_es.usecases.purging.texts import present_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tetra_es.usecases.purging.needle import Needle
    from tetra_es.usecases.purging.texts import Where
    from tetra_es.usecases.unit_of_work import UnitOfWork

_CHANGED = "changed"
"""What a key gets that cannot be left out."""


_COMPOSED = "; where that changes nothing, name the part of the value that is secret instead"
"""For a value that no edited text has whole: a profile may put it together."""


def check_not_present(work: UnitOfWork, needle: Needle) -> None:
    """Raise `Refused` where a present text has the value, with what takes it out."""
    holders = [(where, text) for where, text in present_texts(work) if needle.is_in(text)]
    if not holders:
        return
    names = [str(where) for where, _ in holders]
    known = work.organization().manifest.environments
    commands = dict.fromkeys(
        command
        for where, text in holders
        for command in _commands(where, ConfigDocument(where.path, text), needle, known)
    )
    quoted = ", ".join(f"`{shlex.join(('tetra-es', *words))}`" for words in commands)
    raise Refused(
        f"{_listed(names)} still {'has' if len(names) == 1 else 'have'} the value: change it first",
        hint=f"{quoted}; then purge again" + ("" if any(map(_is_edited, holders)) else _COMPOSED),
    )


def _is_edited(holder: tuple[Where, str]) -> bool:
    return is_edited(holder[0].path)


def _commands(
    where: Where, document: ConfigDocument, needle: Needle, known: tuple[str, ...]
) -> Iterator[tuple[str, ...]]:
    """Yield the words of the commands that take a value out of a text."""
    if where.environment and where.environment not in known:
        yield ("env", "add", where.environment, "--profile", "dev")
    if where.kind == "environment" and where.environment != SOURCE_OF_TRUTH:
        yield ("promote", where.environment)
        return
    file = str(where).split()
    of_profile = where.kind == "profile"
    place = places_in_overlay(document, where.environment, {}) if of_profile else place_in_document
    keys = [place(key).name for key, literal in document.keys.items() if needle.is_in(literal)]
    assignments = [(key, _CHANGED) for key in keys]
    if any(map(needle.is_in, keys)):  # which a hint must not repeat
        yield ("edit", *file)
    elif _does(lambda: unset_keys(document, keys, place=place, prune=of_profile), where, needle):
        yield ("unset", *file, *keys)
    elif _does(lambda: set_values(document, assignments, place=place), where, needle):
        yield ("set", *file, *map("=".join, assignments))
    else:
        yield ("edit", *file)


def _does(change: Callable[[], ConfigDocument], where: Where, needle: Needle) -> bool:
    """Return whether a change takes the value out of a text that stays valid."""
    try:
        changed = change()
        match where.kind:
            case "manifest":
                read_manifest(changed)
            case "profile":
                validate_overlay(changed, where.environment)
            case _:
                validate_environment(changed)
    except TetraEsError:
        return False
    return not needle.is_in(changed.text)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

"""The texts that an organization has now, and those that a file had, with what is in them."""

from __future__ import annotations

import shlex
import tomllib
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.errors import ConfigError, UsageError
from tetra_es.events.base import revision_of
from tetra_es.events.config import (
    ENVIRONMENT_STREAM,
    ORG_STREAM,
    EnvironmentState,
    ManifestEdited,
    OrganizationCreated,
    ProfileEdited,
)
from tetra_es.layout import MANIFEST, environment_file, profile_file
from tetra_es.log.replica import valid_events
from tetra_es.model.environment import environment_stream
from tetra_es.profiles.places import places_in_overlay
from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.keys import format_key
from tetra_es.usecases.config.keys import canonical_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es.events.base import Event
    from tetra_es.refs import Ref
    from tetra_es.usecases.unit_of_work import UnitOfWork

_SHOWN: Final = 4
"""States that a hint names."""


class Where(NamedTuple):
    """One of the texts: `local`, `manifest`, `profile` with an environment, or a generated one."""

    kind: str
    """`manifest`, `profile` or `environment`."""
    environment: str = ""

    @property
    def path(self) -> str:
        """Path of the file in the organization's folder."""
        match self.kind:
            case "manifest":
                return MANIFEST
            case "profile":
                return profile_file(self.environment)
            case _:
                return environment_file(self.environment)

    def __str__(self) -> str:
        match self.kind:
            case "manifest":
                return "manifest"
            case "profile":
                return f"profile {self.environment}"
            case _:
                return self.environment


class _Text(NamedTuple):
    position: int
    ref: str
    """What names it, such as `local@2` or `7`."""
    text: str


def present_texts(work: UnitOfWork) -> Iterator[tuple[Where, str]]:
    """Yield the texts that there are now, those that others are generated from first."""
    organization = work.organization()
    yield Where("manifest"), organization.text
    for name, text in sorted(organization.profiles.items()):
        yield Where("profile", name), text
    order = [*organization.manifest.environments]
    streams = work.log.streams(ENVIRONMENT_STREAM)
    names = [name.removeprefix(ENVIRONMENT_STREAM) for name in streams]
    for name in sorted(names, key=lambda name: order.index(name) if name in order else len(order)):
        if (environment := work.environment(name)).revision:
            yield Where("environment", name), environment.text


def value_of(work: UnitOfWork, where: Where, key: str, ref: Ref | None) -> str:
    """Return the value that a key had at a REF; without one, the one that it has no longer.

    It has its present value where it never had another. Raises `UsageError` where it had none, or
    several, and for what is not a string or a number.
    """
    texts = [each for each in _texts(work, where) if each.text]
    if ref is not None:
        position = work.refs.position_of(ref, str(where))
        texts = [each for each in texts if each.position <= position][-1:]
    found: dict[str, _Text] = {}
    for each in texts:
        for literal in _literals(where, each.text, key):
            found.setdefault(literal, each)
    past = [*found][-1:]
    present = _literals(where, texts[-1].text, key) if texts else []
    others = [literal for literal in found if literal not in present]
    if len(others) > 1:
        raise UsageError(
            f"{where} had {len(others)} other values of {key}",
            hint=_states(where, key, [found[literal] for literal in others]),
        )
    if not found:
        raise UsageError(
            f"{where} had no {key}" + (" there" if ref else " in what is left of its history"),
            hint="name a key, as `tetra-es history` shows them, or give the value itself",
        )
    return _plain(f"{key} of {where}", (others or past)[0])


def _states(where: Where, key: str, texts: Sequence[_Text]) -> str:
    """Return the hint that names states to choose from: all, or the newest and where the rest is.

    They are in the order of the history, each with another value of a key.
    """
    if len(texts) <= _SHOWN:
        refs = ", ".join(each.ref for each in texts)
        return f"--at names a state that had the one to destroy: {refs}"
    refs = ", ".join(each.ref for each in texts[: -_SHOWN - 1 : -1])
    name = _name_in(where, ConfigDocument(where.path, texts[-1].text), key)
    listed = shlex.join(("tetra-es", "history", *str(where).split(), "--key", name))
    return (
        f"--at names a state that had the one to destroy: {refs} and {len(texts) - _SHOWN} more, "
        f"which `{listed}` lists"
    )


def _texts(work: UnitOfWork, where: Where) -> Iterator[_Text]:
    stream = environment_stream(where.environment) if where.kind == "environment" else ORG_STREAM
    for record, event in valid_events(work.log, work.log.of_stream(stream)):
        found = _text_in(where, event)
        if found is not None:
            named = (
                f"{where}@{revision_of(event)}"
                if where.kind == "environment"
                else str(record.position)
            )
            yield _Text(record.position, named, found)


def _text_in(where: Where, event: Event) -> str | None:
    match event:
        case EnvironmentState() if where.kind == "environment":
            return event.text
        case ManifestEdited() | OrganizationCreated() if where.kind == "manifest":
            return event.text
        case ProfileEdited() if where == ("profile", event.environment):
            return event.text
        case _:
            return None


def _literals(where: Where, text: str, key: str) -> list[str]:
    """Return the literal of a key's value in a text, and nothing where it has none."""
    document = ConfigDocument(where.path, text)
    try:
        literal = document.keys.get(_name_in(where, document, key))
    except ConfigError:  # the first edition may have recorded a text that is not TOML
        return []
    return [] if literal is None else [literal]


def _name_in(where: Where, document: ConfigDocument, key: str) -> str:
    if where.kind != "profile":
        return canonical_key(key)
    with suppress(UsageError):
        return format_key(places_in_overlay(document, where.environment, {})(key).path)
    return f"set.{key}"


def _plain(name: str, literal: str) -> str:
    value = tomllib.loads(f"value = {literal}")["value"]
    if isinstance(value, (bool, list, dict)):
        raise UsageError(
            f"{name} is not a string or a number",
            hint="give the value itself, by a prompt or standard input: leave the key out",
        )
    return value if isinstance(value, str) else literal

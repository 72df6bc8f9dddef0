"""Commands that only look, without click.

Importing click takes longer than all the rest of these commands. What is understood here is
answered just as the commands answer it; for anything else, other options, anything that is
missing, behind, empty or wrong, `answer` returns None, and the commands do it or say why not.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from tetra_es.errors import TetraEsError
from tetra_es.layout import OrgLayout
from tetra_es.names import check_environment
from tetra_es.refs import parse_ref
from tetra_es.settings import Settings
from tetra_es_cli import answers
from tetra_es_cli.output.formats import LISTINGS, REPORTS, encoded, render
from tetra_es_cli.output.model import Listing
from tetra_es_projections.queries.reader import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias

    from tetra_es_cli.output.model import Model
    from tetra_es_projections.queries.reader import Reader

    Options: TypeAlias = Mapping[str, tuple[str, Callable[[str], object]]]


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise ValueError(text)
    return int(text)


def _listing_format(text: str) -> str:
    return {name: name for name in LISTINGS}[text]


def _report_format(text: str) -> str:
    return {name: name for name in REPORTS}[text]


def _history(reader: Reader, **wanted: Any) -> Model:
    from tetra_es_projections.queries.history import HistoryQuery

    return answers.history(reader, HistoryQuery(**wanted))


class _Command(NamedTuple):
    """A command that is understood."""

    answer: Callable[..., Model | str]
    words: Sequence[tuple[str, Callable[[str], object], bool]] = ()
    """Name, type, and whether it must be there, of each argument."""
    options: Options = MappingProxyType({})
    """Option to name and type."""


_ENV = ("environment", check_environment, True)
_LISTING: Options = {"-o": ("output", _listing_format), "--output": ("output", _listing_format)}
_REPORT: Options = {"-o": ("output", _report_format), "--output": ("output", _report_format)}
_AT: Options = {"--at": ("ref", parse_ref)}

_COMMANDS: dict[tuple[str, ...], _Command] = {
    ("show",): _Command(answers.show_text, (_ENV,), _AT),
    ("history",): _Command(
        _history,
        (("environment", check_environment, False),),
        {
            "--key": ("key", str),
            "--actor": ("actor", str),
            "--type": ("topic", str),
            "--since": ("since", str),
            "--until": ("until", str),
            "-n": ("limit", _number),
            "--number": ("limit", _number),
            **_LISTING,
        },
    ),
    ("blame",): _Command(answers.blame, (_ENV, ("key", str, False)), _LISTING),
    ("status",): _Command(answers.status, (), _REPORT),
    ("event",): _Command(answers.event, (("ref", parse_ref, True),), _REPORT),
    ("env", "list"): _Command(answers.environments, (), _LISTING),
    ("signer", "list"): _Command(answers.signers, (), {**_AT, **_LISTING}),
    ("secret", "list"): _Command(answers.secrets, (_ENV,), _LISTING),
    ("recipient", "list"): _Command(answers.recipients, (_ENV,), _LISTING),
}
_ROOT = {"--org": ("org", str), "--dir": ("directory", Path)}


def answer(arguments: Sequence[str]) -> bytes | None:
    """Return what the command prints, None when it is not for us."""
    try:
        root, rest = _leading(arguments)
        name = tuple(rest[:1]) if tuple(rest[:1]) in _COMMANDS else tuple(rest[:2])
        command = _COMMANDS[name]
        wanted = _parse(command, rest[len(name) :])
        settings = Settings.from_environ()
        base = root.get("directory") or settings.tetra_dir
        layout = OrgLayout.of(base, settings.org_named(root.get("org")))
        with reading(layout) as reader:
            return _answered(command, reader, wanted) if reader else None
    except (TetraEsError, sqlite3.Error, OSError, ValueError, LookupError):
        return None


def _answered(command: _Command, reader: Reader, wanted: dict[str, Any]) -> bytes | None:
    output = wanted.pop("output", None)
    found = command.answer(reader, **wanted)
    if isinstance(found, str):
        return found.encode()
    if isinstance(found, Listing):
        return encoded(render(found, output or "table")) if found.rows or output else None
    return encoded(render(found, output or "text"))


def _leading(arguments: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """Return the options of `tetra-es` itself, and what comes after them."""
    rest, found = list(arguments), {}
    while rest and rest[0].startswith("-"):
        word = rest.pop(0)
        if word != "--no-input":
            name, type_ = _ROOT[word]
            found[name] = type_(rest.pop(0))
    return found, rest


def _parse(command: _Command, arguments: Sequence[str]) -> dict[str, Any]:
    """Return name to value. Raises `LookupError` or `ValueError` for what is not understood."""
    rest, words = list(arguments), list(command.words)
    found: dict[str, Any] = {}
    while rest:
        word = rest.pop(0)
        if word.startswith("-"):
            name, type_ = command.options[word]
            found[name] = type_(rest.pop(0))
        else:
            name, type_, _ = words.pop(0)
            found[name] = type_(word)
    if any(needed for _, _, needed in words):
        raise ValueError("an argument is missing")
    return found

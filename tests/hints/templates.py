"""What the code can print that names a command: texts with code in backquotes or a command line.

Every text counts, however it gets to be a hint. Docstrings and texts of `--help` are not hints, nor
is the table of events, which is documentation.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

import click

from tests.machine import ROOT
from tetra_es_cli.entry.root import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLDERS = ("tetra_es", "projections", "cli")
_COMMAND = re.compile(r"`[^`]+`|\brun: |\bchmod |(?<!\S)(?:--[a-z][a-z-]+|-m)(?![^ ,;:.])")
_OURS = re.compile(rf"\btetra-es (?:{'|'.join(cli.list_commands(click.Context(cli)))})\b")
_HELP_LINES = ROOT / "cli/tetra_es_cli/entry/short_help.py"
_EVENTS = ROOT / "tetra_es/events/form"
_HELP = {"help", "short_help", "epilog", "metavar"}


class Template(NamedTuple):
    """A text with `{}` for what is filled in."""

    text: str
    path: str
    """Of its module, in the repository."""
    line: int


def templates() -> list[Template]:
    """Return all texts of the code that name a command."""
    return [
        Template(text, path.relative_to(ROOT).as_posix(), line)
        for folder in _FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path != _HELP_LINES and not path.is_relative_to(_EVENTS)
        for line, text in _texts(ast.parse(path.read_text()))
        if " " in text and "(?P<" not in text and (_COMMAND.search(text) or _OURS.search(text))
    ]


def pattern(template: str) -> re.Pattern[str]:
    """Return what matches a text that a template gives."""
    return re.compile(".*".join(map(re.escape, template.split("{}"))), re.DOTALL)


def _texts(node: ast.AST) -> Iterator[tuple[int, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue  # a docstring
        if isinstance(child, ast.keyword) and child.arg in _HELP:
            continue
        if isinstance(child, ast.JoinedStr):
            yield child.lineno, "".join(map(_part, child.values))
            for value in child.values:
                if isinstance(value, ast.FormattedValue):
                    yield from _texts(value)
        elif isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.lineno, child.value
        else:
            yield from _texts(child)


def _part(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else "{}"

"""A format that one command prints, all commands of its kind print."""

from __future__ import annotations

import click
import pytest

from tests.cli.test_redaction import commands
from tetra_es_cli.output.formats import LISTINGS, REPORTS

FORMATS = {
    " ".join(path): tuple(option.type.choices)
    for path, command in commands()
    for option in command.params
    if option.name == "output" and isinstance(option.type, click.Choice)
}


FORMS_OF_OTHERS = {"audit follow": ("jsonl", "ocsf", "cef")}
"""Commands for the programs of others, in the forms that these read."""


@pytest.mark.parametrize("command", FORMATS)
def test_a_command_prints_in_every_format_of_its_kind(command: str) -> None:
    others = FORMS_OF_OTHERS.get(command)
    assert FORMATS[command] in ((others,) if others else (tuple(LISTINGS), tuple(REPORTS)))


@pytest.mark.parametrize("command", [" ".join(path) for path, _ in commands() if "list" in path])
def test_every_list_is_a_listing(command: str) -> None:
    assert FORMATS.get(command) == tuple(LISTINGS)

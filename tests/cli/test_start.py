"""What a command imports before it does anything: `--help` and TAB are to be quick."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from tests.examples import some
from tetra_es_cli.entry.root import COMMANDS, cli
from tetra_es_cli.entry.short_help import GROUPS, SHORT_HELP

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.conftest import Machine

HEAVY = (
    "cryptography", "difflib", "eventsourcing", "git", "hashlib", "importlib.resources", "json",
    "pyrage", "rfc8785", "sqlite3", "subprocess", "tempfile", "tomlkit", "tomllib",
    "tetra_es.crypto", "tetra_es.events", "tetra_es.integrity", "tetra_es.model", "tetra_es.remote",
    "tetra_es.store", "tetra_es.toml", "tetra_es_projections",
)  # fmt: skip
"""Nobody who asks for help or completes a name waits for these."""


_TO_LOOK = {"json", "sqlite3", "tetra_es.store", "tetra_es_projections"}

NOT_TO_LOOK = (
    *(name for name in HEAVY if name not in _TO_LOOK),
    "_hashlib", "click", "ctypes", "dataclasses", "fcntl", "heapq", "inspect", "shlex", "socket",
    "tetra_es.disk.syncing", "tetra_es.log.replica", "tetra_es.refs", "tetra_es.store.log",
    "tetra_es_cli.output.lines",
)  # fmt: skip
"""Nobody who looks at what is there now waits for these, nor for OpenSSL."""


def every_command() -> Iterator[tuple[str, ...]]:
    context = click.Context(cli)
    for name in COMMANDS:
        yield (name,)
        command = cli.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ((name, each) for each in command.list_commands(context))


def loaded(machine: Machine, code: str, among: Sequence[str] = HEAVY, **env: str) -> list[str]:
    """Return those of some modules that a process has imported when it ends."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *code.split()],
        env=machine.environment(env),
        capture_output=True,
        text=True,
        check=True,
    )
    lines = (line for line in done.stderr.splitlines() if line.startswith("import time:"))
    names = {line.split("|")[2].strip() for line in lines}
    return sorted(names & set(among))


def test_a_list_of_commands_imports_none(bare: Machine) -> None:
    assert loaded(bare, "-m tetra_es_cli --help") == []
    assert loaded(
        bare, "-m tetra_es_cli", _TETRA_ES_COMPLETE="bash_complete", COMP_WORDS="tetra-es ",
        COMP_CWORD="1",
    ) == []  # fmt: skip


@pytest.mark.parametrize("words", [(name,) for name in some(COMMANDS, 4)], ids=" ".join)
def test_help_imports_no_more_than_click(bare: Machine, words: tuple[str, ...]) -> None:
    allowed = {"ci": ["importlib.resources", "tempfile"], "run": ["subprocess"]}
    found = loaded(bare, f"-m tetra_es_cli {' '.join(words)} --help")
    assert set(found) <= set(allowed.get(words[0], ())), found


def test_environments_complete_without_openssl(machine: Machine) -> None:
    machine.ok("promote", "dev")
    found = loaded(
        machine, "-m tetra_es_cli", ("_hashlib", "cryptography", "tomlkit", "tetra_es.events"),
        _TETRA_ES_COMPLETE="bash_complete", COMP_WORDS="tetra-es promote ", COMP_CWORD="2",
    )  # fmt: skip
    assert found == []


@pytest.mark.parametrize("words", ["show dev", "history -n 20"])
def test_looking_imports_little(machine: Machine, words: str) -> None:
    machine.ok("promote", "dev")
    assert loaded(machine, f"-m tetra_es_cli {words}", NOT_TO_LOOK) == []


def test_options_complete_without_more_than_click(bare: Machine) -> None:
    found = loaded(
        bare, "-m tetra_es_cli", _TETRA_ES_COMPLETE="bash_complete",
        COMP_WORDS="tetra-es promote --", COMP_CWORD="2",
    )  # fmt: skip
    assert found == []


def test_the_short_help_is_those_of_the_commands() -> None:
    context = click.Context(cli)
    assert list(SHORT_HELP) == list(COMMANDS)
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(COMMANDS)
    for name, text in SHORT_HELP.items():
        command = cli.get_command(context, name)
        assert command is not None
        assert not command.short_help
        assert click.Command(name, help=command.help).get_short_help_str(10_000) == text


@pytest.mark.parametrize("width", [40, 80, 100, 200])
def test_the_list_has_whole_sentences(width: int) -> None:
    context = click.Context(cli, info_name="tetra-es", max_content_width=width)
    ours = click.HelpFormatter(width=width)
    cli.format_commands(context, ours)
    said = ours.getvalue()
    assert max(map(len, said.splitlines())) <= width
    words = " ".join(said.split())
    for title, names in GROUPS.items():
        assert f"{title}:" in said
        assert all(f"{name} {SHORT_HELP[name]}" in words for name in names)


@pytest.mark.parametrize("group", ["secret", "share", "daemon"])
def test_a_group_lists_whole_sentences(bare: Machine, group: str) -> None:
    said = " ".join(bare.ok(group, "--help").out.split())
    command = cli.get_command(click.Context(cli), group)
    assert isinstance(command, click.Group)
    for name, each in command.commands.items():
        assert f" {name} {each.get_short_help_str(10_000)}" in said


@pytest.mark.parametrize("incomplete", ["", "s", "re", "--", "nope"])
def test_the_commands_complete_as_click_completes_them(incomplete: str) -> None:
    context = click.Context(cli, info_name="tetra-es")
    assert [vars(item) for item in cli.shell_complete(context, incomplete)] == [
        vars(item) for item in click.Group.shell_complete(cli, context, incomplete)
    ]


def test_every_command_has_help(bare: Machine) -> None:
    for words in every_command():
        assert bare.ok(*words, "--help").out.startswith("Usage: tetra-es ")

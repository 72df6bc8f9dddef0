"""Words of other tools: the answer names the command that is meant, and never one that writes for
a word that reads."""

from __future__ import annotations

from string import ascii_lowercase
from typing import TYPE_CHECKING

import click
import pytest

from tests.cli.test_redaction import commands
from tests.examples import some
from tetra_es_cli.context import foreign
from tetra_es_cli.context.foreign import (
    READING,
    commands_for,
    is_slip,
    options_for,
    subcommands_for,
)
from tetra_es_cli.entry.root import COMMANDS, cli

if TYPE_CHECKING:
    from tests.machine import Machine

READ = (
    *("st", "log", "ls", "config", "explain", "ui", "get", "cat", "describe", "plan", "info"),
    *(
        "login",
        "top",
        "inspect",
        "list",
        "lint",
        "logs",
        "annotate",
        "origin",
        "view",
        "find",
        "grep",
    ),
    *("search", "dashboard", "compare", "check", "fsck", "version", "man", "ps", "whoami"),
)
"""Words that ask, in git, kubectl, docker, npm, vault and others."""

LOOKS = READING | {"env", "signer", "identity", "daemon", "set"}
"""What a word that asks may be answered with: `config` is both. The groups list and show."""

OPTIONS = {
    " ".join(path): [name for param in command.params for name in param.opts if name[:2] == "--"]
    for path, command in commands()
}


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("st", ["status"]),
        ("log", ["history"]),
        ("ls", ["env list", "orgs"]),
        ("config", ["show", "set"]),
        ("explain", ["why"]),
        ("grep", ["search"]),
        ("ui", ["history", "show"]),
        ("login", ["identity show", "signer list"]),
        ("checkout", ["show", "rollback"]),
        ("revert", ["undo", "rollback"]),
        ("reset", ["rollback"]),
        ("commit", ["record"]),
        ("cat", ["show"]),
        ("origin", ["why"]),
        ("plan", ["diff"]),
        ("rm", ["unset", "secret rm"]),
        ("fsck", ["verify"]),
        ("release", ["deploy"]),
        ("stauts", ["status"]),
        ("promte", ["promote"]),
        ("histroy", ["history"]),
        ("depoly", ["deploy"]),
        ("frobnicate", []),
        ("clean", ["doctor"]),
        ("version", ["--version"]),
    ],
)
def test_what_is_meant(word: str, meant: list[str]) -> None:
    assert commands_for(word, COMMANDS) == meant


@pytest.mark.parametrize("word", [word for word in READ if word not in COMMANDS])
def test_a_word_that_asks_is_never_answered_with_a_command_that_writes(word: str) -> None:
    for name in commands_for(word, COMMANDS):
        assert name.startswith("--") or name.split()[0] in LOOKS, name


def test_no_short_word_is_taken_for_a_command_that_writes() -> None:
    """Every word of three letters, such as `get`, which is one letter from `set`."""
    known = {word for words in foreign._COMMANDS.values() for word in words.split()}
    for middle in some(ascii_lowercase, 4):
        for last in ascii_lowercase:
            for first in "gsl":
                word = first + middle + last
                if word not in COMMANDS and word not in known:
                    assert set(commands_for(word, COMMANDS)) <= READING, word


def test_what_is_answered_is_there() -> None:
    context = click.Context(cli)
    for names in foreign._COMMANDS:
        for name in names.split(", "):
            first, _, second = name.partition(" ")
            if name.startswith("--") or first not in COMMANDS:
                continue
            command = cli.get_command(context, first)
            assert command is not None
            if second:
                assert isinstance(command, click.Group)
                assert second in command.commands
    every = {name for names in OPTIONS.values() for name in names}
    every |= {name for param in cli.params for name in param.opts}
    assert {f"--{name}" for names in foreign._OPTIONS.values() for name in names.split()} <= every


def test_no_word_has_two_meanings() -> None:
    words = [word for words in foreign._COMMANDS.values() for word in words.split()]
    assert sorted(words) == sorted(set(words))


@pytest.mark.parametrize(
    ("word", "ours", "meant"),
    [
        ("ls", ("list", "add", "rm"), ["list"]),
        ("show", ("get", "set", "list"), ["get"]),
        ("delete", ("set", "rm"), ["rm"]),
        ("gett", ("get", "set", "rm"), ["get"]),
        ("gt", ("set", "rm"), []),
        ("purg", ("purge", "set"), ["purge"]),
        ("log", ("logs", "stop"), ["logs"]),
        ("cat", ("set",), []),
    ],
)
def test_commands_of_a_group(word: str, ours: tuple[str, ...], meant: list[str]) -> None:
    assert subcommands_for(word, ours) == meant


@pytest.mark.parametrize(
    ("command", "option", "meant"),
    [
        ("promote", "--dryrun", ["--dry-run"]),
        ("promote", "--forse", ["--force"]),
        ("promote", "--for", []),
        ("promote", "--org-name", []),
        ("promote", "--yes", []),
        ("promote", "--message", ["--reason"]),
        ("history", "--limit", ["--number"]),
        ("history", "--json", ["--output"]),
        ("history", "--author", ["--actor"]),
        ("rollback", "--at", ["--to"]),
        ("rollback", "--revision", ["--to"]),
        ("show", "--ref", ["--at"]),
        ("deploy", "--host", ["--to"]),
        ("deploy", "--replace", []),
        ("set", "--allow-emty", []),
        ("unset", "--allow-emty", ["--allow-empty"]),
    ],
)
def test_options(command: str, option: str, meant: list[str]) -> None:
    assert options_for(option, OPTIONS[command]) == meant


def test_slips() -> None:
    assert is_slip("promote", "promote")
    assert not any(is_slip(word, "set") for word in ("get", "let", "reset", "st at"))
    assert all(is_slip(word, "unset") for word in ("unst", "unsett", "usnet", "unses"))


def test_how_it_is_said(bare: Machine) -> None:
    failed = bare.fails(2, "ls")
    assert failed.error() == "no such command: ls (did you mean env list or orgs?)"
    assert (
        failed.hint() == "`tetra-es env list --help` and `tetra-es orgs --help` say how it is used"
    )
    failed = bare.fails(2, "secret", "delete", "dev", "A")
    assert failed.error() == "no such command: secret delete (did you mean secret rm?)"
    assert failed.hint() == "`tetra-es secret rm --help` says how it is used"
    failed = bare.fails(2, "promote", "dev", "--message", "x")
    assert failed.error() == "no such option: --message (did you mean --reason?)"
    assert bare.fails(2, "frobnicate").hint() == "`tetra-es --help` says how it is used"


@pytest.mark.parametrize(
    ("words", "option"),
    [(("blame", "dev", "--key", "app"), "--key"), (("status", "--author", "x"), "--author")],
)
def test_an_option_of_another_command_is_named(
    machine: Machine, words: tuple[str, ...], option: str
) -> None:
    failed = machine.fails(2, *words)
    assert failed.error() == f"{option} is not an option of tetra-es {words[0]}"

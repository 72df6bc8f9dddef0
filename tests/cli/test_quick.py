"""Answers without click are those of the commands, byte for byte, in every state."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from tests import in_process
from tests.examples import some
from tests.first_edition.archive import unpack
from tetra_es_cli.entry import quick

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.conftest import Machine

WITHOUT_CLICK = """\
import json, sys
from tetra_es_cli.entry.quick import answer
for words in json.load(sys.stdin):
    assert answer(words) is not None, words
    assert "click" not in sys.modules, words
"""

LISTINGS: Sequence[tuple[str, ...]] = (
    ("orgs",),
    ("history",),
    ("blame", "dev"),
    ("env", "list"),
    ("signer", "list"),
    ("secret", "list", "dev"),
    ("recipient", "list", "dev"),
)
REPORTS: Sequence[tuple[str, ...]] = (("status",), ("event", "3"))

QUICK: Sequence[tuple[str, ...]] = (
    ("show", "dev"),
    ("show", "@dev"),
    ("show", "local", "--at", "2"),
    ("show", "--at", "dev@1", "dev"),
    ("show", "dev", "--at=2120-01-01"),
    ("show", "dev", "--at", "1", "--at", "3"),
    ("show", "--secrets", "dev"),
    ("show", "dev", "--secrets", "--at", "2120-01-01", "--secrets"),
    ("--org", "acme", "show", "dev"),
    ("--no-input", "--debug", "history"),
    ("--org=acme", "--no-input", "status"),
    ("status", "--org=acme", "--no-input"),
    ("secret", "list", "--debug", "dev", "--org", "acme"),
    ("history", "dev"),
    ("history", "-n", "2"),
    ("history", "--number=2", "@local"),
    ("history", "--number", "2"),
    ("history", "--number", "99999999999999999999"),
    ("history", "--key", "ports.tetra", "-n", "1", "local"),
    ("history", "--key", "ports", "-o", "json"),
    ("history", "--key", "ports.tetra", "-o", "csv"),
    ("history", "--actor", "alice", "--type", "environment"),
    ("history", "--since", "2020-01-01", "--until", "2120-01-01", "-o", "csv"),
    ("history", "--type=organization.created", "--output=jsonl"),
    ("history", "--steps"),
    ("history", "--grep", "PROMOTE", "--reverse"),
    ("history", "--before", "4", "--after", "2"),
    ("history", "--changes", "-o", "csv"),
    ("--tz", "Asia/Kolkata", "history", "--since", "00:00"),
    ("--tz=+02:00", "event", "2"),
    ("history", "--steps", "-o", "json"),
    ("hosts", "-o", "json"),
    ("hosts", "--at", "2", "--output", "json"),
    ("status", "--at", "2"),
    ("blame", "dev", "ports.tetra"),
    ("blame", "dev", "--at", "3"),
    ("recipient", "list", "dev", "--at", "7"),
    ("blame", "dev", "ports"),
    ("event", "#3"),
    ("event", "dev@1", "--output", "json"),
    ("signer", "list", "--at", "2"),
    ("signer", "export"),
    ("signer", "export", "--at", "2"),
    *LISTINGS,
    *REPORTS,
)
FORMATS: Sequence[tuple[str, ...]] = (
    *((*words, "-o", form) for words in LISTINGS for form in ("table", "jsonl", "csv")),
    *((*words, "-o", "text") for words in REPORTS),
    *((*words, "--output", "json") for words in (*LISTINGS, *REPORTS)),
)
"""All of it is answered without click where everything that it asks for is there."""

OTHERS: Sequence[tuple[str, ...]] = (
    (),
    ("--help",),
    ("--version",),
    ("-h",),
    ("show",),
    ("show", "-h"),
    ("show", "nope"),
    ("show", ""),
    ("show", "prod"),
    ("show", "manifest"),
    ("show", "profile", "dev"),
    ("show", "--", "dev"),
    ("show", "dev", "--at"),
    ("show", "dev", "--at="),
    ("show", "dev", "--at", "999"),
    ("show", "dev", "--at", "local@1"),
    ("show", "dev", "--at", "1999-01-01"),
    ("show", "dev", "--secrets=yes"),
    ("show", "dev", "dev"),
    ("history", "-n", "99999999999999999999", "--key", "nope"),
    ("history", "-n", "0"),
    ("history", "-n", "-1"),
    ("history", "-n", "²"),
    ("history", "-n2"),
    ("history", "-n=2"),
    ("history", "--numb", "2"),
    ("history", "prod"),
    ("history", "dev", "local"),
    ("history", "--nope"),
    ("history", "--since", "yesteryear"),
    ("history", "--grep", "("),
    ("history", "--actor", "nobody"),
    ("history", "--type", "environment.promotde"),
    ("history", "manifest"),
    ("history", "profile", "dev"),
    ("history", "profile"),
    ("--tz", "nowhere", "history"),
    ("history", "-o"),
    ("history", "-o", "yaml"),
    ("history", "-o=json"),
    ("history", "--output="),
    ("history", "--key", "nope"),
    ("history", "--key", "nope", "-o", "json"),
    ("history", "--key", "--actor", "alice"),
    ("blame",),
    ("blame", "dev", "nope"),
    ("blame", "nope"),
    ("event",),
    ("event", "999"),
    ("event", "3", "-o", "table"),
    ("event", "3", "--signature"),
    ("status", "-o", "csv"),
    ("secret", "list"),
    ("secret", "list", "nope"),
    ("secret", "list", "prod"),
    ("recipient", "list", "prod", "-o", "table"),
    ("recipient", "list", "prod", "-o", "json"),
    ("signer", "list", "--at", "nope"),
    ("signer", "list", "dev"),
    ("--org", "other", "show", "dev"),
    ("show", "dev", "--org", "other"),
    ("history", "--since", "00:00", "--tz", "Asia/Kolkata"),
    ("show", "dev", "--org"),
    ("show", "dev", "--no-input=1"),
    ("secret", "--org", "acme", "list", "dev"),
    ("--org", "..", "show", "dev"),
    ("--org=", "show", "dev"),
    ("--org",),
    ("--dir", "/nonexistent", "show", "dev"),
    ("--dir", "/nonexistent", "orgs"),
    ("--dir=nowhere", "orgs", "-o", "json"),
    ("--no-input=1", "show", "dev"),
    ("env",),
    ("env", "add", "qa"),
    ("env", "lis"),
)
"""Wrong, empty, unusual: the answer is the same with click and without."""


def as_it_is(machine: Machine, words: Sequence[str]) -> in_process.Outcome:
    return in_process.run(words, env=machine.environment(), cwd=machine.home, stdin=None)


def by_click(machine: Machine, words: Sequence[str]) -> in_process.Outcome:
    with mock.patch.object(quick, "answer", return_value=None):
        return as_it_is(machine, words)


def is_quick(machine: Machine, words: Sequence[str]) -> bool:
    """Return whether a command is answered without click."""
    with mock.patch("tetra_es_cli.entry.boundary.run", return_value=99):
        return as_it_is(machine, words).code != 99


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, founded: Machine) -> Machine:
    """An organization in which there is something to say to every question."""
    home = tmp_path_factory.mktemp("quick") / "home"
    shutil.copytree(founded.home, home, symlinks=True)
    machine = type(founded)(home)
    machine.ok("promote", "dev", "-m", "tab\there\nand é")
    machine.ok("set", "local", 'app.text="é\\t\\u0000"', 'app.formula="=1+1"', "ports.tetra=5555")
    machine.ok("promote", "dev")
    key = str(home / ".config/tetra-es/id_ed25519.pub")
    machine.ok("recipient", "add", "dev", "alice", key)
    machine.ok("secret", "set", "dev", "API_KEY", stdin="value")
    return machine


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization with imported times, deployments, purged secrets, several signers."""
    machine = unpack(tmp_path_factory.mktemp("quick") / "home")
    machine.ok("status")  # the views catch up
    return machine


def test_every_command_and_option_is_compared() -> None:
    compared = [[word.partition("=")[0] for word in words] for words in (*QUICK, *FORMATS)]
    for name, command in quick.COMMANDS.items():
        asked = [words for words in compared if any(
            tuple(words[at : at + len(name)]) == name for at in range(len(words))
        )]  # fmt: skip
        assert asked, name
        for option in command.options:
            assert any(option in words for words in asked), (name, option)
    assert all(any(option in words for words in (*compared, ("--dir",))) for option in quick.ROOT)


def test_click_is_not_imported(full: Machine) -> None:
    subprocess.run(
        [sys.executable, "-c", WITHOUT_CLICK],
        env=full.environment(),
        input=json.dumps([*QUICK, *FORMATS]),
        text=True,
        check=True,
    )


@pytest.mark.parametrize("words", some([*QUICK, *FORMATS], 20), ids=" ".join)
def test_the_same_bytes(full: Machine, words: tuple[str, ...]) -> None:
    assert is_quick(full, words)
    expected = by_click(full, words)
    assert as_it_is(full, words) == expected
    assert (expected.code, expected.err) == (0, b"")
    assert expected.out


@pytest.mark.parametrize("words", [("show", "dev"), ("orgs",), ("status", "-o", "json")])
def test_the_folder_is_taken(full: Machine, words: tuple[str, ...]) -> None:
    for option in (("--dir", str(full.home / "tetra")), (f"--dir={full.home}/tetra",)):
        with mock.patch.dict(full.env, {"TETRA_DIR": "/nonexistent"}):
            assert is_quick(full, (*option, *words))
            expected = by_click(full, (*option, *words))
            assert as_it_is(full, (*option, *words)) == expected
        assert expected.code == 0


@pytest.mark.parametrize("words", some([*QUICK, *OTHERS], 20), ids=" ".join)
def test_the_same_of_an_organization_with_everything(old: Machine, words: tuple[str, ...]) -> None:
    assert as_it_is(old, words) == by_click(old, words)


@pytest.mark.parametrize("words", OTHERS, ids=" ".join)
def test_the_same_where_something_is_unusual(full: Machine, words: tuple[str, ...]) -> None:
    assert as_it_is(full, words) == by_click(full, words)


@pytest.mark.parametrize("words", some([*QUICK, *OTHERS], 20), ids=" ".join)
def test_the_same_of_a_new_organization(founded: Machine, words: tuple[str, ...]) -> None:
    assert as_it_is(founded, words) == by_click(founded, words)


def edited(machine: Machine) -> None:
    """Change, add and remove files by hand."""
    with machine.toml("local").open("a") as file:
        file.write("[app]\nname = ")  # half typed
    machine.toml("dev").write_text("")
    machine.toml("staging").unlink(missing_ok=True)


def behind(machine: Machine) -> None:
    for path in machine.store.parent.glob("views.db*"):
        path.unlink()


def damaged(machine: Machine) -> None:
    behind(machine)
    (machine.store.parent / "views.db").write_bytes(b"no database" * 1000)


def foreign(machine: Machine) -> None:
    behind(machine)
    shutil.copy(machine.store, machine.store.parent / "views.db")


def storeless(machine: Machine) -> None:
    machine.store.unlink()


def store_damaged(machine: Machine) -> None:
    machine.store.write_bytes(b"no database" * 1000)


def emptied(machine: Machine) -> None:
    machine.store.write_bytes(b"")


def unreadable(machine: Machine) -> None:
    shutil.rmtree(machine.folder)
    machine.folder.write_text("a file where a folder belongs")


STATES = (edited, behind, damaged, foreign, storeless, store_damaged, emptied, unreadable)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    "words", [("show", "dev"), ("history", "-n", "3"), ("status",), ("orgs",)], ids=" ".join
)
def test_the_same_of_a_damaged_organization(
    full: Machine, tmp_path: Path, state: Callable[[Machine], None], words: tuple[str, ...]
) -> None:
    """Each way gets a copy of its own: a command may repair what it finds."""
    home = tmp_path / "home"
    outcomes = []
    for ask in (as_it_is, by_click):
        shutil.copytree(full.home, home, symlinks=True)
        machine = type(full)(home)
        state(machine)
        outcomes.append(ask(machine, words))
        shutil.rmtree(home)
    assert outcomes[0] == outcomes[1]

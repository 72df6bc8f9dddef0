"""`help`, its topics, and the examples of every command: each is run."""

from __future__ import annotations

import re
import shlex
import shutil
from importlib.resources import files
from typing import TYPE_CHECKING

import click
import pytest

from tests.cli.test_completion import offered
from tests.cli.test_redaction import commands
from tests.examples import some
from tests.first_edition.archive import copy_of
from tests.in_process import NeedsAProcess
from tests.machine import ROOT
from tests.snapshot import states
from tests.snapshot.take import VARIABLES, prepared
from tetra_es.refs import parse_ref
from tetra_es_cli.context.candidates import TOPICS
from tetra_es_cli.context.examples import FILE, examples_of
from tetra_es_cli.entry.root import COMMANDS, cli

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine, Result

EXAMPLES = FILE.read_text().splitlines()

STATES = {
    "init": "nothing yet",
    "import": "an old organization",
    "record": "edited by hand",
    "mirror push": "with a remote",
    "share repair": "shared",
    "share": "beside an empty repository",
    "clone": "shared",
    "pull": "shared",
    "unshare": "shared",
    "identity new": "without keys",
    "signer new": "without keys",
    "upgrade": states.IN_PLACE,
}
"""The states in which the examples of a command can be run; else, the upgraded archive."""

ELSEWHERE = ("apply", "trust", "repair", "purge", "serve", "audit site")
"""What takes a state that its own tests have: a clone on a server, a fork, a bad event, a leak, a
service that somebody stops, packages for pages."""

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g"
RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
FILES = {
    "carol.pub": f"{KEY} carol@laptop\n",
    "carol.line": f"{KEY} carol@laptop {RECIPIENT}\n",
    "key.txt": "a value\n",
    "overlay.toml": '[set]\n"logging.level" = "debug"\n',
    "check.sh": "! grep -q 'tetra = 5555'\n",
    "dev.env": "ONE=1\nTWO=two words\n",
}

BEFORE = {
    "member rm bob": ["member", "add", "bob", "carol.line"],
    "signer rm carol": ["signer", "add", "carol", "carol.pub"],
    "restore": ["backup", "backup.db"],
    "verify --against backup.db": ["backup", "backup.db"],
    "verify --against acme.checkpoint": ["audit", "checkpoint", "-o", "acme.checkpoint"],
}
"""What is done first."""


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Machine]:
    """The archive as the first edition left it, and upgraded."""
    old = prepared(tmp_path_factory.mktemp("examples") / "home")
    new = copy_of(old, tmp_path_factory.mktemp("upgraded") / "home")
    new.ok("upgrade")
    return {False: old, True: new}


def state_of(example: str) -> str:
    words = example.removeprefix("tetra-es ")
    return next((state for name, state in STATES.items() if words.startswith(name)), "a copy")


@pytest.mark.parametrize(
    "example",
    some([one for one in EXAMPLES if not one.removeprefix("tetra-es ").startswith(ELSEWHERE)], 4),
)
def test_every_example_works(archives: dict[bool, Machine], tmp_path: Path, example: str) -> None:
    state = state_of(example)
    machine = copy_of(archives[state != states.IN_PLACE], tmp_path / "home")
    machine.env |= VARIABLES
    states.prepare(state, machine)
    for name, text in FILES.items():
        (machine.home / name).write_text(text)
    words = example.removeprefix("tetra-es ")
    for begins, first in BEFORE.items():
        if words.startswith(begins):
            machine.ok(*first)
    done = run(machine, words)
    assert done.code in (0, 3 if words.startswith("findings") else 0), done.err
    shutil.rmtree(machine.home)


def run(machine: Machine, words: str) -> Result:
    """Run words as a shell would, an address standing for a repository beside."""
    words = re.sub(r"git@git.example.org:\S+", "hub.git", words)
    if words.startswith("clone"):
        words = f"--dir second {words}"
    if words.startswith("restore"):
        words = f"--dir second {words}"
    words, _, file = words.partition(" < ")
    words = words.partition(" > ")[0]
    stdin = (machine.home / file).read_text() if file else None
    if words.startswith("run"):
        with pytest.raises(NeedsAProcess):  # it would be that program now
            machine.run(*shlex.split(words))
        return machine.ok("status")
    return machine.run(*shlex.split(words), stdin=stdin)


def test_every_command_has_one() -> None:
    assert [
        " ".join(path) for path, _ in commands() if not examples_of(f"tetra-es {' '.join(path)}")
    ] == []
    known = {" ".join(path) for path, _ in commands()} | {"share", "serve"}
    for example in EXAMPLES:
        words = example.split()
        assert {words[1], " ".join(words[1:3])} & known, example


def test_help_ends_with_them(bare: Machine) -> None:
    told = bare.ok("promote", "--help").out
    assert told.endswith("\nExamples:\n" + "".join(f"  {one}\n" for one in examples_of(
        "tetra-es promote"
    )))  # fmt: skip
    assert bare.ok("help", "promote").out == told
    assert bare.ok("help", "secret", "get").out == bare.ok("secret", "get", "--help").out
    assert bare.ok("help").out == bare.ok("--help").out


def test_examples_fit() -> None:
    assert [one for one in EXAMPLES if len(one) > 100] == []
    assert len(EXAMPLES) == len(set(EXAMPLES))


@pytest.mark.parametrize("topic", TOPICS)
def test_topics(bare: Machine, topic: str) -> None:
    said = bare.ok("help", topic).out
    assert max(map(len, said.splitlines())) <= 80
    assert topic in cli.get_command(click.Context(cli), "help").help  # type: ignore[union-attr, operator]


def rows_of(section: str) -> set[str]:
    """Return what is in the first column of a table of docs/format.md."""
    text = (ROOT / "docs/format.md").read_text().split(f"\n## {section}\n")[1].split("\n## ")[0]
    cells = re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE)
    return {name.strip("` ") for cell in cells[1:] for name in cell.split(",")}


def test_exit_codes_and_variables_are_all_there(bare: Machine) -> None:
    said = bare.ok("help", "exit-codes").out
    assert set(re.findall(r"^ {1,4}(\d+)  ", said, re.MULTILINE)) == rows_of("Exit codes")
    said = bare.ok("help", "environment").out
    named = set(re.findall(r"\b[A-Z][A-Z_]{3,}\b", said))
    assert rows_of("Environment variables") - named == set()


def test_refs_are_what_is_said(bare: Machine) -> None:
    for line in bare.ok("help", "ref").out.splitlines():
        if line.startswith("  ") and not line.startswith("   "):
            for ref in re.split(r", ", line.strip().split("   ")[0].strip()):
                parse_ref(ref)


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ("nope", "no such command: nope"),
        ("promote dev", "tetra-es promote has no commands of its own"),
        ("secret delete", "no such command: secret delete (did you mean secret rm?)"),
        ("log", "no such command: log (did you mean history?)"),
    ],
)
def test_help_of_what_is_not_there(bare: Machine, words: str, wrong: str) -> None:
    assert bare.fails(2, "help", *words.split()).error() == wrong


def test_help_completes(bare: Machine) -> None:
    assert offered(bare, "help ") == {*COMMANDS, *TOPICS}
    assert offered(bare, "help secret pu") == {"purge"}
    assert offered(bare, "help promote ") == set()


def test_the_schema_is_where_help_says() -> None:
    told = (FILE.parent / "help/formatting.txt").read_text()
    (path,) = [word.rstrip(".") for word in told.split() if word.endswith("output.schema.json.")]
    package, _, rest = path.partition("/")
    assert (files(package) / rest).is_file()

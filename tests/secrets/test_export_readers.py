"""`secret export` and those who read its dotenv file: the programs themselves.

The kind is reported in https://github.com/dotenvx/dotenvx/issues/728,
https://github.com/dotenvx/dotenvx/issues/799, https://github.com/nodejs/node/issues/50801 and
https://github.com/vlucas/phpdotenv/issues/442: one file, of which each reader makes other values.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
from itertools import combinations
from typing import TYPE_CHECKING

import dotenv
import pytest

from tests.examples import THOROUGH
from tests.machine import ROOT
from tests.needs import cannot, need
from tetra_es.errors import Refused
from tetra_es.usecases.secrets.env_quoting import READERS, in_the_way, quoted
from tetra_es.usecases.secrets.formats import formatted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.machine import Machine

VALUES = 10_000 if THOROUGH else 400

PIECES = (
    *" \t\n\r\\'\"`$#=~!&|;<>()[]{}*?%@,.:/+-_^",
    *"abcnrtvfAZ09",
    *("é", "日", "\u00a0", "\u2028", "\ufeff", "\x01", "\x1f", "\x7f", "\x85", "😀"),
    *("${HOME}", "$HOME", "$(id)", "`id`", "\\n", "\\r", "\\'", '\\"', "\\\\", "\\$", "it's"),
    *("\nB=c", "\n'", '\n"', " #", "export ", "KEY=", "postgres://app:p", "@db/app", "\r\n"),
)
"""What one reader or another takes for more than itself."""

WORDS = ("", "hunter2", "postgres://app:Zx9-qT@db:5432/app?sslmode=require", "a b", "it's", "50%")

NODE_MODULES = ROOT / ".venv" / "npm" / "node_modules"
"""Where .ci/install puts npm's dotenv."""

PRINT = "process.stdout.write(JSON.stringify({}))"


def node(file: Path) -> dict[str, str]:
    """Return what Node's --env-file sets."""
    need("node")
    if "--env-file" not in subprocess.check_output(["node", "--help"], text=True):
        cannot("this Node has no --env-file: it is older than 20.6")
    return printed(["node", f"--env-file={file}", "-e", PRINT.format("process.env")])


def npm(file: Path) -> dict[str, str]:
    """Return what npm's dotenv reads."""
    need("node")
    if not (NODE_MODULES / "dotenv").exists():
        pytest.skip("not installed: npm's dotenv (.ci/install)")
    text = f"require('fs').readFileSync({str(file)!r})"
    read = f"require({str(NODE_MODULES / 'dotenv')!r}).parse({text})"
    return printed(["node", "-e", PRINT.format(read)])


def python(file: Path) -> dict[str, str]:
    """Return what python-dotenv reads, which puts variables in the place of `${NAME}`."""
    return {name: value or "" for name, value in dotenv.dotenv_values(file).items()}


def docker(file: Path) -> dict[str, str]:
    """Return what `docker run --env-file` reads.

    By docker/cli, pkg/kvfile: lines as Go's bufio.ScanLines has them, blanks before the name are
    left out, what follows the `=` is the value. A line of 64 KiB is an error.
    """
    read = {}
    for line in file.read_bytes().split(b"\n"):
        assert len(line) + 1 < 64 * 1024
        text = line.removesuffix(b"\r").decode().lstrip(" \t\n\v\f\r\x85\xa0")
        if text and not text.startswith("#"):
            name, _, value = text.partition("=")
            read[name] = value
    return read


def bash(file: Path) -> dict[str, str]:
    """Return what bash has after it read the file."""
    need("bash", "env")
    done = subprocess.run(
        ["bash", "--norc", "-ec", 'set -a; . "$1"; env -0', "bash", str(file)],
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        capture_output=True,
        check=True,
    )
    assert not done.stderr
    return dict(each.split("=", 1) for each in done.stdout.decode().split("\0") if each)


REAL: dict[str, Callable[[Path], dict[str, str]]] = {
    "node": node,
    "npm": npm,
    "python": python,
    "docker": docker,
    "bash": bash,
}


def printed(command: list[str]) -> dict[str, str]:
    """Return the JSON object that a command prints."""
    done = subprocess.run(
        command, env={"PATH": os.environ["PATH"]}, capture_output=True, check=True
    )
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def random_values(seed: int) -> dict[str, str]:
    """Return values of all lengths, a third of which has nothing special but blanks and signs."""
    draw = random.Random(seed)
    drawn = ["".join(draw.choices(PIECES, k=draw.choice((1, 2, 3, 5, 12)))) for _ in range(VALUES)]
    tame = "abcnrtvfAZ09éß日-_./:@,+=%?"
    for number in range(0, len(drawn), 3):
        drawn[number] = "".join(draw.choices(tame, k=draw.randrange(40)))
    return {f"V_{number}": value for number, value in enumerate((*WORDS, *drawn))}


def held(values: dict[str, str], readers: tuple[str, ...]) -> dict[str, str]:
    """Return the values that some form holds for the readers."""
    return {key: value for key, value in values.items() if quoted(key, value, readers) is not None}


def written(tmp_path: Path, values: dict[str, str], readers: tuple[str, ...]) -> Path:
    """Return a file with the values, as it is exported for the readers."""
    file = tmp_path / "exported.env"
    data = {key: value.encode() for key, value in values.items()}
    file.write_bytes(formatted(data, "dotenv", readers))
    return file


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_has_the_values_of_what_is_exported_for_all(
    tmp_path: Path, reader: str
) -> None:
    values = held(random_values(1), READERS)
    assert len(values) > VALUES / 4, "most of the tame ones"
    read = REAL[reader](written(tmp_path, values, READERS))
    assert {key: read.get(key) for key in values} == values


@pytest.mark.parametrize("reader", ["node", "npm", "python", "bash"])
def test_every_reader_but_docker_has_the_values_of_what_is_exported_for_them(
    tmp_path: Path, reader: str
) -> None:
    readers = ("node", "npm", "python", "bash")
    values = held(random_values(2), readers)
    assert len(values) > VALUES / 2
    assert any("\n" in value for value in values.values())
    assert any("'" in value for value in values.values())
    read = REAL[reader](written(tmp_path, values, readers))
    assert {key: read.get(key) for key in values} == values


@pytest.mark.parametrize("reader", READERS)
def test_a_reader_alone_has_the_values_of_what_is_exported_for_it(
    tmp_path: Path, reader: str
) -> None:
    values = held(random_values(3), (reader,))
    assert len(values) > VALUES / 2
    read = REAL[reader](written(tmp_path, values, (reader,)))
    assert {key: read.get(key) for key in values} == values


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("it's", '"it\'s"'),
        ("C:\\dir\\x", "'C:\\dir\\x'"),
        ("two\nlines", "'two\nlines'"),
        ("cost $5", "'cost $5'"),
        ("plain-1", "plain-1"),
        ("", ""),
        ('it\'s a\\d "quote"', None),
        ("a\r", None),
        ("ends in \\", None),
        ("${HOME}", None),
    ],
)
def test_the_form_is_chosen_by_what_is_in_the_value(value: str, form: str | None) -> None:
    assert quoted("KEY", value, ["node", "npm", "python", "bash"]) == form


def test_readers_are_left_out_only_where_they_must_be() -> None:
    """`in_the_way` names a set without which there is a form, and no smaller one does."""
    for value in {*random_values(4).values()}:
        if quoted("KEY", value, READERS) is not None:
            continue
        left_out = in_the_way("KEY", value, READERS)
        rest = [reader for reader in READERS if reader not in left_out]
        assert rest, "bash can hold everything"
        assert quoted("KEY", value, rest) is not None, value
        for fewer in combinations(READERS, len(READERS) - len(left_out) + 1):
            assert quoted("KEY", value, fewer) is None, value


def test_what_is_not_read_alike_is_refused_by_key_and_reader() -> None:
    values = {"A": b"it's", "B": b"fine", "C": b"a b", "D": b"it's\\n", "E": b"${X}"}
    with pytest.raises(Refused) as refused:
        formatted(values, "dotenv", of="dev")
    assert refused.value.message == (
        "docker would read A, C and E otherwise than the others, bash D, python E, in any quotes"
    )
    assert refused.value.hint == (
        "say who will read them: `tetra-es secret export dev --for node --for npm`"
    )


def test_a_line_that_docker_cannot_read_is_refused() -> None:
    assert quoted("K", "x" * (64 * 1024 - 4), READERS) is not None
    assert quoted("K", "x" * (64 * 1024 - 3), READERS) is None
    assert quoted("K", "x" * (64 * 1024 - 3), ["bash", "node"]) is not None


def test_the_command_refuses_and_its_hint_exports(vault: Machine) -> None:
    vault.ok("secret", "set", "dev", "NAME", stdin="it's")
    failed = vault.fails(3, "secret", "export", "dev")
    assert failed.error() == "docker would read NAME otherwise than the others, in any quotes"
    assert failed.hint() == (
        "say who will read them: "
        "`tetra-es secret export dev --for node --for npm --for python --for bash`"
    )
    assert failed.out == ""
    options = ("--for", "node", "--for", "npm", "--for", "python", "--for", "bash")
    assert vault.ok("secret", "export", "dev", *options).out == 'NAME="it\'s"\n'
    assert vault.ok("secret", "export", "dev", "--for", "docker").out == "NAME=it's\n"
    vault.fails(2, "secret", "export", "dev", "--for", "node", "--format", "json")

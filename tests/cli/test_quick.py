"""What is answered without click is what the commands answer."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Machine

BY_COMMAND = "import sys; from tetra_es_cli.entry.boundary import run; sys.exit(run(sys.argv[1:]))"
WITHOUT_CLICK = """\
import sys
from tetra_es_cli.entry.quick import answer
text = answer(sys.argv[1:])
assert "click" not in sys.modules
sys.stdout.buffer.write(b"(not for us)" if text is None else text)
"""


def ask(machine: Machine, code: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        env=machine.environment(),
        capture_output=True,
        check=False,
    )
    return done.stdout.decode()


@pytest.fixture
def full(machine: Machine) -> Machine:
    machine.ok("promote", "dev", "-m", "tab\there\nand é")
    machine.ok("set", "local", 'app.text="é\\t\\u0000"', "ports.tetra=5555")
    machine.ok("promote", "dev")
    machine.ok(
        "recipient", "add", "dev", "alice", str(machine.home / ".config/tetra-es/id_ed25519.pub")
    )
    machine.ok("secret", "set", "dev", "API_KEY", stdin="value")
    return machine


QUICK: list[tuple[str, ...]] = [
    ("show", "dev"),
    ("show", "@dev"),
    ("show", "local", "--at", "2"),
    ("show", "--at", "dev@1", "dev"),
    ("--org", "acme", "show", "dev"),
    ("--no-input", "history"),
    ("history",),
    ("history", "dev"),
    ("history", "-n", "2"),
    ("history", "--key", "ports.tetra", "-n", "1", "local"),
    ("history", "--actor", "alice", "--type", "environment"),
    ("history", "--since", "2020-01-01", "--until", "2120-01-01", "-o", "csv"),
    ("blame", "dev"),
    ("blame", "dev", "ports.tetra"),
    ("status",),
    ("event", "3"),
    ("event", "#3", "-o", "json"),
    *((*words, "-o", form) for words in (
        ("history",), ("blame", "dev"), ("env", "list"), ("signer", "list"),
        ("secret", "list", "dev"), ("recipient", "list", "dev"),
    ) for form in ("table", "json", "jsonl", "csv")),
    ("status", "-o", "json"),
    ("signer", "list", "--at", "2"),
]  # fmt: skip


@pytest.mark.parametrize("words", QUICK)
def test_the_same_bytes(full: Machine, words: tuple[str, ...]) -> None:
    quick = ask(full, WITHOUT_CLICK, *words)
    assert quick == ask(full, BY_COMMAND, *words)
    assert quick.replace("\r\n", "\n") == full.ok(*words).out
    assert quick
    assert quick != "(not for us)"


@pytest.mark.parametrize(
    "words",
    [
        ("show", "nope"),
        ("show", "prod"),
        ("show", "-h"),
        ("show", "dev", "--at", "999"),
        ("history", "-n", "0"),
        ("history", "-n", "²"),
        ("history", "prod"),
        ("history", "dev", "local"),
        ("history", "--nope"),
        ("history", "-o"),
        ("history", "-o", "yaml"),
        ("show", "--", "dev"),
        ("show", "dev", "--secrets"),
        ("--org", "other", "show", "dev"),
        ("env",),
        ("env", "add", "qa"),
        (),
    ],
)
def test_everything_else_is_left_to_the_commands(full: Machine, words: tuple[str, ...]) -> None:
    assert ask(full, WITHOUT_CLICK, *words) == "(not for us)"


def test_views_that_are_behind_are_left_to_the_commands(full: Machine) -> None:
    for suffix in ("", "-wal", "-shm"):
        (full.folder / f"store/views.db{suffix}").unlink(missing_ok=True)
    assert ask(full, WITHOUT_CLICK, "show", "dev") == "(not for us)"
    assert "tetra = 5555" in full.ok("show", "dev").out

"""No text is parsed twice in a process, whatever the command: the manifest, profiles and states.

Counted where the parsers are called. Single statements do not count: tomlkit changes one to keep
its style, and what it makes of it is read back.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import tomlkit

from tests.examples import LONG_TAIL
from tetra_es.profiles import load, rules
from tetra_es.schema.manifest import read_manifest
from tetra_es.toml.document import contents_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.machine import Machine

COMMANDS = (
    ("set", "local", "ports.tetra=5555", "logging.level=debug"),
    ("promote", "dev"),
    ("promote", "staging"),
    ("promote", "prod", "--from", "staging"),
    ("set", "profile", "dev", "logging.retention_days=3"),
    ("diff", "dev"),
    ("diff", "local", "dev", "--keys"),
    ("record",),
    ("unset", "local", "by_hand.x"),
    ("env", "add", "qa", "--profile", "dev"),
    ("promote", "dev"),
    ("rollback", "dev"),
    ("secret", "set", "dev", "API_KEY"),
)


class Parses:
    """How often each text was parsed."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.times: Counter[str] = Counter()
        for module, name in ((tomllib, "loads"), (tomlkit, "parse")):
            patch.setattr(module, name, self.counted(getattr(module, name)))

    def counted(self, parse: Callable[..., Any]) -> Callable[..., Any]:
        def counting(text: str, **more: Any) -> Any:
            values = parse(text, **more)
            self.times[text] += 1
            return values

        return counting

    def files(self) -> dict[str, int]:
        """Return text to how often it was parsed."""
        return {text: times for text, times in self.times.items() if text.count("=") > 1}

    def again(self) -> list[str]:
        """Return what was parsed more than once."""
        return [text for text, times in self.files().items() if times > 1]


@pytest.fixture
def parses(monkeypatch: pytest.MonkeyPatch) -> Parses:
    forget()
    return Parses(monkeypatch)


def forget() -> None:
    """Know no more of texts than a new process does."""
    for memo in (contents_of, read_manifest, rules.read_rules, load._builtin_rules):
        memo.cache_clear()


def run_all(machine: Machine, parses: Parses, before_each: Callable[[], None]) -> None:
    identity = machine.ok("identity", "new").out.split()[-1]
    machine.ok("recipient", "add", "dev", "alice", identity)
    for command in COMMANDS:
        if command == ("record",):
            edited = machine.folder / "environments/local.toml"
            edited.write_text(edited.read_text() + "\n[by_hand]\nx = 1\ny = 2\n")
        before_each()
        machine.ok(*command, stdin="hunter2-and-more" if command[0] == "secret" else None)
    # These may fail, as this machine is not a server, but only after all that they read.
    for command in (("deploy", "dev", "--local", "--dry-run"), ("doctor", "dev", "--local")):
        before_each()
        machine.run(*command)
        assert parses.files(), command


def test_a_command_parses_no_text_twice(machine: Machine, parses: Parses) -> None:
    found: list[str] = []

    def take() -> None:
        found.extend(parses.again())
        parses.times.clear()
        forget()

    run_all(machine, parses, take)
    take()
    assert not found


@LONG_TAIL
def test_nor_does_a_process_that_runs_many(machine: Machine, parses: Parses) -> None:
    run_all(machine, parses, lambda: None)
    assert len(parses.files()) > len(COMMANDS)
    assert not parses.again()


def test_the_first_command_of_an_organization_does_not_either(
    bare: Machine, parses: Parses
) -> None:
    present = bare.folder / "environments/local.toml"
    present.parent.mkdir(parents=True)
    present.write_text("[ports]\ntetra = 4444\nother = 4445\n")
    bare.ok("init", bare.org, "--domain", "acme.example")
    assert parses.files()
    assert not parses.again()

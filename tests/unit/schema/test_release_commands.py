"""A release command is run without a shell: one that needs it is refused when it is recorded."""

from __future__ import annotations

import pytest

from tests.documents import document
from tetra_es.errors import ConfigError
from tetra_es.schema.environment import validate_environment
from tetra_es.toml.literals import value_literal


def of(command: str) -> str:
    return f"[services.a]\nrelease_command = {value_literal(command)}\n"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("node migrate.js | tee log", "'|' means something to a shell"),
        ("a && b", "'&' means something to a shell"),
        ("a 'b", "a ' has no partner"),
        ("TOKEN=swordfish a", "'TOKEN=' means something to a shell"),
        ("~/a b", "'~' means something to a shell"),
        ("-a b", "'-a' is not a program for systemd"),
        ("a\nb", "must be a command on one line"),
        ("a" * 9000, "must be a command on one line"),
    ],
)
def test_one_that_needs_a_shell(command: str, says: str) -> None:
    toml = document(of(command))
    with pytest.raises(ConfigError) as caught:
        validate_environment(toml)
    assert ":2: services.a.release_command: " in caught.value.message
    assert says in caught.value.message
    assert "swordfish" not in caught.value.message
    assert "in a script" in (caught.value.hint or "")
    # An older version has recorded it.
    validate_environment(toml, recorded=True)


@pytest.mark.parametrize("command", ["node migrate.js 'a | b'", "./bin/migrate", " a  "])
def test_one_that_needs_none(command: str) -> None:
    validate_environment(document(of(command)))

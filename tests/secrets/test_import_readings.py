"""`secret import` of an env file that a shell used to read.

One file means different things to different readers, as reported in
https://github.com/direnv/direnv/issues/1278, https://github.com/moghtech/komodo/issues/559,
https://github.com/coollabsio/coolify/issues/1821 and
https://github.com/caddyserver/caddy/issues/5437.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine

SOURCED = r"""
HOST=db
URL="postgres://${HOST}/x"
PW="a\$b"
BLANK=a\ b
export PLAIN='c $d'
"""


def secrets(vault: Machine) -> dict[str, str]:
    found = vault.ok("secret", "export", "dev", "--format", "json").json
    assert isinstance(found, dict)
    return found


def test_import_names_the_keys_that_a_shell_would_read_otherwise(
    vault: Machine, tmp_path: Path
) -> None:
    file = tmp_path / "dev.env"
    file.write_text(SOURCED)
    done = vault.ok("secret", "import", "dev", str(file))
    said = f"a shell that reads {file} sets something else for URL, PW, BLANK"
    assert f"tetra-es: warning: {said}\n" in done.err
    assert f"`tetra-es secret import dev {file} --shell` takes that" in done.err
    assert secrets(vault) == {
        "HOST": "db",
        "URL": "postgres://${HOST}/x",
        "PW": "a\\$b",
        "BLANK": "a\\ b",
        "PLAIN": "c $d",
    }


@pytest.mark.parametrize("option", [("--shell",), ("--read-as", "shell")])
def test_import_takes_what_a_shell_reads(
    vault: Machine, tmp_path: Path, option: tuple[str, ...]
) -> None:
    file = tmp_path / "dev.env"
    file.write_text(SOURCED)
    done = vault.ok("secret", "import", "dev", str(file), *option)
    assert "warning" not in done.err
    assert secrets(vault) == {
        "HOST": "db",
        "URL": "postgres://db/x",
        "PW": "a$b",
        "BLANK": "a b",
        "PLAIN": "c $d",
    }


@pytest.mark.parametrize("value", ["$(touch ran)", '"`touch ran`"', "$TETRA_ORG", "${HOME:-x}"])
def test_import_runs_nothing_and_takes_nothing_from_outside(
    vault: Machine, tmp_path: Path, value: str
) -> None:
    file = tmp_path / "dev.env"
    file.write_text(f"A=1\nB={value}\n")
    failed = vault.fails(1, "secret", "import", "dev", str(file), "--shell", cwd=tmp_path)
    assert failed.error() == (
        f"{file}:2: B: a shell would put something else in the place of a $ or a `"
    )
    done = vault.ok("secret", "import", "dev", str(file), cwd=tmp_path)
    assert "sets something else for B\n" in done.err
    assert "--shell" not in done.err, "it would not take that either"
    assert not (tmp_path / "ran").exists()


def test_a_file_that_all_read_alike_is_imported_without_a_word(
    vault: Machine, tmp_path: Path
) -> None:
    file = tmp_path / "dev.env"
    file.write_text("A=1\nexport B='two\nlines' # c\nC=\"it's\"\nA=1\n")
    assert "warning" not in vault.ok("secret", "import", "dev", str(file)).err
    assert json.dumps(secrets(vault)) == '{"A": "1", "B": "two\\nlines", "C": "it\'s"}'


def test_the_two_options_that_differ_are_refused(vault: Machine, tmp_path: Path) -> None:
    vault.fails(2, "secret", "import", "dev", str(tmp_path), "--shell", "--read-as", "systemd")


def test_a_key_with_several_values_is_named(vault: Machine, tmp_path: Path) -> None:
    file = tmp_path / "dev.env"
    file.write_text("A=1\nB=1\nA=2\nB=1\n")
    done = vault.ok("secret", "import", "dev", str(file))
    assert f"warning: {file} gives A several values: the last one counts\n" in done.err
    assert secrets(vault) == {"A": "2", "B": "1"}


@pytest.mark.parametrize(
    "words",
    [
        ("secret", "import", "dev"),
        ("secret", "set", "dev", "KEY", "--from-file"),
        *(pytest.param((word,), marks=LONG_TAIL) for word in ("validate", "import", "backup")),
    ],
)
def test_an_address_is_not_taken_for_a_file(machine: Machine, words: tuple[str, ...]) -> None:
    failed = machine.fails(2, *words, "https://example.org/x.env")
    assert failed.error().endswith(": it is an address; save what is there as a file first")

"""Names that a variable cannot have, or that programs go by: said when the secret is set.

The kind is reported in https://github.com/segmentio/chamber/issues/173 and
https://github.com/segmentio/chamber/issues/83.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine


@pytest.mark.parametrize("name", ["UID", "_", "PPID", "SHELLOPTS", "RANDOM", "OPTIND"])
def test_a_name_that_no_service_would_get_is_refused(
    vault: Machine, tmp_path: Path, name: str
) -> None:
    failed = vault.fails(2, "secret", "set", "dev", name, stdin="value")
    assert f"{name} is a variable that shells keep for themselves" in failed.error()
    file = tmp_path / "dev.env"
    file.write_text(f"FINE=1\n{name}=value\n")
    vault.fails(2, "secret", "import", "dev", str(file))
    suggested = failed.hint().removesuffix(".").split()[-1]
    vault.ok("secret", "set", "dev", suggested, stdin="value")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        (
            "PATH",
            "is a variable that programs go by, and services get it",
        ),
        (
            "BASH_ENV",
            "is a variable that programs go by, and services get it",
        ),
        (
            "NODE_OPTIONS",
            "is a variable that programs go by, and services get it",
        ),
        ("LD_PRELOAD", "changes how every program starts that gets it"),
        ("DYLD_INSERT_LIBRARIES", "changes how every program starts that gets it"),
        ("PORT", "is a variable that a deployment sets itself: this value replaces it"),
    ],
)
def test_a_name_that_programs_go_by_is_warned_about_once(
    vault: Machine, name: str, what: str
) -> None:
    done = vault.ok("secret", "set", "dev", name, stdin="value")
    assert f"tetra-es: warning: {name} {what}\n" in done.err
    assert "warning" not in vault.ok("secret", "set", "dev", name, stdin="again").err


def test_other_names_are_set_without_a_word(vault: Machine) -> None:
    for name in ("PATHS", "MY_PATH", "UIDS", "__", "LD", "DATABASE_URL", "path"):
        assert "warning" not in vault.ok("secret", "set", "dev", name, stdin="value").err


def test_names_are_looked_at_in_a_copy_and_an_import(vault: Machine, tmp_path: Path) -> None:
    vault.ok("secret", "set", "dev", "HOME", stdin="value")
    said = "warning: HOME is a variable that programs go by"
    assert said in vault.ok("secret", "copy", "dev", "HOME", "--to", "staging").err
    file = tmp_path / "dev.env"
    file.write_text("IFS=,\nA=1\n")
    assert "warning: IFS is" in vault.ok("secret", "import", "dev", str(file)).err


def test_a_secret_is_listed_with_the_event_that_set_it(machine: Machine) -> None:
    """Not with one that changed a key of the same name, or of which a purge left nothing."""
    machine.ok("secret", "set", "dev", "SLIP", "-m", "the secret", stdin="vermilion-otter")
    machine.ok("set", "local", 'SLIP="a name"', "-m", "a key")
    machine.ok("promote", "dev")
    assert _summary_of_why(machine) == "the secret"
    machine.ok("unset", "local", "SLIP")
    machine.ok("promote", "dev")
    machine.ok("purge", "local", "SLIP", "--yes", "-m", "a slip")
    assert _summary_of_why(machine) == "the secret"


def _summary_of_why(machine: Machine) -> str:
    (row,) = machine.ok("secret", "list", "dev", "-o", "json").json
    return str(row["reason"])

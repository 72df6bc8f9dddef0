"""What people do by mistake with secrets, and what they could take for something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tetra_es.errors import Refused
from tetra_es.usecases.secrets.formats import formatted

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine


def set_secret(machine: Machine, key: str, value: str, *more: str) -> None:
    machine.ok("secret", "set", "dev", key, *more, stdin=value)


def test_setting_what_one_has_seen(vault: Machine) -> None:
    set_secret(vault, "API_KEY", "one", "--expect", "0")
    refused = vault.fails(3, "secret", "set", "dev", "API_KEY", "--expect", "0", stdin="two")
    assert "API_KEY is at version 1 now, not 0" in refused.error()
    set_secret(vault, "API_KEY", "two", "--expect", "1")
    done = vault.ok("secret", "set", "dev", "API_KEY", stdin="")
    assert "API_KEY is empty now" in done.err


def test_a_rollback_names_every_secret_that_changes(vault: Machine) -> None:
    set_secret(vault, "API_KEY", "one")
    at = vault.last_position()
    set_secret(vault, "API_KEY", "two")
    set_secret(vault, "AFTER", "x")
    for options in (("--dry-run",), ()):
        done = vault.ok("rollback", "dev", "--to", str(at), *options)
        assert "- AFTER version 1" in done.out
        assert "~ API_KEY version 2 -> 1" in done.out


def test_a_compromised_version_that_stays_is_said_to_stay(vault: Machine) -> None:
    set_secret(vault, "API_KEY", "one")
    at = vault.last_position()
    set_secret(vault, "OTHER", "x")
    vault.ok("secret", "compromised", "dev", "API_KEY", "--version", "1", "-m", "seen")
    done = vault.ok("rollback", "dev", "--to", str(at))
    assert "API_KEY still has version 1, which is compromised" in done.err
    assert "did not come back" not in done.err


def test_a_private_key_by_mistake_is_not_repeated(vault: Machine) -> None:
    key = "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ"
    for command in (
        ("recipient", "add", "dev", "eve", key),
        ("recipient", "add", "dev", "eve", key.lower()),
        ("secret", "exposure", key),
    ):
        done = vault.fails(2, *command)
        assert "QQQQ" not in (done.out + done.err).upper()


def test_exposure_finds_whoever_is_meant(
    vault: Machine, bobs_recipient: str, tmp_path: Path
) -> None:
    bobs = bobs_recipient
    vault.ok("recipient", "add", "dev", "bob", bobs)
    vault.ok("recipient", "add", "prod", "bob-at-work", bobs)
    set_secret(vault, "A", "x")
    vault.ok("secret", "set", "prod", "B", stdin="x")
    found = vault.ok("secret", "exposure", "bob", "-o", "json").json
    assert [(row["environment"], row["key"]) for row in found] == [("dev", "A"), ("prod", "B")]
    assert vault.ok("secret", "exposure", bobs, "-o", "json").json == found
    assert (
        "ever had a recipient of that name" in vault.fails(2, "secret", "exposure", "bbo").error()
    )
    file = tmp_path / "ssh-bob.pub"
    file.write_text(f"{bobs}\n")
    vault.ok("recipient", "add", "staging", "bob", str(file))


def test_exposure_of_an_environment(vault: Machine, bobs_recipient: str) -> None:
    set_secret(vault, "A", "x")
    vault.ok("recipient", "add", "dev", "bob", bobs_recipient)
    added = vault.last_position()
    vault.ok("recipient", "rm", "dev", "bob")
    set_secret(vault, "A", "y")
    rows = vault.ok("secret", "exposure", "dev", "-o", "json").json
    mine = rows[0]["name"]
    assert [
        (row["version"], row["name"], row["reads"], row["rotated"], row["event"]) for row in rows
    ] == [
        (1, mine, True, True, added - 2),
        (1, "bob", False, True, added),
        (2, mine, True, False, added + 3),
    ]
    bobs = vault.ok("secret", "exposure", "bob", "-o", "json").json
    assert bobs == [row for row in rows if row["name"] == "bob"]
    then = vault.ok("secret", "exposure", "@dev", "--at", str(added), "-o", "json").json
    assert [(row["name"], row["reads"], row["rotated"]) for row in then] == [
        (mine, True, False),
        ("bob", True, False),
    ]
    assert vault.ok("secret", "exposure", "bob", "--at", str(added - 2), "-o", "json").json == []


def test_a_word_that_is_both_is_asked_about(vault: Machine, bobs_recipient: str) -> None:
    vault.ok("recipient", "add", "dev", "prod", bobs_recipient)
    set_secret(vault, "A", "x")
    done = vault.fails(2, "secret", "exposure", "prod")
    assert done.error() == "prod is an environment and a recipient"
    assert vault.ok("secret", "exposure", "@prod", "-o", "json").json == []
    (row,) = vault.ok("secret", "exposure", bobs_recipient, "-o", "json").json
    assert (row["name"], row["key"]) == ("prod", "A")


def test_secrets_do_not_wait_for_an_edit(vault: Machine) -> None:
    set_secret(vault, "A", "x")
    local = vault.toml("local")
    local.write_text(local.read_text() + "\n[broken\n")
    vault.ok("secret", "compromised", "dev", "A", "--version", "1", "-m", "leaked")
    set_secret(vault, "A", "y")
    assert local.read_text().endswith("[broken\n")


def test_run_leaves_the_command_its_options(vault: Machine) -> None:
    set_secret(vault, "A", "x")
    vault = vault.forked()
    for words in (("--files", "-i", "nosuch", "--help"), ("--debug",), ("--", "x")):
        assert vault.ok("run", "dev", "echo", *words).out == " ".join(words) + "\n"
    error = vault.fails(1, "run", "dev", "--", "no-such-command", "--debug").error()
    assert "no-such-command" in error
    vault.fails(2, "run", "dev", "--")


@pytest.mark.parametrize(
    "value",
    [
        "C:\\dir\\x",
        "\\\\server\\share",
        "ends in \\",
        "it's\\'q",
        "\\\\'",
        "a\\\n'b'\\\\",
        "\\" * 5,
    ],
)
def test_what_a_dotenv_file_says_is_read_again(vault: Machine, tmp_path: Path, value: str) -> None:
    (tmp_path / "value").write_text(value)
    vault.ok("secret", "set", "dev", "A", "--from-file", str(tmp_path / "value"))
    exported = vault.ok("secret", "export", "dev", "--for", "python").out
    (tmp_path / "out.env").write_text(exported)
    vault.ok("secret", "set", "dev", "A", stdin="else")
    vault.ok("secret", "import", "dev", str(tmp_path / "out.env"))
    assert vault.ok("secret", "get", "dev", "A").out == value


@pytest.mark.parametrize("form", ["shell", "systemd"])
def test_what_a_shell_or_systemd_would_not_take_is_not_exported(form: str) -> None:
    """A secret of an older tetra-es may have such a name."""
    with pytest.raises(Refused, match="'UID' is a variable that shells keep for themselves"):
        formatted({"UID": b"0"}, form)

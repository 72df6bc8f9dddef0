"""Secrets from the command line: set, read, share, roll back, mark, purge."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.integrity.tampering import opened
from tetra_es.log.bodies import unpack

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine

CANARY = "canary-4f1c9b"


@pytest.fixture(scope="module")
def kept(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization whose dev has one recipient, alice. For copies alone."""
    machine = founded.copy(tmp_path_factory.mktemp("kept") / "home")
    recipient = machine.ok("identity", "new").out.strip()
    machine.ok("promote", "dev")
    machine.ok("recipient", "add", "dev", "alice", recipient)
    return machine


@pytest.fixture
def vault(kept: Machine, tmp_path: Path) -> Machine:
    """A copy of it."""
    return kept.copy(tmp_path / "home")


def other(machine: Machine, name: str) -> dict[str, str]:
    """Return the environment of another person, who has an identity."""
    env = {"XDG_CONFIG_HOME": str(machine.home / name)}
    if not (machine.home / name).exists():
        machine.ok("identity", "new", env=env)
    return env


def own_recipient(machine: Machine) -> str:
    return machine.ok("identity", "show").out.strip()


def recipient_of(machine: Machine, name: str) -> str:
    return machine.ok("identity", "show", env=other(machine, name)).out.strip()


def set_secret(machine: Machine, key: str, value: str, *more: str) -> None:
    machine.ok("secret", "set", "dev", key, *more, stdin=value)


def test_a_value_comes_back_byte_for_byte(vault: Machine, tmp_path: Path) -> None:
    set_secret(vault, "API_KEY", f"{CANARY}\n")
    assert vault.ok("secret", "get", "dev", "API_KEY").out == CANARY
    for value in (b"", b"\0\xff\r\n binary", b"line\n" * 3, bytes(range(256)) * 4096):
        (tmp_path / "value").write_bytes(value)
        vault.ok("secret", "set", "dev", "BLOB", "--from-file", str(tmp_path / "value"))
        printed = subprocess.run(
            vault.argv("secret", "get", "dev", "BLOB"),
            env=vault.environment(),
            capture_output=True,
            check=True,
        )
        assert printed.stdout == value


def test_nobody_can_read_without_recipients(machine: Machine) -> None:
    failed = machine.fails(3, "secret", "set", "dev", "A", stdin="x")
    assert "no recipients" in failed.error()


def test_a_contributor_can_set_but_not_read(vault: Machine) -> None:
    bob = {"XDG_CONFIG_HOME": str(vault.home / "bob")}
    vault.ok("signer", "add", "bob", vault.ok("signer", "new", env=bob).out.strip())
    vault.ok("secret", "set", "dev", "A", stdin="x", env=bob)
    assert vault.history("-n", "1")[0]["actor"] == "bob"
    failed = vault.fails(1, "secret", "get", "dev", "A", env=bob)
    assert "no identity" in failed.error()
    other(vault, "carol")
    vault.fails(3, "secret", "get", "dev", "A", env=other(vault, "carol"))


def test_the_list_has_no_values(vault: Machine) -> None:
    set_secret(vault, "API_KEY", CANARY, "-m", "first")
    set_secret(vault, "API_KEY", CANARY + "2")
    listed = vault.ok("secret", "list", "dev", "-o", "json")
    assert CANARY not in listed.out
    row = listed.json[0]
    assert (row["key"], row["version"], row["actor"], row["recipients"]) == (
        "API_KEY",
        2,
        "alice",
        ["alice"],
    )


def test_import_of_a_dotenv_file_and_export(vault: Machine, tmp_path: Path) -> None:
    file = tmp_path / "dev.env"
    file.write_text(
        "# comment\nexport A=1\nB=\"two words\"  # more\nC='multi\nline'\n"
        "URL=postgres://u:p@h/db?x=1&y=2\nEMPTY=\n"
    )
    vault.ok("secret", "import", "dev", str(file))
    expected = {
        "A": "1",
        "B": "two words",
        "C": "multi\nline",
        "URL": "postgres://u:p@h/db?x=1&y=2",
        "EMPTY": "",
    }
    assert vault.ok("secret", "export", "dev", "--format", "json").json == expected
    exported = tmp_path / "again.env"
    exported.write_text(vault.ok("secret", "export", "dev", "--for", "python").out)
    vault.ok("secret", "import", "dev", str(exported))
    assert vault.ok("secret", "export", "dev", "--format", "json").json == expected


def test_what_is_imported_is_to_be_removed_where_it_is_a_file(
    vault: Machine, tmp_path: Path
) -> None:
    (tmp_path / "dev.env").write_text("A=1\n")
    done = vault.ok("secret", "import", "dev", "dev.env", cwd=tmp_path)
    assert "dev.env still holds the values" in done.err
    piped = vault.forked().ok("secret", "import", "dev", "/dev/stdin", stdin="A=2\n")
    assert piped.err == ""
    assert vault.ok("secret", "get", "dev", "A").out == "2"


def test_export_for_a_shell_is_safe_to_source(vault: Machine, tmp_path: Path) -> None:
    nasty = "a'b\"c$(touch pwned)`id`\\ \nnext"
    (tmp_path / "v").write_text(nasty)
    vault.ok("secret", "set", "dev", "NASTY", "--from-file", str(tmp_path / "v"))
    script = vault.ok("secret", "export", "dev", "--format", "shell").out
    done = subprocess.run(
        ["sh", "-c", script + '\nprintf %s "$NASTY"'],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert done.stdout == nasty
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    ("text", "says"), [("A=1\nnonsense here\n", ":2:"), ("9A=1\n", ":1:"), ("", "no KEY=VALUE")]
)
def test_a_broken_dotenv_file_sets_nothing(
    vault: Machine, tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / "x.env").write_text(text)
    assert says in vault.fails(1, "secret", "import", "dev", str(tmp_path / "x.env")).error()


def test_every_change_of_recipients_encrypts_again(vault: Machine) -> None:
    for key in ("A", "B"):
        set_secret(vault, key, CANARY)
    bob = other(vault, "bob")
    vault.fails(3, "secret", "get", "dev", "A", env=bob)
    vault.ok("recipient", "add", "dev", "bob", recipient_of(vault, "bob"))
    assert vault.ok("secret", "get", "dev", "A", env=bob).out == CANARY
    vault.ok("recipient", "rm", "dev", "bob")
    vault.fails(3, "secret", "get", "dev", "A", env=bob)
    assert vault.ok("secret", "get", "dev", "B").out == CANARY
    names = [row["name"] for row in vault.ok("recipient", "list", "dev", "-o", "json").json]
    assert names == ["alice"]
    assert "last recipient" in vault.fails(3, "recipient", "rm", "dev", "alice").error()


def test_removing_oneself_warns(vault: Machine) -> None:
    set_secret(vault, "A", "x")
    vault.ok("recipient", "add", "dev", "bob", recipient_of(vault, "bob"))
    assert "that was you" in vault.ok("recipient", "rm", "dev", "alice").err


def test_access_to_dev_gives_nothing_in_prod(vault: Machine) -> None:
    vault.ok("promote", "prod")
    failed = vault.fails(3, "secret", "set", "prod", "A", stdin="x")
    assert "no recipients" in failed.error()
    vault.ok("recipient", "add", "prod", "bob", recipient_of(vault, "bob"))
    vault.ok("secret", "set", "prod", "A", stdin="x")
    vault.fails(3, "secret", "get", "prod", "A")


def test_rollback_brings_the_secrets_back(vault: Machine) -> None:
    set_secret(vault, "A", "old")
    vault.ok("set", "local", "ports.tetra=5555")
    vault.ok("promote", "dev")
    set_secret(vault, "A", "new")
    set_secret(vault, "B", "later")
    vault.ok("rollback", "dev", "--to", "dev@1")
    assert vault.ok("secret", "export", "dev", "--format", "json").json == {"A": "old"}
    vault.ok("rollback", "dev", "--to", "dev@2", "--secrets", "current")
    assert vault.ok("secret", "export", "dev", "--format", "json").json == {"A": "old"}
    vault.ok("rollback", "dev", "--to", "dev@1")
    vault.ok("rollback", "dev", "--to", "dev@2")
    assert vault.ok("secret", "export", "dev", "--format", "json").json == {
        "A": "new",
        "B": "later",
    }
    vault.ok("verify")


def test_rollback_encrypts_for_todays_recipients(vault: Machine) -> None:
    bob = other(vault, "bob")
    vault.ok("recipient", "add", "dev", "bob", recipient_of(vault, "bob"))
    set_secret(vault, "A", "old")
    vault.ok("set", "local", "ports.tetra=5555")
    vault.ok("promote", "dev")
    vault.ok("recipient", "rm", "dev", "bob")
    set_secret(vault, "A", "new")
    vault.ok("rollback", "dev")
    assert vault.ok("secret", "get", "dev", "A").out == "old"
    vault.fails(3, "secret", "get", "dev", "A", env=bob)
    vault.ok("rebuild", "--check")


def test_a_compromised_version_never_comes_back(vault: Machine) -> None:
    set_secret(vault, "A", "leaked")
    vault.ok("set", "local", "ports.tetra=5555")
    vault.ok("promote", "dev")
    vault.ok("secret", "compromised", "dev", "A", "--version", "1", "-m", "in a log")
    set_secret(vault, "A", "fresh")
    done = vault.ok("rollback", "dev", "--to", "dev@1")
    assert "version 1 of A did not come back" in done.err
    assert vault.ok("secret", "get", "dev", "A").out == "fresh"


def test_purging_destroys_the_ciphertext_and_all_still_verifies(vault: Machine) -> None:
    set_secret(vault, "A", "leaked")
    ciphertext = (vault.folder / "secrets/dev/A.age").read_bytes()
    refused = vault.fails(3, "secret", "purge", "dev", "A", "--version", "1", "-m", "x")
    assert "is the present one" in refused.error()
    set_secret(vault, "A", "fresh")
    vault.fails(2, "secret", "purge", "dev", "A", "--version", "1")
    vault.ok("secret", "purge", "dev", "A", "--version", "1", "-m", "leaked in a talk")
    (taken,) = vault.ok("event", str(vault.last_position()), "-o", "json").json["purges"]
    assert (taken["name"], taken["bodies"]) == ("secret.set", ["ciphertext"])
    marker = ciphertext.splitlines()[3]
    for path in (vault.folder / "store").iterdir():
        assert marker not in path.read_bytes()
    log = vault.git("log", "-p", "--all")
    assert marker.decode() not in log
    assert "This was purged: its content no longer exists." in log
    vault.ok("verify")
    vault.ok("rebuild")
    vault.ok("verify")
    assert vault.ok("secret", "get", "dev", "A").out == "fresh"
    rows = vault.ok("event", str(vault.last_position()), "-o", "json").json
    assert rows["state"]["metadata"]["reason"] == "leaked in a talk"


def test_a_purge_names_older_copies_of_the_store(vault: Machine) -> None:
    for value in ("leaked", "fresh"):
        set_secret(vault, "A", value)
    older = vault.store.with_name("events.db.first-edition")
    older.write_bytes(b"")
    done = vault.ok("secret", "purge", "dev", "A", "--version", "1", "-m", "leaked")
    assert f"{older} is an older copy of the store, and may still have the ciphertext" in done.err


def test_who_could_read_what(vault: Machine) -> None:
    set_secret(vault, "BEFORE", "x")
    vault.ok("recipient", "add", "dev", "bob", recipient_of(vault, "bob"))
    set_secret(vault, "DURING", "x")
    vault.ok("recipient", "rm", "dev", "bob")
    set_secret(vault, "AFTER", "x")
    set_secret(vault, "DURING", "y")
    rows = vault.ok("secret", "exposure", "bob", "-o", "json").json
    found = {(row["key"], row["version"]): row["rotated"] for row in rows}
    assert found == {("BEFORE", 1): False, ("DURING", 1): True}


def test_edit_in_memory_records_only_what_changed(vault: Machine) -> None:
    for key in ("A", "B", "C"):
        set_secret(vault, key, f"{CANARY}-{key}")
    script = f"sed -i -e s/{CANARY}-A/other/ -e /^B=/d"
    done = vault.ok("secret", "edit", "dev", env={"EDITOR": script, "VISUAL": ""})
    assert [line.split(" (#")[0] for line in done.out.splitlines()] == [
        "set secret(dev): A version 2",
        "remove secret(dev): B",
    ]
    values = vault.ok("secret", "export", "dev", "--format", "json").json
    assert values == {"A": "other", "C": f"{CANARY}-C"}
    failed = vault.fails(1, "secret", "edit", "dev", env={"EDITOR": "false", "VISUAL": ""})
    assert "nothing was recorded" in failed.error()


def test_run_gives_a_command_the_secrets(vault: Machine) -> None:
    set_secret(vault, "TOKEN", CANARY)
    shell = ("--", "sh", "-c", "printf %s $TOKEN; exit 7")
    done = vault.forked().process("run", "dev", *shell)
    assert (done.code, done.out) == (7, CANARY)
    script = (
        "cat $TETRA_ES_SECRETS/TOKEN; stat -c ' %a' $TETRA_ES_SECRETS/TOKEN; echo $TETRA_ES_SECRETS"
    )
    done = vault.forked().process("run", "--files", "dev", "--", "sh", "-c", script)
    value, folder = done.out.splitlines()
    assert value == f"{CANARY} 600"
    assert subprocess.run(["test", "-e", folder], check=False).returncode == 1
    failed = vault.forked().fails(1, "run", "dev", "--", "no-such-command")
    assert "cannot run" in failed.error()


def test_copy_and_diff_by_name(vault: Machine) -> None:
    vault.ok("promote", "staging")
    vault.ok("recipient", "add", "staging", "alice", own_recipient(vault))
    set_secret(vault, "A", CANARY)
    vault.ok("secret", "copy", "dev", "A", "--to", "staging")
    assert vault.ok("secret", "get", "staging", "A").out == CANARY
    start = vault.last_position()
    set_secret(vault, "A", "2")
    set_secret(vault, "B", "1")
    vault.ok("secret", "rm", "dev", "A")
    rows = vault.ok(
        "secret", "diff", str(start), str(vault.last_position()), "--env", "dev", "-o", "json"
    ).json
    assert rows == [
        {"key": "A", "before": 1, "after": None},
        {"key": "B", "before": None, "after": 1},
    ]


def test_a_value_is_never_an_argument_and_appears_nowhere(vault: Machine) -> None:
    set_secret(vault, "API_KEY", CANARY)
    vault.ok("secret", "get", "dev", "API_KEY")
    vault.ok("promote", "dev")
    vault.ok("verify")
    for path in vault.folder.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes(), path
    objects = vault.git("rev-list", "--all", "--objects").split()
    assert objects
    for name in ("secret", "status", "history", "verify"):
        done = vault.run(name, *(["list", "dev"] if name == "secret" else []))
        assert CANARY not in done.out + done.err


@pytest.mark.parametrize("how", ["swapped", "older", "foreign"])
def test_files_that_were_tampered_with_are_found(vault: Machine, how: str) -> None:
    set_secret(vault, "A", "a1")
    older = (vault.folder / "secrets/dev/A.age").read_bytes()
    set_secret(vault, "A", "a2")
    set_secret(vault, "B", "b1")
    folder = vault.folder / "secrets/dev"
    replacement = {
        "swapped": (folder / "B.age").read_bytes(),
        "older": older,
        "foreign": older.replace(b"A", b"B"),
    }[how]
    (folder / "A.age").write_bytes(replacement)
    done = vault.run("verify")
    assert done.code == 4
    assert "secrets/dev/A.age" in done.err
    assert "secrets/dev/A.age" in vault.fails(4, "secret", "get", "dev", "A").error()


def test_a_ciphertext_changed_in_the_store_is_not_used(vault: Machine) -> None:
    set_secret(vault, "A", "a")
    set_secret(vault, "B", "b")
    with opened(vault.store) as connection:
        values = {
            digest: content
            for digest, content in connection.execute("SELECT digest, content FROM bodies")
            if unpack(digest, content).startswith(b"-----BEGIN AGE")
        }
        a, b = values
        for digest, content in ((a, values[b]), (b, values[a])):
            connection.execute("UPDATE bodies SET content = ? WHERE digest = ?", (content, digest))
    done = vault.run("secret", "get", "dev", "A")
    assert done.code == 4
    assert "ciphertext of A was changed" in done.error()
    assert vault.run("verify").code == 4


def test_names_that_are_no_variables(vault: Machine) -> None:
    for key in ("../x", "a-b", "9A", "A B", ""):
        assert (
            "not a secret's name" in vault.fails(2, "secret", "set", "dev", key, stdin="x").error()
        )


def test_stdout_of_json_commands_stays_json(vault: Machine) -> None:
    done = vault.ok("secret", "set", "dev", "A", "-o", "json", stdin="x")
    assert json.loads(done.out)[0]["type"] == "secret.set"

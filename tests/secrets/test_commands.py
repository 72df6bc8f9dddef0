"""A value put through every command is seen where it was asked for and nowhere else."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from typing import TYPE_CHECKING

from tests.examples import LONG_TAIL, THOROUGH
from tests.needs import needs
from tests.secrets.leaks import CHILD, watching

if TYPE_CHECKING:
    from tests.conftest import Machine
    from tests.secrets.canary_machine import CanaryMachine
    from tests.secrets.leaks import Canary

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g"


def write(guarded: CanaryMachine, recipient: str) -> None:
    """Everything that records a value."""
    machine, text = guarded.machine, guarded.canary.text
    guarded.set("A")
    guarded.set("A", f"{text}\nof two lines\n")
    guarded.run("secret", "set", "dev", "A", "--dry-run", stdin=text)
    file = str(guarded.file("value", f"\0{text}\0"))
    guarded.run("secret", "set", "dev", "BINARY", "--from-file", file)
    guarded.run("secret", "rm", "dev", "BINARY")
    dotenv = str(guarded.file("dev.env", f"export B='{text}'\nC=\"x\n{text}\"\nD={text} # {text}"))
    guarded.run("secret", "import", "dev", dotenv, "-m", "the old file", "-o", "json")
    guarded.run("secret", "copy", "dev", "B", "--to", "staging")
    guarded.run("secret", "set", "staging", "B", stdin="other")
    guarded.run("secret", "rollback", "staging", "B", "--to", "1")
    script = guarded.file("script", f"s/^B=./&more-/\n$aE={text}\n/^D=/d\n")
    edited = guarded.run(
        "secret", "edit", "dev", env={"EDITOR": f"sed -i -f {script}", "VISUAL": ""}
    )
    assert len(edited.out.splitlines()) == 3
    guarded.run("recipient", "add", "dev", "bob", recipient)
    guarded.run("recipient", "rm", "dev", "bob", "--dry-run")
    guarded.run("recipient", "rm", "dev", "bob")
    guarded.run("member", "add", "bob", "-", "--reads", "dev", stdin=f"{KEY} {recipient}")
    guarded.run("member", "rm", "bob")
    machine.ok("set", "local", "ports.tetra=5555")
    guarded.run("promote", "dev")
    guarded.run("secret", "compromised", "dev", "A", "--version", "1", "-m", "seen")
    guarded.run("rollback", "dev")
    guarded.run("secret", "purge", "dev", "A", "--version", "1", "-m", "seen")


def read(guarded: CanaryMachine) -> None:
    """Everything that is for values, and what is started with them."""
    guarded.told("secret", "get", "dev", "A")
    for form in ("json", "systemd", "shell"):
        guarded.told("secret", "export", "dev", "--format", form)
    guarded.told("secret", "export", "dev", "--for", "python")
    guarded.told("run", "dev", "--", "sh", "-c", 'printf %s "$A"', CHILD)
    guarded.run("run", "dev", "--", "sh", "-c", "exit", CHILD)
    script = 'cat "$TETRA_ES_SECRETS/A"'
    guarded.told("run", "--files", "dev", "--", "sh", "-c", script)


def look(guarded: CanaryMachine) -> None:
    """Everything that looks at the organization."""
    position = str(guarded.machine.last_position())
    for words in (
        ("secret", "list", "dev"),
        ("secret", "list", "dev", "-o", "json"),
        ("secret", "diff", "6", position, "--env", "dev"),
        ("secret", "exposure", "alice", "-o", "csv"),
        ("recipient", "list", "dev"),
        ("identity", "show"),
        ("identity", "line"),
        ("member", "list"),
        ("status",),
        ("history",),
        ("history", "-o", "json"),
        ("history", "dev", "--key", "A"),
        ("show", "dev"),
        ("diff", "dev@1", "dev@2"),
        ("blame", "dev"),
        *(("event", str(number), "-o", "json") for number in range(7, 20, 3)),
        ("event", position),
        ("verify",),
        ("rebuild",),
        ("rebuild", "--check"),
        ("--debug", "verify"),
    ):
        guarded.run(*words)


def test_a_value_through_every_command(guarded: CanaryMachine, bobs_recipient: str) -> None:
    real = guarded.real() if THOROUGH else guarded.forked()
    with watching(guarded.canary) as seen:
        write(real, bobs_recipient)
        guarded.check_places()
        read(real)
        if THOROUGH:
            look(real)
    look(guarded)
    assert seen.leaks == set()
    assert len(seen.processes) > 20
    guarded.check_places()


def test_every_command_is_in_that_test() -> None:
    """A new subcommand has to be put through it as well."""
    from tetra_es_cli.commands import identity, member, recipient
    from tetra_es_cli.commands.secret.group import secret

    assert set(secret.commands) == {
        *("set", "get", "list", "rm", "import", "export", "edit", "copy", "diff"),
        *("rollback", "compromised", "purge", "exposure"),
    }
    assert set(recipient.recipient.commands) == {"add", "rm", "list"}
    assert set(member.member.commands) == {"add", "rm", "list"}
    assert set(identity.identity.commands) == {"new", "show", "line"}


def at_a_terminal(machine: Machine, *arguments: str, types: str) -> tuple[int, str]:
    """Run a command at a terminal, at which somebody types once there is a prompt."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        machine.argv(*arguments),
        env=machine.environment({"TERM": "dumb"}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            data = os.read(ours, 4096)
        except OSError:  # the last one with the terminal open is gone
            break
        shown += data
        if shown.endswith(b": ") and types:
            os.write(ours, types.encode() + b"\n")
            types = ""
    os.close(ours)
    return process.wait(), shown.decode()


def test_what_is_typed_is_not_shown(vault: Machine, canary: Canary) -> None:
    code, shown = at_a_terminal(vault, "secret", "set", "dev", "A", types=canary.text)
    assert code == 0
    assert "Value of A" in shown
    assert not canary.is_in(shown)
    assert vault.ok("secret", "get", "dev", "A").out == canary.text


@needs("ssh-keygen")
def test_an_ssh_key_is_opened_with_its_passphrase(vault: Machine, canary: Canary) -> None:
    key = vault.home / "id"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", canary.text, "-f", str(key)], check=True
    )
    vault.ok("recipient", "add", "dev", "ssh", str(key.with_suffix(".pub")))
    vault.ok("secret", "set", "dev", "A", stdin="open")
    words = ("secret", "get", "dev", "A", "-i", str(key))
    code, shown = at_a_terminal(vault, *words, types=canary.text)
    assert (code, canary.is_in(shown)) == (0, False)
    assert shown.endswith("open")
    code, shown = at_a_terminal(vault, *words, types=canary.text[:-1])
    assert (code, canary.is_in(shown)) == (1, False)
    assert "passphrase does not open" in shown
    assert "has a passphrase" in vault.fails(1, "--no-input", *words).error()


@needs("ssh-keygen")
def test_a_passphrase_takes_a_terminal(vault: Machine, canary: Canary) -> None:
    """One clear line; nothing is read from standard input.

    https://github.com/pallets/click/issues/906, https://github.com/python/cpython/issues/105629
    """
    key = vault.home / "id"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", canary.text, "-f", str(key)], check=True
    )
    vault.ok("secret", "set", "dev", "A", stdin="x")
    done = vault.process(
        *("secret", "get", "dev", "A", "-i", str(key)),
        stdin=f"{canary.text}\n",
        before=os.setsid,
    )
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "tetra-es: error: no terminal to ask at: Passphrase of the SSH key\n"
        "tetra-es: hint: run it at a terminal\n"
    )


@LONG_TAIL
def test_reencryption_shows_how_far_it_is(vault: Machine, bobs_recipient: str) -> None:
    file = vault.home / "many.env"
    file.write_text("".join(f"KEY_{number}=x\n" for number in range(300)))
    vault.ok("secret", "import", "dev", str(file))
    code, shown = at_a_terminal(vault, "recipient", "add", "dev", "bob", bobs_recipient, types="")
    assert code == 0
    assert "\rsecrets [" in shown
    assert "300/300" in shown
    assert shown.index("secrets [") < shown.index("re-encrypt(dev): 300 secrets")
    done = vault.forked().ok("recipient", "rm", "dev", "bob", "-o", "json")
    assert "secrets [" not in done.err
    assert [row["type"] for row in json.loads(done.out)] == [
        "recipient.removed",
        "secrets.resealed",
    ]


def test_an_import_makes_versions_of_new_values_alone(vault: Machine) -> None:
    file = vault.home / "dev.env"
    imports = ("secret", "import", "dev", str(file))
    file.write_text("A=1\nB=2\nC=3\n")
    assert "the same" not in vault.ok(*imports).out
    file.write_text("A=1\nB=two\nC=3\nD=4\n")
    planned = vault.ok(*imports, "--dry-run").out.splitlines()
    done = vault.ok(*imports).out.splitlines()
    assert [line.partition(" (")[0] for line in done] == [
        "set secret(dev): B version 2",
        "set secret(dev): D version 1",
        "2 values are the same as before",
    ]
    assert "2 values are the same as before" in planned
    again = vault.ok(*imports)
    assert again.out == "4 values are the same as before\n"

    # Without an identity that reads them, all of them count as new.
    (vault.home / ".config/tetra-es/age.key").unlink()
    assert vault.ok(*imports).out.count("set secret(dev)") == 4

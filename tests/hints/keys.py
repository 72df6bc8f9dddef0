"""Hints about a person's own keys, and about secrets and who reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hints.case import Case

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.machine import Machine


def config(machine: Machine, name: str) -> str:
    return str(machine.home / ".config" / "tetra-es" / name)


def open_to_others(name: str) -> Callable[[Machine], object]:
    return lambda machine: (machine.home / ".config/tetra-es" / name).chmod(0o644)


def recipient_named_prod(machine: Machine) -> None:
    key = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg"
    machine.ok("recipient", "add", "dev", "prod", key)


def as_bob(machine: Machine) -> None:
    """Somebody acts who has no keys."""
    machine.env["XDG_CONFIG_HOME"] = str(machine.home / "bob")


def as_bob_with_keys(machine: Machine) -> None:
    as_bob(machine)
    machine.ok("signer", "new")
    machine.ok("identity", "new")


def lines_of_bob(machine: Machine) -> None:
    """He is a member, and has new keys."""
    for name in ("old", "new"):
        sent = machine.ok("identity", "line", env={"XDG_CONFIG_HOME": str(machine.home / name)}).out
        (machine.home / f"{name}.line").write_text(sent)
    machine.ok("member", "add", "bob", str(machine.home / "old.line"))


def with_a_damaged_key(machine: Machine) -> None:
    (machine.home / ".config/tetra-es/id_ed25519").write_text("not a key\n")


def with_a_binary_secret(machine: Machine) -> None:
    (machine.home / "binary").write_bytes(b"\0\1")
    machine.ok("secret", "set", "dev", "API_KEY", "--from-file", "binary")


def with_a_quote(value: str) -> Callable[[Machine], None]:
    """Return what gives dev a secret that not all readers of env files can have."""

    def state(machine: Machine) -> None:
        machine.ok("secret", "set", "dev", "API_KEY", stdin=value)

    return state


def with_a_purged_one(machine: Machine) -> None:
    """An older version of a secret was destroyed."""
    machine.ok("secret", "set", "dev", "API_KEY", stdin="newer")
    machine.ok("secret", "purge", "dev", "API_KEY", "--version", "1", "-m", "seen")


def with_a_sourced_file(machine: Machine) -> None:
    """There is an env file that a shell read before."""
    (machine.home / "sourced.env").write_text("HOST=db\nURL=http://$HOST\n")


def with_a_file_of_another(machine: Machine) -> None:
    """Somebody replaced an age file."""
    (machine.folder / "secrets/dev/API_KEY.age").write_text("another\n")


def with_a_compromised_one(machine: Machine) -> None:
    machine.ok("secret", "compromised", "dev", "API_KEY", "--version", "1", "-m", "seen")


def with_bobs_recipient(machine: Machine) -> None:
    as_bob_with_keys(machine)
    recipient = machine.ok("identity", "show").out.strip()
    machine.env["BOBS"] = recipient


SENT = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g bob@laptop "
    "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\n"
)
"""What a new member sends."""

MOVE = "`{}` moves it away, `tetra-es signer new` makes another; a signer then adds that"
LIST = "`tetra-es secret list {}` lists the secrets"

CASES = [
    Case("`tetra-es signer list` shows whose keys may sign", "audit checkpoint", as_bob_with_keys),
    Case(
        "--replace has the new keys take the place of the old ones; where it is another person, "
        "use another name",
        "member add bob $HOME/new.line",
        lines_of_bob,
        options="--replace",
    ),
    Case(
        "`chmod 600 {}` closes it",
        "promote staging",
        open_to_others("id_ed25519"),
        then="promote staging",
    ),
    Case(
        "`chmod 600 {}` closes it",
        "secret get dev API_KEY",
        open_to_others("age.key"),
        then="secret get dev API_KEY",
    ),
    Case(
        "`tetra-es identity line` makes one, and prints what a signer needs to add you",
        "promote staging",
        as_bob,
    ),
    Case(MOVE, "promote staging", with_a_damaged_key),
    Case(
        "`tetra-es identity line` prints what a signer needs to add you",
        "promote staging",
        as_bob_with_keys,
    ),
    Case(
        "`tetra-es identity new` makes one, and a colleague adds it as a recipient; "
        "--identity names another file",
        "secret get dev API_KEY",
        as_bob,
    ),
    Case(
        "`tetra-es recipient list {}` lists those who can, and can add you",
        "secret get dev API_KEY",
        as_bob_with_keys,
    ),
    Case(LIST, "secret get dev NOSUCH"),
    Case(
        "`tetra-es secret exposure @{}` asks about the environment; for the recipient, give its "
        "public key",
        "secret exposure prod",
        recipient_named_prod,
    ),
    Case(
        "`tetra-es recipient add {} NAME RECIPIENT` adds one",
        "secret set staging KEY",
        stdin="value",
        fill={
            "NAME": "alice",
            "RECIPIENT": "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg",
        },
        then="secret set staging KEY",
    ),
    Case("say why with -m", "secret purge dev API_KEY --version 1", options="-m why"),
    Case(
        "`tetra-es secret get {} {}` prints it; `tetra-es run --files {} COMMAND` "
        "gives COMMAND a file with it",
        "secret export dev",
        with_a_binary_secret,
        fill={"COMMAND": "true"},
    ),
    Case(
        "`tetra-es history {} --key {}` tells when and why",
        "secret get dev API_KEY --version 1",
        with_a_purged_one,
    ),
    Case("`tetra-es history {} --key {}` tells when it had", "secret get dev API_KEY --at 1"),
    Case(
        "`tetra-es rollback {} --to {}`",
        "rollback dev --to dev@1",
        with_a_quote("newer"),
    ),
    Case(
        "say who will read them: `tetra-es secret export {} {}`",
        "secret export dev",
        with_a_quote("it's"),
    ),
    Case(
        "`tetra-es secret export {} --format json` holds every value",
        "secret export dev --for python",
        with_a_quote("${HOME}"),
    ),
    Case(
        "`tetra-es secret import {} {} --shell` takes that",
        "secret import dev sourced.env",
        with_a_sourced_file,
    ),
    Case(
        "find out who changed it; `tetra-es rebuild --force` puts it back",
        "secret get dev API_KEY",
        with_a_file_of_another,
        then="secret get dev API_KEY",
    ),
    Case(
        "name two revisions of one, or give it with --env", "secret diff 7 9", options="--env dev"
    ),
    Case(
        "`tetra-es secret set {} {}` gives it a new value",
        "rollback dev --to 8",
        with_a_compromised_one,
        stdin="third",
    ),
    Case("such as `tetra-es run {} -- env`", "run dev --"),
    Case("`tetra-es member list` lists the members", "member rm nobody"),
    Case(
        "a signer adds you with that line: `tetra-es member add NAME -`",
        "identity line",
        stdin=SENT,
        fill={"NAME": "bob"},
        then="signer rm bob",
    ),
    Case(
        "`tetra-es identity line` prints the line that a new member sends",
        "member add bob -",
        stdin="hello",
    ),
    Case(
        "its owner makes another key, since others may have seen this one; "
        "`tetra-es identity line` prints public keys alone",
        "member add bob $HOME/.config/tetra-es/id_ed25519",
    ),
    Case(
        "give its public half: `tetra-es identity show -i FILE` prints it; replace the "
        "private key if others may have seen it",
        "recipient add dev bob AGE-SECRET-KEY-1QQQQQQQQQQ",
        fill={"FILE": "$HOME/.config/tetra-es/age.key"},
    ),
]

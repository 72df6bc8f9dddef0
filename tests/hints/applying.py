"""Hints of `apply`, whose machine is a server of tests/servers/stand_in.py."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.hints.case import Case
from tests.hints.servers import change_source
from tetra_es.remote import codec

if TYPE_CHECKING:
    from tests.machine import Machine

APPLY = "apply dev --local --mirror $HOME/clone"


def cloned(machine: Machine, *options: str, name: str = "clone") -> None:
    """There is a clone of the mirror."""
    words = ["git", "clone", "-q", *options, str(machine.mirror), str(machine.home / name)]
    subprocess.run(words, check=True)


def named_wrongly(machine: Machine) -> None:
    cloned(machine)
    machine.env["TETRA_ORG"] = "other"


def promoted_since(machine: Machine) -> None:
    """The clone lacks the state that was promoted last."""
    cloned(machine)
    machine.ok("promote", "prod")


def promoted_since_in_a_bare_one(machine: Machine) -> None:
    cloned(machine, "--bare")
    machine.ok("promote", "prod")


def behind(machine: Machine) -> None:
    """Another clone has put a newer state here."""
    cloned(machine)
    machine.ok("set", "local", "ports.tetra=6666")
    machine.ok("promote", "dev")
    cloned(machine, name="newer")
    machine.ok("apply", "dev", "--local", "--mirror", str(machine.home / "newer"))


def with_the_name_of_another_event(machine: Machine) -> None:
    """The release here calls itself by an event of another environment."""
    machine.ok("promote", "prod")
    cloned(machine)
    machine.ok("apply", "dev", "--local", "--mirror", str(machine.home / "clone"))
    newest = machine.history()[0]
    name = codec.word(f"dev@9 #{newest['event']} {newest['hash']}")
    change_source(machine, lambda head: f"{head.rpartition(' ')[0]} {name}", "localhost")


def like(machine: Machine, word: str) -> None:
    """This machine is as the word says."""
    cloned(machine)
    here = machine.home / "servers" / "localhost"
    here.mkdir(parents=True)
    (here / word).touch()


CASES = [
    Case("`{}` applies it", APPLY, named_wrongly),
    Case(
        "`git clone URL FOLDER` makes one; URL is what the mirror is pushed to",
        APPLY,
        fill={"URL": "$HOME/tetra/org/acme/history", "FOLDER": "$HOME/clone"},
        then=APPLY,
    ),
    Case(
        "compare it with `tetra-es signer list` where you work on the organization",
        f"{APPLY} --founder SHA256:x",
        cloned,
    ),
    Case(
        "promote it where you work on the organization; `{}` gets that",
        "apply prod --local --mirror $HOME/clone",
        promoted_since,
        then="apply prod --local --mirror $HOME/clone",
    ),
    Case(
        "promote it where you work on the organization; `{}` gets that",
        "apply prod --local --mirror $HOME/clone --dry-run",
        promoted_since_in_a_bare_one,
        then="apply prod --local --mirror $HOME/clone",
    ),
    Case(
        "`{}` gets the newer events; to go back, roll back where you work, and get that",
        APPLY,
        behind,
        then=APPLY,
    ),
    Case(
        "roll back where you work on the organization; `{}` gets that",
        APPLY,
        with_the_name_of_another_event,
    ),
    Case(
        "`{} --replace-unmanaged` keeps a copy of each on the server and replaces them",
        APPLY,
        lambda machine: like(machine, "foreign"),
        then=APPLY,
    ),
    Case(
        "create it, or deploy with --create-user",
        APPLY,
        lambda machine: like(machine, "bare"),
        options="--create-user",
    ),
]

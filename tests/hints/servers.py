"""Hints about servers: what a deployment is refused for, how it fails, and what looking finds.

The servers are those of tests/servers/stand_in.py, whose words say what one is like.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tests.hints.beginning import deployed, hosted
from tests.hints.case import Case

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.machine import Machine

ANOTHER = "find out who deploys there; `{} --take-over` {} it"
DEPLOYS = "`{}` deploys it"


def server(machine: Machine, host: str = "web1") -> Path:
    """Return the folder that stands for a server."""
    return machine.home / "servers" / host


def like(*words: str, before: Callable[[Machine], object] = deployed) -> Callable[[Machine], None]:
    """Return what makes web1 a server that is so."""

    def state(machine: Machine) -> None:
        before(machine)
        server(machine).mkdir(parents=True, exist_ok=True)
        for word in words:
            (server(machine) / word).touch()

    return state


def cured(machine: Machine) -> None:
    """web1 does what it is told again."""
    for path in server(machine).iterdir():
        if path.is_file():
            path.unlink()


def of_another_history(machine: Machine) -> None:
    """What web1 has is not made of our events."""
    deployed(machine)
    change_source(machine, lambda source: source[:-64] + "0" * 64)


def change_source(machine: Machine, change: Callable[[str], str], host: str = "web1") -> None:
    """Change by which words a server knows what it has."""
    path = server(machine, host) / "acme-dev" / "manifest"
    head, *rows = path.read_text().splitlines()
    path.write_text("\n".join([change(head), *rows, ""]))


def of_an_older_state(machine: Machine) -> None:
    """Somebody put dev's state before the last one on web1."""
    deployed(machine)
    path = server(machine) / "acme-dev" / "manifest"
    older = path.read_text().splitlines()[0]
    machine.ok("set", "local", "ports.tetra=6666")
    machine.ok("promote", "dev")
    machine.ok("deploy", "dev")
    change_source(machine, lambda _: older)


def removed(machine: Machine) -> None:
    """Nothing of what was deployed is left on web1."""
    deployed(machine)
    (server(machine) / "acme-dev" / "manifest").unlink()


def moved_on(machine: Machine) -> None:
    """dev was on web1, and names web2."""
    deployed(machine)
    machine.ok("set", "profile", "dev", 'deployment.hosts=["web2"]')
    machine.ok("promote", "dev")


def hosted_for_long(machine: Machine) -> None:
    """dev names web1, and did so in the state before."""
    hosted(machine)
    machine.ok("set", "local", "ports.tetra=6666")
    machine.ok("promote", "dev")


def with_newer_code(machine: Machine) -> None:
    """Somebody checked out another commit on web1 since dev was deployed there."""
    code = server(machine) / "code"
    code.parent.mkdir(parents=True)
    code.write_text(f"{'a' * 40} no\n")
    deployed(machine)
    code.write_text(f"{'b' * 40} no\n")


def without_system(machine: Machine) -> None:
    """dev has no table [system], as the file of tsm's guide has none."""
    hosted(machine)
    machine.ok("set", "profile", "dev", 'remove=["system"]')
    machine.ok("promote", "dev")
    machine.ok("unset", "profile", "dev", "remove")


def run_by_tsm(machine: Machine) -> None:
    machine.ok("set", "profile", "dev", "deployment.runner=tsm")
    hosted(machine)


def never_ended(machine: Machine) -> None:
    """The store was away while web1 confirmed the release, and web1 has not decided."""
    like(before=hosted)(machine)
    away = machine.store.with_name("events.db.away")
    move = shlex.join(["mv", str(machine.store), str(away)])
    (server(machine) / "on-confirm").write_text(f"{move}\n")
    machine.run("deploy", "dev")
    away.rename(machine.store)
    (server(machine) / "on-confirm").unlink()
    for file in (machine.home / ".local/state/tetra-es").glob("*/waiting/*.json"):
        file.unlink()
    (server(machine) / "ended").write_text("armed")


def bob_edits(machine: Machine) -> None:
    """Somebody acts who may edit, and nothing else."""
    deployed(machine)
    home = {"XDG_CONFIG_HOME": str(machine.home / "bob")}
    machine.ok("signer", "new", env=home)
    key = str(machine.home / "bob/tetra-es/id_ed25519.pub")
    machine.ok("signer", "add", "bob", key, "--may", "edit:local")
    machine.env |= home


def behind(machine: Machine) -> None:
    """web1 has a state that is older than the newest."""
    deployed(machine)
    hosted_for_long(machine)


def left_out(machine: Machine) -> None:
    """web2 has a newer state than web1."""
    deployed(machine)
    hosted_for_long(machine)
    machine.ok("deploy", "dev", "--to", "web2")


def env_file(content: str) -> Callable[[Machine], None]:
    """Return what makes web1 a server with such an env file."""

    def state(machine: Machine) -> None:
        like(before=hosted)(machine)
        (server(machine) / "env").write_text(content)

    return state


CASES = [
    Case(ANOTHER, "deploy dev", of_another_history, then="health dev"),
    Case(ANOTHER, "daemon install dev --to web1", of_another_history, then="health dev"),
    Case(ANOTHER, "daemon uninstall dev", of_another_history),
    Case(ANOTHER, "rollback dev --deploy", of_another_history, then="health dev"),
    Case(
        "find out who deploys there; `{} --take-over` replaces it",
        "health dev",
        of_another_history,
        then="health dev",
    ),
    Case(
        "`{}` deploys and records the present state",
        "drift dev",
        of_an_older_state,
        then="drift dev",
    ),
    Case(DEPLOYS, "health dev", removed, then="health dev"),
    Case("`{}` deploys what is recorded now", "health dev", left_out, then="health dev"),
    Case(DEPLOYS, "health dev --to web3", then="health dev --to web3"),
    Case(DEPLOYS, "daemon stop dev --to web3", then="daemon stop dev --to web3"),
    Case(
        "`{}` deploys it again; then uninstall",
        "daemon uninstall dev",
        like("lost"),
        then="daemon uninstall dev",
    ),
    Case(
        "`{} --replace-unmanaged` keeps a copy of each on the server and replaces them",
        "deploy dev",
        like("foreign", before=hosted),
        then="deploy dev",
    ),
    Case(
        "`{} --replace-unmanaged` keeps a copy of each on the server and replaces them",
        "rollback dev --deploy",
        like("foreign", before=hosted_for_long),
        then="deploy dev",
    ),
    Case(
        "`{} --replace-unmanaged` keeps a copy and replaces it",
        "doctor dev",
        like("foreign", before=hosted),
        then="health dev",
    ),
    Case(
        "`tetra-es set profile {} {}` and `tetra-es promote {}`",
        "deploy dev",
        like("crowded", before=hosted),
        then="deploy dev",
    ),
    Case(
        "units have the name of the environment: `tetra-es env add {} --profile {}` adds one of "
        "another name{}{}",
        "deploy dev",
        like("another", before=hosted),
        then="deploy dev-acme --to web1",
    ),
    Case(
        "create it, or deploy with --create-user",
        "deploy dev",
        like("bare", before=hosted),
        options="--create-user",
    ),
    Case(
        "the rollback itself stays recorded: `{}` tries again",
        "rollback dev --deploy",
        like("down", before=hosted_for_long),
        before=cured,
        then="health dev",
    ),
    Case(
        "`tetra-es set profile {} 'deployment.hosts=[\"HOST\"]'`, then `tetra-es promote {}`; or "
        "give one with --to",
        "rollback dev --deploy",
        fill={"HOST": "web1"},
        then="deploy dev",
    ),
    Case("`tetra-es history {} --steps` has the steps", "deploy dev", like("sick", before=hosted)),
    Case(
        "`tetra-es set profile {} deployment.runner=direct` has systemd run the services itself, "
        "after `tetra-es promote {}` and `{}`",
        "deploy dev",
        like("returned", before=run_by_tsm),
        then="health dev",
    ),
    Case(
        "wait until it ends; `{}` puts back what nobody works on any more",
        "deploy dev --observe web1",
        never_ended,
        then="health dev",
    ),
    Case(
        "`{}` deploys what is recorded now; `tetra-es host forget {}` forgets a host that is gone",
        "status",
        left_out,
    ),
    Case("`tetra-es signer list` shows who may do what", "host forget web1", bob_edits),
    Case("{}; `tetra-es signer list` shows who may do what", "promote staging", bob_edits),
    Case("{} runs {}, {} (`{}`)", "status", behind, then="health dev"),
    Case(
        "`tetra-es host forget {}` forgets it for {}",
        "host forget web1 --env staging",
        deployed,
    ),
    Case(
        "`tetra-es set profile {} system.init_system=systemd`, then `tetra-es promote {}`: "
        "deployments are to servers that run systemd",
        "deploy dev",
        without_system,
        then="deploy dev",
    ),
    Case(
        "`tetra-es set profile {} system.auto_start={}`, then `tetra-es promote {}`",
        "daemon disable dev",
        deployed,
        then="deploy dev",
    ),
    Case("`{}` shows what it says", "health dev", like("sick")),
    Case("`{}` starts it", "health dev", like("stopped"), then="health dev"),
    Case("`{}` puts it right", "drift dev", like("stopped"), then="drift dev"),
    Case(
        "`{} --replace-drift` keeps a copy and puts it right",
        "drift dev",
        like("changed"),
        then="drift dev",
    ),
    Case(
        "`{} --replace-drift` keeps a copy and replaces it",
        "doctor dev",
        like("changed"),
        then="health dev",
    ),
    *(
        Case(
            "`{} --replace-drift` keeps a copy of each on the server and replaces them",
            command,
            like("changed"),
            then="drift dev",
        )
        for command in ("deploy dev", "daemon install dev", "rollback dev --deploy")
    ),
    Case("`{}` asks how it ended", "doctor dev", like("open")),
    Case(
        "`{} --restart` restarts the services with it",
        "deploy dev",
        with_newer_code,
        then="deploy dev",
    ),
    Case("`{}` removes it", "deploy dev", moved_on, then="deploy dev"),
    Case(
        "name a dotenv file, or a server with --from-host",
        "secret import dev",
        env_file("A=1"),
        options="--from-host web1",
    ),
    Case(
        "fix that line, or say whose reading counts: --read-as shell (and tsm), or "
        "--read-as systemd",
        "secret import dev --from-host web1",
        env_file("A=a'b'"),
        options="--read-as shell",
    ),
    Case(
        "fix that line, or take what systemd reads with --read-as systemd",
        "secret import dev --from-host web1",
        env_file("A=$B"),
        options="--read-as systemd",
    ),
]

"""Hints of `init`, `import`, `verify`, `rebuild` and `doctor`, and of naming a host."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.hints import stores
from tests.hints.case import Case
from tests.hints.files import drifted, edited, generated_gone

if TYPE_CHECKING:
    from tests.machine import Machine


def stray_and_kept(machine: Machine) -> None:
    """The mirror keeps a commit of somebody's under found/."""
    stores.with_a_stray_commit(machine)
    machine.ok("promote", "staging")


def hosted(machine: Machine) -> None:
    """dev names a host."""
    machine.ok("set", "profile", "dev", 'deployment.hosts=["web1"]')
    machine.ok("promote", "dev")


def deployed(machine: Machine) -> None:
    hosted(machine)
    machine.ok("deploy", "dev")


def with_values_in_the_open(machine: Machine) -> None:
    """Somebody wrote secrets/local.env, as tsm's guide says."""
    recipient = machine.ok("identity", "show").out.strip()
    machine.ok("recipient", "add", "local", "alice", recipient)
    (machine.folder / "secrets").mkdir(exist_ok=True)
    (machine.folder / "secrets/local.env").write_text("NODE_ENV=development\n")


def an_empty_file(machine: Machine) -> None:
    path = machine.home / "tetra/org/other/environments/local.toml"
    path.parent.mkdir(parents=True)
    path.write_text("")


def an_old_one(machine: Machine) -> None:
    """A folder of the shell scripts from before is where the new organization would be."""
    folder = machine.home / "tetra" / "org" / "other"
    for name in ("environments/local.toml", "history/local_20230105_101500.toml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("[ports]\ntetra = 4444\n")


def an_empty_old_one(machine: Machine) -> None:
    an_old_one(machine)
    shutil.move(machine.home / "tetra/org/other", machine.home / "other")
    (machine.home / "other/environments/local.toml").write_text("")


def an_old_one_with_more(machine: Machine) -> None:
    """It has an environment of its own, and a secret."""
    an_old_one(machine)
    shutil.move(machine.home / "tetra/org/other", machine.home / "other")
    (machine.home / "other/environments/qa.toml").write_text("n = 1\n")
    text = f'token = "ghp_{"a1B2" * 9}"\n'
    (machine.home / "other/environments/local.toml").write_text(text)


def an_old_one_with_qa(machine: Machine) -> None:
    an_old_one_with_more(machine)
    (machine.home / "other/environments/local.toml").write_text("n = 1\n")


def nothing_promoted(machine: Machine) -> None:
    shutil.rmtree(machine.home / "tetra")
    machine.ok("init", machine.org)


def without_identity(machine: Machine) -> None:
    (machine.home / ".config/tetra-es/age.key").unlink()


CASES = [
    Case(
        "such as --domain my-company.example",
        "init other --domain 'not a domain'",
        options="--domain my-company.example",
        then="orgs",
    ),
    Case("`tetra-es --org {} status` shows it", "init acme"),
    Case(
        "`rm {}` removes it; the same command then writes one",
        "init other",
        an_empty_file,
        then="init other",
    ),
    Case(
        "for an organization of an older system: `{}`, then `{}`",
        "init other",
        an_old_one,
        then="--org other status",
    ),
    Case(
        "move the old folder away first, or use --as or --dir",
        "import $HOME/tetra/org/other",
        an_old_one,
        options="--as another",
    ),
    Case(
        "put its text back, or import it as it is with --allow-empty",
        "import other",
        an_empty_old_one,
        options="--allow-empty",
    ),
    Case(
        "take it out there, or record that it is a false positive: --allow {} -m REASON",
        "import other",
        an_old_one_with_more,
        options="--allow token -m why",
    ),
    Case(
        "`tetra-es daemon uninstall {}` takes it from there first",
        "env rm dev",
        deployed,
        then="env rm dev",
    ),
    Case(
        "--environments says where {} belongs",
        "import other --dry-run",
        an_old_one_with_qa,
        options="--environments local,dev,qa,staging,prod",
    ),
    Case(
        "`tetra-es init NAME` makes another organization", "set manifest name=x", fill={"NAME": "x"}
    ),
    Case(
        "the store itself is sound: `tetra-es rebuild --force` builds the rest again; it keeps "
        "files changed by hand as copies",
        "verify",
        drifted,
        then="verify",
    ),
    Case(
        "`tetra-es rebuild --force` builds them again; hand-made changes stay as copies",
        "rebuild --check",
        drifted,
        then="rebuild --check",
    ),
    Case("`{}` shows it", "verify", stray_and_kept),
    Case(
        "the next command writes the rest, such as `tetra-es rebuild`",
        "verify",
        stores.with_what_was_before,
        then="rebuild --check",
    ),
    Case("`tetra-es rebuild` puts it back", "doctor", generated_gone),
    Case("`tetra-es record`", "doctor", edited),
    Case("`tetra-es rebuild --force` keeps a copy and puts it back", "doctor", drifted),
    Case("`tetra-es promote {}`", "doctor", nothing_promoted),
    Case(
        "`tetra-es secret import {} {}` takes them over, `rm {}` removes it",
        "doctor",
        with_values_in_the_open,
        then="verify",
    ),
    Case("`tetra-es identity new` makes one", "doctor", without_identity),
    Case(
        "`tetra-es set profile {} 'deployment.hosts=[\"HOST\"]'`, then `tetra-es promote {}`; or "
        "give one with --to",
        "deploy dev --dry-run",
        fill={"HOST": "web1"},
        then="deploy dev --dry-run",
    ),
    Case(
        "name the file first: `tetra-es set {} {}=VALUE`",
        "set ports.tetra=4460",
        fill={"VALUE": "4460"},
    ),
    Case("name the file first: `tetra-es unset {} {}`", "unset ports.tetra"),
    Case(
        "that is a file of the organization: `tetra-es show manifest` prints it",
        "why manifest domain",
    ),
    Case("`tetra-es diff {} {}` compares it with the present one", "diff local@1"),
    Case("such as `tetra-es daemon logs 100 dev`", "daemon logs 1 2 dev", deployed),
    Case(
        "`{} --dry-run` shows the plan once it is recorded",
        "rollback dev --deploy --dry-run",
        deployed,
    ),
]

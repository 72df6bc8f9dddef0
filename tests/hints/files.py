"""Hints about files that people edit, and about generated ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hints.case import Case

if TYPE_CHECKING:
    from tests.machine import Machine

SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" + "k1L2m3N4o5P6q7R8"


def edited(machine: Machine) -> None:
    path = machine.toml("local")
    path.write_text(path.read_text() + "\n[by_hand]\nn = 1\n")


def one_key(machine: Machine) -> None:
    machine.toml("local").write_text("x = 1\n")
    machine.ok("record")


def gone(machine: Machine) -> None:
    machine.toml("local").unlink()


def emptied(machine: Machine) -> None:
    machine.toml("local").write_text("")


def drifted(machine: Machine) -> None:
    path = machine.toml("dev")
    path.write_text(path.read_text() + "# by hand\n")


def generated_gone(machine: Machine) -> None:
    machine.toml("dev").unlink()


def linked_to_nothing(machine: Machine) -> None:
    gone(machine)
    machine.toml("local").symlink_to(machine.home / "nowhere" / "local.toml")


def with_a_secret(machine: Machine) -> None:
    path = machine.toml("local")
    path.write_text(path.read_text() + f'\n[tokens]\ngithub = "{SECRET}"\n')


def with_a_number(machine: Machine) -> None:
    machine.ok("set", "local", "app.n=1")


def overlaid(machine: Machine) -> None:
    machine.ok("set", "profile", "staging", "app.n=1")


def required(machine: Machine) -> None:
    machine.ok("set", "manifest", "promotion.gradual=required")


def put_at_a_place(machine: Machine) -> None:
    path = machine.home / "pipeline.yml"
    path.write_text("mine\n")


def with_a_secret_in_the_open(machine: Machine) -> None:
    """dev has a secret of the name of a plain variable."""
    machine.ok("secret", "set", "dev", "NODE_ENV", stdin="x")
    machine.ok("set", "local", "services.tetra.env.NODE_ENV=development")


def with_an_old_profile(machine: Machine) -> None:
    path = machine.folder / "profiles" / "dev.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text("set = 1\n")


REBUILD = "`tetra-es rebuild` puts the recorded content back"

CASES = [
    Case("`tetra-es profile show dev` shows one", "promote dev", with_an_old_profile),
    Case(REBUILD, "promote dev", gone, then="promote dev"),
    Case(
        "leave it out of the TOML, or remove the secret: `tetra-es secret rm {} {}`",
        "promote dev",
        with_a_secret_in_the_open,
        then="promote dev",
    ),
    Case(
        "{} is missing; `tetra-es rebuild` puts the recorded content back",
        "secret rm dev API_KEY",
        gone,
    ),
    Case(
        "{} has changes that are not recorded; `tetra-es record` records them",
        "secret rm dev API_KEY",
        edited,
    ),
    Case(
        "`tetra-es show {} > {}` brings the recorded text back, `tetra-es record "
        "--allow-empty` records it as it is",
        "promote dev",
        emptied,
        then="promote dev",
    ),
    Case(
        "--allow-empty removes them all the same", "unset local x", one_key, options="--allow-empty"
    ),
    Case(
        "not recorded yet: {} (`tetra-es record`, or any command that depends on it)",
        "status",
        edited,
    ),
    Case(
        "drift: {} was changed by hand (`tetra-es rebuild --force` keeps a copy and puts it back)",
        "status",
        drifted,
    ),
    Case("missing: {} (`tetra-es rebuild` puts it back)", "status", generated_gone),
    Case(
        "take the change over into environments/local.toml or the profile; --force keeps "
        "a copy of the file and replaces it",
        "promote dev",
        drifted,
        options="--force",
    ),
    Case(
        "--force keeps a copy of them and puts the recorded content in place",
        "rebuild",
        drifted,
        options="--force",
    ),
    Case("put the file there, or remove the link: `rm {}`", "promote dev", linked_to_nothing),
    Case(
        "`tetra-es rebuild` then puts the recorded content back",
        "promote dev",
        linked_to_nothing,
        before=gone,
        then="promote dev",
    ),
    Case(
        "`tetra-es promote {}` generates it",
        "promote staging --from prod",
        then="promote staging --from prod",
    ),
    Case("`tetra-es promote {}` comes first", "promote prod", required),
    Case("`tetra-es promote {}` promotes it there", "promote prod"),
    Case("`tetra-es history {}` lists the others", "rollback dev --to dev@2"),
    Case("`tetra-es history {}` lists the others", "rollback manifest --to manifest@1"),
    Case("`tetra-es history {}` lists its revisions; --to names one", "rollback manifest"),
    Case(
        "`tetra-es undo {}` takes back what its first edit did",
        "rollback profile staging",
        overlaid,
    ),
    Case("`tetra-es history {}` lists them", "rollback profile staging --to 1"),
    Case("`tetra-es history {}` lists its states; --to names one", "rollback prod"),
    Case("change {}, then `tetra-es record`", "--no-input edit"),
    Case(
        "say why it is not a secret, with -m",
        "record --allow tokens.github",
        with_a_secret,
        options="-m why",
    ),
    Case(
        "`tetra-es secret set ENV KEY`",
        "record",
        with_a_secret,
        stdin="value",
        fill={"ENV": "dev", "KEY": "GITHUB"},
    ),
    Case(
        "`tetra-es secret set ENV KEY`, or --allow KEY -m REASON when it is recorded",
        "validate",
        with_a_secret,
        stdin="value",
        fill={"ENV": "dev", "KEY": "GITHUB"},
    ),
    Case(
        "complete it; or --type string takes it as it is",
        "set local app.list=[1,2",
        options="--type string",
    ),
    Case(
        "--type {} changes the type",
        "set local app.n=x",
        with_a_number,
        options="--type string",
    ),
    Case(
        "--allow {} -m REASON",
        "record",
        with_a_secret,
        options="--allow tokens.github -m why",
    ),
    Case(
        "--force replaces it",
        "ci github dev --output pipeline.yml",
        put_at_a_place,
        options="--force",
    ),
]

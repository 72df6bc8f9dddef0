"""`import`: take over an organization of the system that people used before."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tetra_es.errors import TetraEsError, UsageError
from tetra_es.layout import OrgLayout
from tetra_es.text import one_line
from tetra_es_cli.commands.init import default_actor
from tetra_es_cli.context.own_line import own_recipient
from tetra_es_cli.context.params import (
    ENVIRONMENTS,
    allow_empty_option,
    allow_option,
    reason_option,
)
from tetra_es_cli.context.paths import FilePath
from tetra_es_cli.output.console import hint, note, warn
from tetra_es_cli.output.emit import emit, say
from tetra_es_cli.output.model import Listing
from tetra_es_cli.output.times import short_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.usecases.old_organization import OldOrganization, OldState
    from tetra_es_cli.context.app import App

_MOST_NAMED = 10


@click.command("import")
@click.argument("folder", type=FilePath())
@click.option(
    "--as", "name", metavar="ORG", help="Name of the new organization.  [default: FOLDER's]"
)
@click.option("--domain", metavar="NAME", help="DNS name that prod is served under.")
@click.option(
    "--environments",
    type=ENVIRONMENTS,
    metavar="ENV,...",
    help="All environments in promotion order, local first; says where others than Tetra's go.",
)
@click.option("--actor", metavar="NAME", help="Your name as a signer.")
@click.option("--no-identity", is_flag=True, help="Make no identity; you read no secrets.")
@click.option("--utc", is_flag=True, help="The time stamps in file names are UTC, not local time.")
@click.option("-n", "--dry-run", is_flag=True, help="List what would be recorded; record nothing.")
@allow_option
@allow_empty_option
@reason_option
@click.pass_obj
def import_(
    app: App,
    folder: Path,
    name: str | None,
    domain: str | None,
    environments: tuple[str, ...] | None,
    actor: str | None,
    no_identity: bool,
    utc: bool,
    dry_run: bool,
    allow: tuple[str, ...],
    allow_empty: bool,
    reason: str,
) -> None:
    """Create an organization from the FOLDER of one that tsm managed.

    Its local.toml, its generated files and the backups in its history/ become events with the
    times they had there, and the domain is that of its manifest. FOLDER itself is only read; its
    secrets are not imported. All that keeps it from being imported is listed at once. As with
    `init`, you become the first signer, and a reader of the secrets of every environment.
    """
    from tetra_es.usecases.import_organization import (
        ImportOrganization,
        findings,
        imported_config,
    )
    from tetra_es.usecases.new_workspace import refuse_existing
    from tetra_es.usecases.old_organization import read_old_organization
    from tetra_es.usecases.unit_of_work import utc_now

    place = Path(os.path.abspath(folder))  # noqa: PTH100 - a link keeps its name
    org = name or place.name
    layout = OrgLayout.of(app.base, org)
    if Path(os.path.abspath(layout.root)) == place:  # noqa: PTH100 - as above
        raise UsageError(
            f"{folder} is where the new organization would be",
            hint="move the old folder away first, or use --as or --dir",
        )
    refuse_existing(layout)
    old = read_old_organization(folder, utc_now(), timezone(timedelta(0)) if utc else None)
    states = old.states
    _refuse(findings(old, allow=allow, allow_empty=allow_empty))
    order = _order(app, old, environments, dry_run=dry_run)
    signer = actor or app.settings.actor or default_actor(app.settings)
    wanted = ImportOrganization(imported_config(org, domain, old, order), states, signer, allow)
    wanted.check()
    if dry_run:
        emit(_listing(states), "table")
        _warn(old)
        return
    reads = None if no_identity else own_recipient(app)
    app.create(layout, replace(wanted, reads=reads), reason or f"imported from {folder}")
    count = f"{len(states)} file{'' if len(states) == 1 else 's'}"
    say(f"imported {count} of {folder} as the organization {org} in {layout.root}")
    _warn(old)
    _warn_of_secrets(app, folder, org, order)


def _warn_of_secrets(app: App, folder: Path, org: str, order: Sequence[str]) -> None:
    """Say that secrets stay where they are, and what brings them here."""
    files = sorted(folder.glob("secrets/*.env"))
    if not files:
        return
    meant = [] if app.settings.org == org else ["--org", org]
    commands = [
        shlex.join(["tetra-es", *meant, "secret", "import", file.stem, str(file)])
        for file in files
        if file.stem in order
    ]
    takes = "take" if commands[1:] else "takes"
    remedy = " and ".join(f"`{command}`" for command in commands)
    warn(
        "the secrets of the old organization were not imported",
        f"{remedy} {takes} them over" if commands else None,
    )


def _refuse(found: Sequence[TetraEsError]) -> None:
    """Raise an error where anything was found: all of it is told, a line each."""
    if len(found) == 1:
        raise found[0]
    for one in found:
        note(one.message)
        if one.hint:
            hint(one.hint.removesuffix("; nothing was recorded"))
    if found:
        failed = TetraEsError(f"{len(found)} problems; nothing was recorded")
        failed.exit_code = min(one.exit_code for one in found)
        raise failed


def _order(
    app: App, old: OldOrganization, given: tuple[str, ...] | None, *, dry_run: bool
) -> Sequence[str]:
    """Return the environments in promotion order; asks where others than Tetra's have no place."""
    from tetra_es.usecases.import_organization import check_order, order_with, other_environments

    others = other_environments(old)
    order: Sequence[str] = given or order_with(others)
    if others and not given:
        names = ", ".join(others)
        if sys.stdin.isatty() and not (app.no_input or dry_run):
            text = click.prompt(
                f"Where does {names} belong? All environments in promotion order",
                default=",".join(order),
            )
            order = ENVIRONMENTS.convert(text, None, None)
        else:
            warn(
                f"in promotion order the environments are {', '.join(order)}",
                f"--environments says where {names} belongs",
            )
    check_order(order, old)
    return order


def _warn(old: OldOrganization) -> None:
    """Name what was left out, what got another time than its own, and what is not valid."""
    from tetra_es.usecases.import_organization import invalid

    for sentence in old.redated:
        warn(one_line(sentence))
    for reason, paths in old.left_out.items():
        names = [one_line(path) for path in paths]
        if len(names) > _MOST_NAMED:
            names = [f"{names[0]} and {len(names) - 1} more files in its folder"]
        for name in names[:-1]:
            warn(f"not imported: {name}: {reason.why}")
        warn(f"not imported: {names[-1]}: {reason.why}", reason.hint)
    for error in invalid(old):
        warn(f"imported as it is: {error.message}", error.hint)


def _listing(states: Sequence[OldState]) -> Listing:
    rows = [
        {
            "time": state.timestamp,
            "environment": state.environment,
            "kind": state.kind,
            "origin": state.origin,
        }
        for state in states
    ]
    columns = ("time", "environment", "kind", "origin")
    return Listing(rows, columns, cells={"time": short_time})

"""`init`: found an organization."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from tetra_es.crypto.ssh import keys
from tetra_es.disk.lock import exclusive
from tetra_es.errors import Refused, TetraEsError, Unfounded
from tetra_es.layout import OrgLayout
from tetra_es.schema.templates import local_template, manifest_template
from tetra_es.secret_scan.scan import refuse, scan_text
from tetra_es.store.history import History
from tetra_es.store.log import EventLog
from tetra_es.toml.diff import holds_values
from tetra_es.toml.document import parse
from tetra_es.usecases.config.source_file import MANIFEST, SOURCE, SourceFile
from tetra_es.usecases.create_organization import InitialConfig, found
from tetra_es.usecases.session import Session
from tetra_es_cli.context.app import App
from tetra_es_cli.context.params import reason_option
from tetra_es_cli.output.console import note
from tetra_es_cli.output.plain import emit
from tetra_es_projections.mirror.git import Git
from tetra_es_projections.mirror.projection import Mirror
from tetra_es_projections.unfounded import lost_events
from tetra_es_projections.working_files import read_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tetra_es.crypto.ssh.keys import SigningKey
    from tetra_es.settings import Settings
    from tetra_es_cli.context.app import App

ENVIRONMENTS = ("local", "dev", "staging", "prod")


@click.command()
@click.argument("org")
@click.option(
    "--domain", help="DNS name that prod is served under.  [default: ORG.example]", metavar="NAME"
)
@click.option(
    "--actor",
    metavar="NAME",
    help="Your name as a signer.  [default: $TETRA_ACTOR, else USER@HOST]",
)
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be created; create nothing.")
@reason_option
@click.pass_obj
def init(
    app: App, org: str, domain: str | None, actor: str | None, dry_run: bool, reason: str
) -> None:
    """Create the organization ORG: manifest, local.toml, signing key, store and mirror.

    You become its first signer. A manifest.toml or local.toml that is there already is taken
    over. An `init` that was cut short is taken up again.
    """
    layout = OrgLayout.of(app.base, org)
    signer = actor or app.settings.actor or default_actor(app.settings)
    user = app.settings.user or "tetra"
    beginnings = InitialConfig(
        name=org,
        manifest=_present(layout, MANIFEST)
        or manifest_template(org, domain or default_domain(org), ENVIRONMENTS),
        source=_present(layout, SOURCE) or local_template(user, platform.system().lower()),
        profiles={},
    )
    if dry_run:
        emit(f"would create {layout.root} with the signer {signer}")
        return
    create_organization(
        app, layout, lambda session: found(session, beginnings, actor=signer, reason=reason)
    )
    emit(f"created the organization {org} in {layout.root}")
    emit(f"  signer   {signer}")
    emit(f"  edit     {layout.file('environments/local.toml')}")
    emit("  then     tetra-es promote dev")


def _present(layout: OrgLayout, target: SourceFile) -> str | None:
    """Return the text of a file that is there already, None where there is none.

    Raises `Refused` where it has what looks like a secret: it would be in the first event.
    """
    if not os.path.lexists(layout.file(target.path)):
        return None
    text = read_text(layout.root, target.path, then=None)
    parse(text, name=target.path)
    if not holds_values(text):
        path = layout.file(target.path)
        raise Refused(
            f"{path} is there and has no keys",
            hint=f"`rm {shlex.quote(str(path))}` has `init` write one",
        )
    refuse(scan_text(text), target.path)
    return text


def create_organization(app: App, layout: OrgLayout, fill: Callable[[Session], object]) -> None:
    """Create folder, key, store and projections of a new organization; `fill` records it.

    A store without events is left from an `init` that did not finish, and is used.
    """
    check_git(app.settings.path)
    key = signing_key(app.settings)
    _make_folders(layout)
    with exclusive(layout.lock):
        _check_free(layout, Git(app.settings.path))
        with History(layout.store, key, create=True) as history, EventLog(layout.store) as log:
            layout.store.chmod(0o600)
            fill(Session(history, log, key))
            with app.derived(layout, log) as projections:
                projections.catch_up()


def _check_free(layout: OrgLayout, git: Git) -> None:
    """Refuse to found what exists already, and what was lost; go on where an `init` did not."""
    with suppress(Unfounded), EventLog(layout.store) as log:
        if log.last_position():
            raise Refused(
                f"the organization {layout.root.name} exists already in {layout.root}",
                hint="`tetra-es status` shows it",
            )
    if lost := lost_events(layout, git):
        raise lost
    try:
        Mirror(layout.mirror, git).head()
    except TetraEsError as error:
        raise Refused(
            f"{layout.mirror} is in the way of the mirror",
            hint="for an organization of an older system: move its folder away, "
            "then `tetra-es import FOLDER --as NAME`",
        ) from error


def signing_key(settings: Settings) -> SigningKey:
    """Return the user's signing key, made where there is none."""
    path: Path = settings.signing_key
    if path.exists():
        return keys.load(path)
    key = keys.create(path)
    note(f"made a signing key: {path}")
    return key


def check_git(path: str) -> None:
    """Raise `TetraEsError` when git is not there: the mirror could not be written."""
    if shutil.which("git", path=path) is None:
        raise TetraEsError(
            "git is not installed", hint="install git; the mirror is a git repository"
        )


def _make_folders(layout: OrgLayout) -> None:
    try:
        layout.store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        layout.root.chmod(0o700)
    except OSError as error:
        raise TetraEsError(
            f"cannot create {layout.root}: {error.strerror}",
            hint="--dir or TETRA_DIR names another place",
        ) from error


def default_actor(settings: Settings) -> str:
    """Return the name of a signer who gave none: `user@host`."""
    host = "".join(char for char in socket.gethostname() if char.isalnum() or char in "-.")
    return f"{settings.user or 'tetra'}@{host or 'localhost'}"


def default_domain(org: str) -> str:
    """Return a domain for an organization that gave none, below the reserved `example`."""
    return f"{org.replace('_', '-').replace('.', '-').strip('-')}.example"

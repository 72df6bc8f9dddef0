"""`clone`, `share`, `unshare`, `pull`: one organization on many machines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from tetra_es.errors import TetraEsError
from tetra_es_cli.context.groups import CommandGroup
from tetra_es_cli.context.identities import identity_option, loader
from tetra_es_cli.context.own_line import own_line
from tetra_es_cli.context.params import report_option
from tetra_es_cli.context.recording import Recording
from tetra_es_cli.context.text_files import filled, force_option, output_option, write
from tetra_es_cli.output.console import hint, note, warn
from tetra_es_cli.output.emit import emit, say
from tetra_es_cli.output.invitation import SPARE, invitation
from tetra_es_cli.output.model import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tetra_es.usecases.keys import Identity
    from tetra_es.usecases.sharing.share import Shared
    from tetra_es_cli.context.app import App


@click.command()
@click.argument("url")
@click.argument("org", required=False)
@click.option("--expect", metavar="POSITION:HASH", help="An event that the history must have.")
@report_option
@click.pass_obj
def clone(app: App, url: str, org: str | None, expect: str | None, output: str) -> None:
    """Make a replica of the organization that is shared at URL.

    Every event is checked before any of it counts. The person who invites you tells you --expect,
    an event that the history must have. You can read at once, and record when a signer has added
    you. Keys that you lack are made, and the line to send to the signer is printed.
    """
    if expect is not None:
        app = replace(app, expect=expect)
    layout, done = app.clone(url, org)
    restored = done.restored
    position, hash_ = restored.head
    newcomer = _line_of_newcomer(app, done.signers)
    value = {
        "org": layout.root.name,
        "folder": str(layout.root),
        "shared": done.shown,
        "event": position,
        "hash": hash_.hex(),
        "founder": restored.founder,
        "line": newcomer,
    }
    lines = [
        f"cloned {position} events of {layout.root.name} to {layout.root}",
        f"  shared   {done.shown}",
        f"  head     #{position} {hash_.hex()}",
        f"  founder  {restored.founder}",
    ]
    if newcomer:
        lines.append("you can read; to record, send this line to a signer:")
        lines.append(newcomer)
    emit(Report(value, lines), output)
    if newcomer:
        hint("a signer adds you with that line: `tetra-es member add NAME -`")
    if restored.is_new and not app.admission.expect:
        note("this account has not seen this history before: compare head and founder")


def _line_of_newcomer(app: App, signers: Mapping[str, str]) -> str | None:
    """Return what somebody sends who is not a signer yet; keys that are missing are made.

    None where a signer made the clone, or nobody sits at the machine: that has its keys from
    elsewhere, or needs none. The clone is whole, whatever comes of it.
    """
    from tetra_es.usecases.keys import signs_as_one_of

    if app.no_input or signs_as_one_of(app.own_key(), signers.values()):
        return None
    try:
        return own_line(app).text
    except TetraEsError as error:
        warn(error.message, error.hint)
        return None


class _Share(CommandGroup):
    """A group whose first command may be left out: `share URL` is `share to URL`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand; anything else is an address."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            return super().resolve_command(ctx, ["to", *args])
        return super().resolve_command(ctx, args)


@click.group(cls=_Share, subcommand_metavar="URL | COMMAND [ARGS]...")
def share() -> None:
    """Share the organization by the git repository, or the PostgreSQL database, at URL.

    `share URL` is short for `share to URL`.
    """


@share.command()
@click.option(
    "--newer", is_flag=True, help="Also set aside events that claim to be of a newer version."
)
@click.pass_obj
def repair(app: App, *, newer: bool) -> None:
    """Repair the repository, or the database, that the organization is shared by.

    For commits on main there that no event of a signer made: as somebody pushes by hand, or merges
    a branch with a button. The events before them are taken over, main goes back to the last of
    them, and what was there is kept in a branch found/TIME there. Commits that it lacks, as after
    a backup was put back, are pushed, and a purge that it did not let be finished is finished.

    Anybody who may push can write an event that claims to be of a newer version: everybody stops
    there. If there is no such version, --newer sets it aside. A colleague who has a newer one, and
    who admitted the event, puts it back with `share repair`.

    In a database, rows that are not events are moved to the table tetra_es.found_events, and texts
    that were changed or destroyed are put back. The role that owns the schema has to do it.
    """
    from tetra_es.usecases.forks.take_over import repair_shared

    here = app.workspace(Recording(), signing=False)
    done = repair_shared(here, lambda: app.opening(Recording()), newer=newer)
    if done is None:
        say("nothing is wrong there")
    elif done.rows or done.bodies:
        _say_rows(done.head, done.kept, done.rows, done.bodies)
    elif not done.commits:
        say(f"main is at {done.head}, without what was purged")
    else:
        say(f"main is at {done.head} again: set {_counted(done.commits, 'commit')} aside")
        if done.kept is None:
            say("  not kept there: what was purged is in them")
        else:
            say(f"  kept there in the branch {done.kept}")


def _say_rows(head: str, kept: str | None, rows: int, bodies: int) -> None:
    if rows:
        say(f"the log went back to {head}: set {_counted(rows, 'row')} aside")
        say(f"  kept there in the table {kept}")
    if bodies:
        say(f"put back {_counted(bodies, 'text')} there")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


@share.command()
@output_option
@force_option
@click.pass_obj
def hook(app: App, output: Path | None, force: bool) -> None:
    """Write a hook for the repository that the organization is shared by, on a host of your own.

    It goes to hooks/pre-receive there. main then gets the commits of signed events alone, as
    tetra-es-verify finds them, which that host needs; it is never deleted, and replaced only where
    every event stays, as a purge does.
    """
    with app.reading() as reader:
        (first,) = reader.log.records(0, 1)
        marks = {"@ORG@": reader.layout.root.name, "@FIRST@": str(first.head)}
    write(filled("pre-receive.sh", marks), output, force=force, mode=0o755)


@share.command("to")
@click.argument("url")
@click.option(
    "--grant", "roles", multiple=True, metavar="ROLE", help="Let a role of the database record."
)
@click.option("--purge", is_flag=True, help="Let it destroy purged values there, too.")
@click.pass_obj
def share_to(app: App, url: str, roles: tuple[str, ...], purge: bool) -> None:
    """Share the organization by the git repository, or the PostgreSQL database, at URL.

    From then on every command that records does so there, on top of what others recorded. The
    repository or database is empty before, or has this organization's events already. Git asks
    and signs in as it does for you elsewhere; a database is signed in to as libpq does it, from
    ~/.pgpass or PGSERVICE: URL never has a password.

    Where it is shared elsewhere, it moves: an event there says so, the last one, and everything
    goes on at URL. Colleagues' commands stop then and name the new address; the same command of
    theirs accepts it.
    """
    from tetra_es.usecases.sharing.share import Roles

    with app.workspace(Recording(), signing=False, sharing_now=True) as workspace:
        found = workspace.share(url, Roles(roles, purge))
    say(_shared(found, workspace.layout.root.name))
    say(f"  a colleague joins with `{invitation(found.address, found.head)}`")
    if found.lets:
        warn(
            f"{found.shown} accepts {' and '.join(found.lets)}: a push can remove events there",
            "protect main there against that; for a host of your own, `tetra-es share hook` prints "
            "a hook that does, and checks every push",
        )
    if found.alone:
        note(f"{found.alone} alone may add signers: if that key is lost, nobody can any more")
        hint(SPARE)


def _shared(found: Shared, org: str) -> str:
    events = f"{found.head.position} events"
    if found.before:
        return f"moved {org} from {found.before} to {found.shown}: {events}"
    if found.was_shared:
        return f"{org} is shared at {found.shown} already: {events}"
    return f"{'shared' if found.was_empty else 'joined'} {org} at {found.shown}: {events}"


@click.command()
@click.pass_obj
def unshare(app: App) -> None:
    """Stop sharing the organization; all of its events stay here.

    What others record is not seen here any more, and what is recorded here is not seen there. The
    repository stays as it is.
    """
    with app.workspace(Recording(), signing=False) as workspace:
        where = workspace.unshare()
    done = f"not shared any more{where and f' at {where}'}"
    say("nothing to do: it was not shared" if where is None else done)


@click.command()
@click.option(
    "--rerecord",
    "--rebase",
    "again",
    is_flag=True,
    help="After a fork: take what is there, and record again what only this copy has.",
)
@click.option(
    "-m", "--reason", default="", metavar="TEXT", help="With --rerecord: why that line is right."
)
@click.option(
    "-n", "--dry-run", is_flag=True, help="With --rerecord: say what would become of each event."
)
@identity_option
@click.pass_obj
def pull(app: App, again: bool, reason: str, dry_run: bool, given: tuple[Path, ...]) -> None:
    """Receive what others recorded.

    Commands that record do that by themselves. Where somebody recorded here and somebody else
    there without the other, as on a copied folder or after a backup was restored, the histories
    fork. With --rerecord the one there counts: your events that it lacks are decided again on top
    of it, each batch as one. What cannot be is listed, and the rest stands (exit 3). The old
    store, and the old commits, are kept.
    """
    if again:
        _rerecord(app, Recording(reason, dry_run), loader(app, given))
        return
    if reason or dry_run or given:
        raise click.UsageError("-m, -n and -i go with --rerecord")
    with app.workspace(Recording(), signing=False) as workspace:
        done = workspace.pull()
    if done.last == done.before:
        say(f"up to date: #{done.last}")
    elif done.last == done.before + 1:
        say(f"received #{done.last}")
    else:
        say(f"received #{done.before + 1} to #{done.last}")


def _rerecord(app: App, how: Recording, identities: Callable[[], Sequence[Identity]]) -> None:
    from tetra_es.usecases.forks.take_over import rerecord_rest
    from tetra_es_cli.output.rerecorded import lines_of, refusal

    done = app.rerecord(how, identities)
    if done is None:
        with app.workspace(how, signing=False) as workspace:
            if not how.dry_run:
                workspace.pull()
                done = rerecord_rest(workspace, app.own_key(), identities)
    if done is None:
        say("the histories do not fork: nothing to record again")
        return
    for line in lines_of(done, dry_run=how.dry_run):
        say(line)
    if error := refusal(done, dry_run=how.dry_run):
        raise error

"""A history that is not the one that was admitted: nothing is recorded on it or removed for it.

Each way to get such a history is tried against every command that is not known to only look: a new
command is among them by itself.
"""

from __future__ import annotations

import shlex
import shutil
import sqlite3
import subprocess
from contextlib import closing
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import click
import pytest

from tests.examples import some
from tests.machine import Machine
from tests.mirrors import WHO, git
from tetra_es.crypto.ssh.own_key import OwnKey
from tetra_es.log import canonical
from tetra_es.log.chain import START
from tetra_es.log.linking import Draft, link
from tetra_es.log.sqlite.reader import SqliteLog
from tetra_es_cli.entry.root import cli

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

EVE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIq31rP3gOXdhITo7RXMqXYdQbJPTJ5onD62IqWNmqQM"

LOOKING = {
    *(
        "orgs",
        "status",
        "show",
        "diff",
        "history",
        "event",
        "blame",
        "bisect",
        "why",
        "findings",
        "search",
        "replay",
        "audit checkpoint",
        "audit site",
        "serve token list",
        "serve token new",
        "serve token rm",
        "audit export",
        "audit follow",
        "audit sqlite",
        "get",
        "validate",
        "verify",
        "backup",
    ),
    *(
        "mirror list",
        "env list",
        "profile list",
        "profile show",
        "profile test",
        "signer export",
        "signer list",
    ),
    *(
        "secret list",
        "secret diff",
        "secret exposure",
        "recipient list",
        "doctor",
        "completion",
        "help",
    ),
    "member list",
    *(
        "identity new",
        "identity show",
        "identity line",
        "signer new",
    ),  # the keys of the person alone
    *("health", "drift", "daemon status", "daemon logs"),
    *("ci github", "ci script", "share hook"),
    *("trust", "restore"),  # the ways out
    "clone",  # makes another folder
    "apply",  # admits a clone by itself, on a server
}
"""Commands that record nothing, write nothing in the organization's folder and deploy nothing."""

WORDS: dict[str, str] = {
    "init": "acme",
    "import": "$HOME/old --as acme",
    "edit": "local",
    "set": "local ports.tetra=1",
    "unset": "local ports.tetra",
    "promote": "dev",
    "rollback": "dev",
    "undo": "local@2",
    "rebuild": "--force",
    "mirror add": "other $HOME/other.git",
    "mirror push": "origin --force",
    "mirror rm": "origin",
    "share to": "$HOME/other.git",
    "env add": "qa --profile dev",
    "env rm": "staging",
    "signer add": f"eve '{EVE}'",
    "signer rm": "alice",
    "member add": "eve $HOME/carol.pub",
    "member rm": "alice",
    "host forget": "web-1",
    "deploy": "dev --local",
    "daemon install": "dev --local",
    "daemon uninstall": "dev --local",
    "secret compromised": "dev TOKEN --version 1",
    "secret copy": "dev TOKEN --to staging",
    "secret rollback": "dev TOKEN --to 1",
    "secret edit": "dev",
    "secret export": "dev",
    "secret get": "dev TOKEN",
    "secret import": "dev $HOME/dotenv",
    "purge": "local ports.tetra -m x --yes",
    "secret purge": "dev TOKEN --version 1 -m x",
    "secret rm": "dev TOKEN",
    "secret set": "dev TOKEN",
    "recipient add": "dev carol $HOME/carol.pub",
    "recipient rm": "dev alice",
    "run": "dev -- true",
    **{
        f"daemon {word}": "dev --local"
        for word in ("enable", "disable", "start", "stop", "restart")
    },
}
"""What comes after the words of the other commands; nothing where there is nothing."""

FORGED = f"edit(local)\n\nEvent: 99\nEvent-Hash: {'0' * 64}\nActor: alice\n"

OF_A_FOLDER = {"init": 3, "import": 3}
"""Those that look whether there is an organization at all, with the code that they end with."""


def commands(group: click.Group, *before: str) -> Iterator[str]:
    """Yield the words of every command."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, *before, name)
        else:
            yield " ".join((*before, name))


CHANGING = [name for name in commands(cli) if name not in LOOKING]


@pytest.fixture(scope="session")
def lived(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization that bob had joined and left, with a secret and a remote. Not to change."""
    machine = founded.copy(tmp_path_factory.mktemp("lived") / "home")
    home = machine.home
    machine.ok("identity", "new")
    machine.ok("recipient", "add", "dev", "alice", machine.ok("identity", "show").out.split()[0])
    machine.ok("secret", "set", "dev", "TOKEN", stdin="one")
    bob = machine.ok("signer", "new", env=as_bob(machine)).out.strip()
    machine.ok("signer", "add", "bob", bob)
    machine.ok("backup", str(home / "with-bob.db"))
    machine.ok("signer", "rm", "bob")
    machine.ok("promote", "dev")
    machine.ok("backup", str(home / "before.db"))
    machine.ok("set", "local", "ports.tetra=5001")
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", home / "origin.git"], check=True)
    machine.ok("mirror", "add", "origin", str(home / "origin.git"))
    machine.ok("mirror", "push")
    machine.ok("backup", str(home / "good.db"))
    (home / "dotenv").write_text("TOKEN=two\n")
    (home / "carol.pub").write_text(EVE)
    (home / "old/environments").mkdir(parents=True)
    shutil.copy(machine.toml("local"), home / "old/environments/local.toml")
    return machine


@pytest.fixture
def machine(lived: Machine, tmp_path: Path) -> Machine:
    """A copy of it, under the same home: a remote is known by its path."""
    machine = lived.copy(tmp_path / "home")
    machine.ok("mirror", "rm", "origin")
    machine.ok("mirror", "add", "origin", str(machine.home / "origin.git"))
    machine.ok("mirror", "push")
    return machine


def as_bob(machine: Machine) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(machine.home / "bob")}


def elsewhere(machine: Machine, backup: str | None = None) -> Machine:
    """Return an account that is not this one, with the same keys, and a backup restored there."""
    other = Machine(machine.home.parent / "elsewhere")
    for folder in (".config", "bob"):
        shutil.copytree(machine.home / folder, other.home / folder)
    if backup:
        other.ok("restore", "--from", str(machine.home / backup), "acme")
    return other


def put(machine: Machine, store: Path) -> None:
    """Put a store in the place of ours, as somebody does who can write there."""
    for file in machine.store.parent.glob("events.db*"):
        file.unlink()
    shutil.copy(store, machine.store)


def written(other: Machine) -> Path:
    """Return the store of another account, whole in one file."""
    other.ok("backup", str(other.home / "store.db"))
    return other.home / "store.db"


def signed_again(machine: Machine) -> None:
    """Somebody else is the founder, and signed every event again."""
    eve = machine.home / "eve"
    machine.ok("signer", "new", env={"XDG_CONFIG_HOME": str(eve)})
    key = OwnKey(eve / "tetra-es/id_ed25519").load()
    drafts = []
    with SqliteLog(machine.store) as log:
        for record in log.records():
            state = canonical.decode(record.state)
            if record.position == 1:
                state["key"] = key.public_line
            parts = (record.stream, record.version, record.topic, canonical.encode(state))
            drafts.append(Draft(*parts))
    with closing(sqlite3.connect(machine.store)) as db, db:
        guards = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            db.execute(f"DROP TRIGGER {name}")
        for record in link(START, drafts, key):
            row = (record.state, record.hash, record.signature, record.position)
            db.execute("UPDATE events SET state=?, hash=?, signature=? WHERE position=?", row)
        for _, sql in guards:
            db.execute(sql)


def cut_and_signed_on(machine: Machine) -> None:
    """A signer who was removed cuts the end off, and goes on from where he was one."""
    other = elsewhere(machine, "with-bob.db")
    for number in range(4):
        other.ok("set", "local", f"x{number}.y=1", env=as_bob(other))
    put(machine, written(other))


def newest_replaced(machine: Machine) -> None:
    """The newest event is another one; the mirror has the original."""
    other = elsewhere(machine, "before.db")
    other.ok("set", "local", "ports.tetra=6666")
    put(machine, written(other))


def of_another_machine(machine: Machine) -> None:
    """The store of another organization of this name."""
    other = elsewhere(machine)
    other.ok("init", "acme", "--domain", "acme.example")
    other.ok("promote", "dev")
    put(machine, written(other))


FORKS: dict[Callable[[Machine], None], str] = {
    signed_again: "has another history than before: event 1 was",
    cut_and_signed_on: "event #6 is another one than was admitted on this account",
    newest_replaced: "event #8 is another one than was admitted on this account",
    of_another_machine: "has another history than before: event 1 was",
}
"""How it comes about, and what names it."""


def everything(machine: Machine) -> dict[str, str]:
    """Return what is in the organization's folder and the remote, but for what SQLite makes."""
    tops = (machine.folder, machine.home / "origin.git")
    files = [file for top in tops for file in top.rglob("*") if file.is_file()]
    return {
        str(file): sha256(file.read_bytes()).hexdigest()
        for file in files
        if not file.name.endswith(("-wal", "-shm"))
    }


def words_of(machine: Machine, name: str) -> list[str]:
    from tests.hints.case import Case

    return Case.words(f"{name} {WORDS.get(name, '')}", machine)


@pytest.mark.parametrize("fork", some(FORKS, 1), ids=lambda fork: fork.__name__)
def test_every_command_refuses_and_names_it(
    machine: Machine, fork: Callable[[Machine], None]
) -> None:
    fork(machine)
    before = everything(machine)
    done = machine.fails(4, "verify")
    assert "here: missing" not in done.error()
    assert FORKS[fork] in done.error()
    wrong: dict[str, Any] = {}
    for name in CHANGING:
        done = machine.run(*words_of(machine, name), stdin="two", env={"EDITOR": "touch"})
        if (done.code, name) != (OF_A_FOLDER.get(name, 4), name):
            wrong[name] = done
        elif name not in OF_A_FOLDER and FORKS[fork] not in done.error():
            wrong[name] = done.err
        if everything(machine) != before:
            wrong[name] = "changed something"
            before = everything(machine)
    assert not wrong
    assert FORKS[fork] in machine.fails(4, "rebuild").error()
    assert FORKS[fork] in machine.fails(4, "mirror", "push").error()


@pytest.mark.parametrize("fork", some(FORKS, 1), ids=lambda fork: fork.__name__)
def test_the_history_that_was_admitted_takes_its_place_again(
    machine: Machine, fork: Callable[[Machine], None]
) -> None:
    """The pins tell the copy that is right, however long the one here, or its mirror, is."""
    fork(machine)
    tip = git(machine.mirror, *WHO, "commit-tree", "main^{tree}", "-p", "main", "-m", FORGED)
    git(machine.mirror, "update-ref", "refs/heads/main", tip.strip())
    done = machine.ok("restore", "--from", str(machine.home / "good.db"), "acme")
    assert "replaced-1" in done.err
    machine.ok("set", "local", "ports.tetra=7777")
    assert "verified" in machine.ok("verify").out
    assert tip.strip() in git(machine.mirror, "for-each-ref", "refs/heads/found")


@pytest.mark.parametrize("fork", some(FORKS, 1), ids=lambda fork: fork.__name__)
def test_a_person_says_that_it_is_right(machine: Machine, fork: Callable[[Machine], None]) -> None:
    """Then all goes on from there; what was derived of the other is kept."""
    main = git(machine.mirror, "rev-parse", "main").strip()
    fork(machine)
    with SqliteLog(machine.store) as log:
        head = log.head()
    machine.ok("trust", "--head", str(head), "-m", "it was agreed")
    machine.ok("rebuild", "--force")
    assert main in git(machine.mirror, "for-each-ref", "refs/heads/found")
    assert "verified" in machine.ok("verify").out
    signer = {"XDG_CONFIG_HOME": str(machine.home / "eve")} if fork is signed_again else {}
    said = machine.run("record", env=signer)
    if said.code:  # local.toml was written by an event that is not there now
        assert "nothing tells on which revision" in said.error()
        machine.ok(*shlex.split(said.hint().split("`")[1])[1:], env=signer)
    machine.ok("set", "local", "ports.tetra=7777", env=signer)
    assert "verified" in machine.ok("verify").out
    machine.ok("mirror", "push", "--force")


def test_a_purge_is_no_fork(machine: Machine) -> None:
    """The commits are others then, and the hashes are not."""
    machine.ok("secret", "set", "dev", "TOKEN", stdin="two")
    machine.ok("mirror", "push")
    machine.ok("secret", "purge", "dev", "TOKEN", "--version", "1", "-m", "leaked")
    machine.fails(3, "mirror", "push")
    machine.ok("mirror", "push", "--force")
    machine.ok("rebuild")
    assert "verified" in machine.ok("verify").out


def test_commands_that_look_are_there() -> None:
    """None of these names is a command's that is gone."""
    names = set(commands(cli))
    assert names >= LOOKING
    assert names >= WORDS.keys()
    assert names >= OF_A_FOLDER.keys()

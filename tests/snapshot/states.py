"""The states that commands of the snapshot begin in. Each is made of a copy of the archive."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.conftest import Machine

IN_PLACE = "in place"
"""The state that commands share: they only read."""

_STATES: dict[str, Callable[[Machine], object]] = {}


def prepare(state: str, machine: Machine) -> None:
    """Bring a copy into a state. Raises `KeyError` for one that is not documented here."""
    _STATES[state](machine)


def documented() -> Mapping[str, str]:
    """Return what each state is."""
    return {name: " ".join((make.__doc__ or "").split()) for name, make in _STATES.items()}


def _state(name: str) -> Callable[[Callable[[Machine], object]], Callable[[Machine], object]]:
    def note(make: Callable[[Machine], object]) -> Callable[[Machine], object]:
        _STATES[name] = make
        return make

    return note


@_state(IN_PLACE)
def _in_place(machine: Machine) -> None:
    """As the first edition left it; nothing here changes it."""


@_state("a copy")
def _a_copy(machine: Machine) -> None:
    """The same, upgraded, for commands that change something. So are all the following."""


@_state("edited by hand")
def _edited(machine: Machine) -> None:
    """local.toml and the profile of dev were changed with an editor, and are not recorded yet."""
    for path, text in (
        (machine.toml("local"), "\n[by_hand]\nn = 1\n"),
        (machine.folder / "profiles" / "dev.toml", "\n# a comment\n"),
    ):
        path.write_text(path.read_text() + text)


@_state("edited meanwhile")
def _edited_meanwhile(machine: Machine) -> None:
    """An editor had local.toml open while two keys were set; it saves one, and a comment."""
    path = machine.toml("local")
    text = path.read_text()
    machine.ok("set", "local", "logging.level=warn", "logging.retention_days=3", "-m", "quiet")
    path.write_text(f"# mine\n{text}".replace('level = "info"', 'level = "error"'))


@_state("half typed")
def _half_typed(machine: Machine) -> None:
    """local.toml is not TOML: somebody is in the middle of a line."""
    path = machine.toml("local")
    path.write_text(path.read_text() + "\n[half\n")


@_state("emptied")
def _emptied(machine: Machine) -> None:
    """local.toml is empty."""
    machine.toml("local").write_text("")


@_state("drifted")
def _drifted(machine: Machine) -> None:
    """The generated dev.toml was changed by hand, and qa.toml is gone."""
    path = machine.toml("dev")
    path.write_text(path.read_text() + "# by hand\n")
    machine.toml("qa").unlink()


@_state("as bob")
def _as_bob(machine: Machine) -> None:
    """bob acts, whose key is not a signer's any more, and who has no identity."""
    machine.env["XDG_CONFIG_HOME"] = str(machine.home / "config-of-bob")
    machine.env["TETRA_ACTOR"] = "bob"


@_state("without keys")
def _without_keys(machine: Machine) -> None:
    """Somebody acts who has neither a signing key nor an identity."""
    machine.env["XDG_CONFIG_HOME"] = str(machine.home / "config-of-nobody")


@_state("tampered with")
def _tampered(machine: Machine) -> None:
    """The port in event 13, a promotion of dev, was changed in the store."""
    with closing(sqlite3.connect(machine.store)) as store:
        for (name,) in store.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            store.execute(f"DROP TRIGGER {name}")
        done = store.execute(
            "UPDATE events SET state = "
            "CAST(replace(CAST(state AS TEXT), 'tetra = 5555', 'tetra = 5556') AS BLOB) "
            "WHERE position = 13"
        )
        assert done.rowcount == 1
        store.commit()


@_state("without views")
def _without_views(machine: Machine) -> None:
    """Everything that is derived from the events is gone."""
    for path in machine.folder.iterdir():
        if path.name == "store":
            (path / "views.db").unlink()
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


@_state("servers changed")
def _servers_changed(machine: Machine) -> None:
    """Somebody changed a file on web1 by hand, and its units are stopped."""
    (machine.home / "servers" / "web1" / "changed").touch()


@_state("with a remote")
def _with_a_remote(machine: Machine) -> None:
    """The mirror has the remote origin, a bare repository that has nothing yet."""
    path = machine.home / "origin.git"
    subprocess.run(["git", "init", "--quiet", "--bare", path], check=True)
    machine.ok("mirror", "add", "origin", str(path))


@_state("beside an empty repository")
def _beside_a_repository(machine: Machine) -> None:
    """The folder `hub.git` is a bare repository that has nothing yet."""
    path = machine.home / "hub.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", path], check=True)


@_state("shared")
def _shared(machine: Machine) -> None:
    """The organization is shared by the bare repository `hub.git`."""
    _beside_a_repository(machine)
    machine.ok("share", str(machine.home / "hub.git"))


@_state("with dotenv files")
def _dotenv(machine: Machine) -> None:
    """There are good.env, with two secrets, and broken.env, whose second line assigns nothing."""
    (machine.home / "good.env").write_text("export MAIL_PASSWORD='a b'\nAPI_KEY=fourth\n")
    (machine.home / "broken.env").write_text("MAIL_PASSWORD=a\nno assignment\n")


@_state("nothing yet")
def _nothing(machine: Machine) -> None:
    """There is no organization and no key."""
    for name in ("tetra", ".config"):
        shutil.rmtree(machine.home / name)


@_state("an old organization")
def _old(machine: Machine) -> None:
    """There is nothing yet but a folder of the shell scripts from before, `old`."""
    _nothing(machine)
    for name, text in {
        "environments/local.toml": "[ports]\ntetra = 4444\n",
        "history/local_20230105_101500.toml": "[ports]\ntetra = 3000\n",
        "history/dev_20230106_120000.toml": "[ports]\ntetra = 3000\n",
        "history/dev_pre_rollback_20230110_093000.toml": "[ports]\ntetra = 3001\n",
        "secrets/local.env": "API_KEY=left-behind\n",
    }.items():
        path = machine.home / "old" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@_state("beside a clone")
def _clone(machine: Machine) -> None:
    """The folder `clone` is a clone of the mirror."""
    subprocess.run(
        ["git", "clone", "--quiet", machine.mirror, machine.home / "clone"],
        check=True,
        env=machine.environment(),
    )

"""Random stories of an organization, told by the commands that people use."""

from __future__ import annotations

import random
import re
import shlex
import sys
from typing import TYPE_CHECKING, Final

from tests.clocks import dated
from tests.machine import ROOT, Machine
from tests.properties.notebook import Notebook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GENERATED: Final = ("dev", "staging", "prod")
ENVIRONMENTS: Final = ("local", *GENERATED)
HOSTS: Final = {"dev": ["web1"], "staging": ["stage1"], "prod": ["shop1", "shop2"]}
VALUES: Final = {
    "ports.tetra": ("4444", "4555", "4666"),
    "resources.nofile": ("1024", "0x800", "1_024"),
    "logging.level": ("debug", "warn"),
    "app.name": ("alpha", "beta", "4444"),
    "app.retries": ("3", "0o3", "4"),
    "app.list": ("[1, 2]", "[2]", "[]"),
    "db.host": ("db.internal", "10.0.0.9"),
    "services.web.command": ("run web", "run web2"),
}
OVERLAY: Final = {
    "logging.level": ("warn", "error"),
    "db.host": ("prod.db", "10.0.0.9"),
    "services.*.auto_restart": ("false", "true"),
    "app.extra": ("{environment}-x",),
    "app.list": ("[9]",),
}
BLOCKS: Final = (
    "[x]\na = 1\n",
    "x = 5\n",
    '[[x]]\nn = "one"\n[[x]]\nn = "two"\nm = 3\n',
    '[[x]]\nn = "two"\nm = 3\n',
    '[x.y]\nz = true\n"a.b" = 1\n',
    "x = {a = 1, b = 0o17}\n",
    "",
)
"""A table that becomes a scalar, an array, and nothing."""
RULES: Final = (
    '[set.db]\nhost = "t.db"\nport = 1\n[set]\n"logging.level" = "info"\n',
    'remove = ["app.name"]\n[append]\n"services.*.command" = " --x"\n',
    'extends = "prod"\n[set]\nx = [{n = "mine"}]\n',
)
REASONS: Final = ("too chatty", "4555 is taken", "INC-42", "alpha", "")
_RECIPIENT: Final = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg"
_LONG_AGO: Final = "2024-02-03T04:05:06Z"
_LEAST: Final = 4
"""Signs of a value that is purged: a shorter one is in half of all texts."""


class RandomHistory:
    """An organization to which things happen, and the notebook of somebody who looks on."""

    def __init__(self, home: Path, seed: int, *, purges: bool = False) -> None:
        self.chance = random.Random(seed)
        home.mkdir()
        self.machine = Machine(home, reads=True)
        self._servers = home.parent / "servers"
        self._servers.mkdir()
        words = (sys.executable, "-I", "-S", str(ROOT / "tests/servers/ssh.py"))
        self.machine.env["TETRA_ES_SSH"] = shlex.join((*words, str(self._servers)))
        self.machine.ok("init", "acme", "--domain", "acme.example")
        self.book = Notebook(self.machine)
        self.recorded = 0
        self.purges, self.has_purged = purges, False
        self._acts: dict[Callable[[], object], int] = {
            self._set: 8, self._unset: 3, self._type: 5, self._overlay: 4, self._rules: 2,
            self._manifest: 2, self._promote: 12, self._roll_back: 5, self._keys_back: 3,
            self._undo: 2, self._secrets: 7, self._recipients: 2, self._deploy: 6, self._by_hand: 3,
            self._backdate: 1, self._purge: 3 * purges,
        }  # fmt: skip

    def go_on(self, steps: int) -> None:
        """Have some things happen; many are refused, as nobody looks first."""
        for _ in range(steps):
            acts, weights = [*self._acts], [*self._acts.values()]
            self.chance.choices(acts, weights)[0]()
            self.book.take()

    def a_key(self) -> str:
        return self.chance.choice([*VALUES, "x", "app", "x[0].n"])

    def _do(self, *words: str, stdin: str | None = None) -> bool:
        reason = self.chance.choice(REASONS)
        done = self.machine.run(*words, *(("-m", reason) if reason else ()), stdin=stdin)
        assert done.code in {0, 1, 2, 3, 5}, done.err
        assert "Traceback" not in done.err
        self.recorded += done.code in {0, 5}
        return done.code == 0

    def _environment(self) -> str:
        return self.chance.choice(("dev", *GENERATED))

    def _revision(self, file: str) -> str:
        last = len(self.book.notes[-1].revisions.get(file, ()))
        return f"{file}@{self.chance.randint(1, max(last, 1))}"

    def _set(self) -> None:
        keys = self.chance.sample([*VALUES], self.chance.choice((1, 1, 2)))
        self._do("set", "local", *(f"{key}={self.chance.choice(VALUES[key])}" for key in keys))

    def _unset(self) -> None:
        self._do("unset", "local", self.chance.choice(("app.name", "app", "db", "services.web")))

    def _type(self) -> None:
        path = self.machine.toml("local")
        before = path.read_text()
        rest = re.sub(r"(?ms)^# begin\n.*?# end\n", "", before)
        block = self.chance.choice(BLOCKS)
        marked = f"# begin\n{block}# end\n" if block else ""
        path.write_text(marked + rest if block.startswith("x =") else f"{rest}{marked}")
        if not self._do("record"):
            path.write_text(before)

    def _overlay(self) -> None:
        key = self.chance.choice([*OVERLAY])
        if self.chance.random() < 0.8:
            assigned = f"{key}={self.chance.choice(OVERLAY[key])}"
            self._do("set", "profile", self._environment(), assigned)
        else:
            self._do("unset", "profile", self._environment(), key)

    def _rules(self) -> None:
        path = self.machine.folder / f"profiles/{self._environment()}.toml"
        path.parent.mkdir(exist_ok=True)
        before = path.read_text() if path.exists() else None
        path.write_text(self.chance.choice(RULES))
        if not self._do("record"):
            path.write_text(before) if before is not None else path.unlink()

    def _manifest(self) -> None:
        if self.chance.random() < 0.7:
            key = self.chance.choice(("domain=acme.test", "domain=acme.example"))
            self._do("set", "manifest", key)
        else:
            file = self.chance.choice(("manifest", *(f"profile {name}" for name in GENERATED)))
            self._do("rollback", *file.split(), "--to", self._revision(file))

    def _promote(self) -> None:
        via = self.chance.choice(("local", "local", "local", *GENERATED))
        self._do("promote", self._environment(), "--from", via)

    def _roll_back(self) -> None:
        name = self.chance.choice(ENVIRONMENTS)
        secrets = self.chance.choice(("as-of", "current"))
        self._do("rollback", name, "--to", self._revision(name), "--secrets", secrets)

    def _keys_back(self) -> None:
        name = self.chance.choice(ENVIRONMENTS)
        self._do("rollback", name, "--path", self.a_key(), "--to", self._revision(name))

    def _undo(self) -> None:
        self._do("undo", str(self.chance.randint(1, self.book.head)))

    def _secrets(self) -> None:
        name, key = self._environment(), self.chance.choice(("A", "B"))
        more = ("purge",) if self.purges else ()
        match self.chance.choice(("set", "set", "set", "rm", "rollback", "copy", *more)):
            case "set":
                self._do("secret", "set", name, key, stdin=str(self.chance.random()))
            case "rm":
                self._do("secret", "rm", name, key)
            case "copy":
                self._do("secret", "copy", name, key, "--to", self.chance.choice(GENERATED))
            case "rollback":
                self._do("secret", "rollback", name, key, "--to", "1")
            case _:
                self._do("secret", "purge", name, key, "--version", "1", "--yes")

    def _recipients(self) -> None:
        who = (self._environment(), self.chance.choice(("bob", "carol")))
        if self.chance.random() < 0.6:
            self._do("recipient", "add", *who, _RECIPIENT)
        else:
            self._do("recipient", "rm", *who)

    def _deploy(self) -> None:
        name = self._environment()
        host = self.chance.choice(HOSTS[name])
        (self._servers / host).mkdir(exist_ok=True)
        if fault := self.chance.choice((None, None, None, "sick", "cut")):
            (self._servers / host / fault).touch()
        self._do("deploy", name, "--to", host)
        for word in ("sick", "cut", "down"):
            (self._servers / host / word).unlink(missing_ok=True)

    def _by_hand(self) -> None:
        name = self._environment()
        host = self.chance.choice(HOSTS[name])
        word = self.chance.choice(("stop", "start", "uninstall", "observe", "forget"))
        if word == "observe":
            self._do("deploy", name, "--observe", host)
        elif word == "forget":
            self._do("host", "forget", host, "--env", name)
        else:
            self._do("daemon", word, name, "--to", host)

    def _backdate(self) -> None:
        with dated(_LONG_AGO):
            self._do("set", "local", f"app.retries={self.chance.randint(5, 9)}")

    def _purge(self) -> None:
        now = "\n".join(self.book.notes[-1].texts.values())
        gone = [
            (file, key, number)
            for file, positions in self.book.notes[-1].revisions.items()
            for number, at in enumerate(positions[:-1], 1)
            for key, value in self.book.notes[at].values[file].items()
            if isinstance(value, str) and len(value) >= _LEAST and value not in now
        ]
        if gone:
            file, key, number = self.chance.choice(gone)
            there = f"{file}@{number}"
            self.has_purged |= self._do("purge", *file.split(), key, "--at", there, "--yes")

"""An organization to measure on, founded by the installed command in a temporary folder."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from benchmarks.measure import Processes
from tetra_es.admission import Admission
from tetra_es.crypto.ssh.own_key import OwnKey
from tetra_es.events.metadata import Context
from tetra_es.layout import OrgLayout, environment_file
from tetra_es.log.counting import Reached
from tetra_es.log.deciding import Appended
from tetra_es.log.linking import link
from tetra_es.log.sqlite.engine import AppendableSqliteLog
from tetra_es.refs import format_time
from tetra_es.store.history import History
from tetra_es.toml.document import ConfigDocument
from tetra_es.usecases.config.promote import Promote
from tetra_es.usecases.unit_of_work import Intent, UnitOfWork
from tetra_es_projections.queries.ref_lookup import RefLookup

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from tetra_es.crypto.ssh.keys import SigningKey
    from tetra_es.log.chain import Head
    from tetra_es.log.deciding import Decision
    from tetra_es.log.record import Record

Result = TypeVar("Result")

ORG = "acme"
BATCH = 200
"""Events saved in one transaction when a large store is made."""

HOT_KEY = "services.web.port"
"""A key that changes with each edit."""

RARE_KEY, RARE_EVERY = "limits.nofile", 1000
"""A key that changes with every so many edits; others change with each."""

_START = datetime(2026, 1, 1, tzinfo=UTC)

HEAD = """\
[environment]
name = "{name}"
type = "{name}"

[deployment]
domain = "{name}.example"
release = "1.{edit}"

"""
"""What a file begins with."""

_COMMENT = "# The source of truth of a small application, as large as history has to carry it.\n"
_REST = """\
[services.web]
command = "node server/server.js"
port = {port}

[limits]
{rare}

[logging]
level = "info"
"""


@dataclass(frozen=True)
class Machine:
    """A user's home with one organization in it."""

    folder: Path
    processes: Processes
    environment: Mapping[str, str]

    @property
    def base(self) -> Path:
        return self.folder / "tetra"

    @property
    def layout(self) -> OrgLayout:
        return OrgLayout.of(self.base, ORG)

    @property
    def signing_key(self) -> Path:
        return self.folder / ".config" / "tetra-es" / "id_ed25519"

    def run(self, *arguments: str) -> None:
        """Run the installed command in a process of its own, as people do."""
        self.processes.run(TETRA_ES, *arguments)

    @contextmanager
    def history(self) -> Iterator[History]:
        """Open the store for writing in this process."""
        state = Admission(self.folder / ".local/state/tetra-es")
        with History(self.layout.store, self.key(), state) as history:
            yield history

    def key(self) -> SigningKey:
        return OwnKey(self.signing_key).load()


TETRA_ES = Path(sys.executable).parent / "tetra-es"
"""The command that is installed beside the interpreter that runs the benchmarks."""


def program(name: str) -> str:
    """Return the absolute path of a program. Raises `RuntimeError` when it is not installed."""
    path = shutil.which(name)
    if path is None:
        raise RuntimeError(f"{name} is not installed")
    return path


def environment_of(home: Path) -> Mapping[str, str]:
    """Return an environment that nothing of the real user's reaches."""
    return {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "USER": "alice",
        "TETRA_ACTOR": "alice",
        "TETRA_ORG": ORG,
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
    }


def create(folder: Path) -> Machine:
    """Found an organization below `folder` and promote it everywhere."""
    if not TETRA_ES.exists():
        raise RuntimeError(f"{TETRA_ES} is missing: install tetra-es into this environment")
    folder.mkdir()
    environment = environment_of(folder)
    machine = Machine(folder, Processes(environment, folder), environment)
    machine.run("init", ORG, "--domain", "acme.example", "--no-identity")
    for name in ("dev", "staging", "prod"):
        machine.run("promote", name)
    return machine


def fill(
    machine: Machine,
    events: int,
    edit: Callable[[str, int], ConfigDocument] | None = None,
) -> None:
    """Append `events` events: edits of `local`, every tenth a promotion to `dev`, signed and all.

    Each is a batch of its own, as commands make them, and many are one transaction. `edit` returns
    the TOML of an environment after so many edits, `document_of` unless given. The projections are
    left behind; `rebuild` brings them up.
    """
    document = edit or document_of
    with machine.history() as history:
        many = _Many(history)
        # It has of a history what is asked for here.
        work = UnitOfWork(cast("History", many), RefLookup(machine.layout.views), Intent())
        for number in range(events):

            def decide(work: UnitOfWork, number: int = number) -> None:
                if number % 10 == 9:
                    Promote("dev").decide(work)
                else:
                    local = work.environment("local")
                    local.edit(document("local", number), context_at(number))

            work.run(decide)
        many.close()


class _Many:
    """A store whose events are appended many at a time, past the gate: `verify` judges them."""

    def __init__(self, history: History) -> None:
        self.replica, self.path, self.key = history.replica, history.path, history.key
        self.organization, self.environment = history.organization, history.environment
        self.vault, self.floor = history.vault, history.floor
        self.reached = Reached()  # its events have times of their own
        self._log = AppendableSqliteLog(history.path)
        self._stored = self._head = self._log.head()
        self._records: list[Record] = []
        self._bodies: list[bytes] = []

    def follow(self) -> Head:
        return self._head

    def record(self, decide: Callable[[], Decision[Result]]) -> Appended[Result]:
        decision = decide()
        records = link(self._head, decision.drafts, self.key)
        self._head = records[-1].head
        self._records += records
        self._bodies += decision.bodies
        if len(self._records) >= BATCH:
            self.flush()
        return Appended(records, decision.result)

    def flush(self) -> None:
        if self._records:
            self._log.append(self._stored, self._records, bodies=self._bodies)
        self._stored, self._records, self._bodies = self._head, [], []

    def close(self) -> None:
        """Append what is left. As long as the file is open, its write-ahead log stays beside it."""
        self.flush()
        self._log.close()

    def purge(self, _: Collection[bytes]) -> None: ...

    def take_in_founding(self) -> None: ...

    def keep(self) -> None: ...

    def take_warnings(self) -> list[str]:
        return []


def context_at(minute: int) -> Context:
    """Return who and why, so many minutes after the beginning."""
    return Context(
        actor="alice",
        reason=f"release {minute}",
        correlation=f"{minute:016x}",
        now=format_time(_START + timedelta(minutes=minute)),
    )


def document_of(name: str, edit: int) -> ConfigDocument:
    """Return the TOML of an environment after so many edits."""
    text = (_COMMENT + HEAD + _REST).format(
        name=name, edit=edit, port=3000 + edit % 5000, rare=rare_line(edit)
    )
    return ConfigDocument(environment_file(name), text)


def rare_line(edit: int) -> str:
    """Return the line of `RARE_KEY` after so many edits."""
    return f"{RARE_KEY.split('.')[1]} = {1024 + edit // RARE_EVERY}"

"""An organization to measure on, founded by the installed command in a temporary folder."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Processes
from tetra_es.admission import Admission
from tetra_es.crypto.ssh import keys
from tetra_es.events.metadata import Context
from tetra_es.layout import OrgLayout, environment_file
from tetra_es.refs import format_time
from tetra_es.store.history import History
from tetra_es.toml.document import ConfigDocument
from tetra_es.usecases.config.promote import Promote
from tetra_es.usecases.unit_of_work import Intent, UnitOfWork
from tetra_es_projections.queries.refs import RefLookup

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tetra_es.crypto.ssh.keys import SigningKey

ORG = "acme"
BATCH = 200
"""Events of a stream saved in one transaction when a large store is made."""

HOT_KEY = "services.web.port"
"""A key that changes with each edit."""

RARE_KEY, RARE_EVERY = "limits.nofile", 1000
"""A key that changes with every so many edits; others change with each."""

_START = datetime(2026, 1, 1, tzinfo=UTC)

_TEXT = """\
# The source of truth of a small application, as large as history has to carry it.
[environment]
name = "{name}"
type = "{name}"

[deployment]
domain = "{name}.example"
release = "1.{edit}"

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
        return keys.load(self.signing_key)


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
    machine.run("init", ORG, "--domain", "acme.example")
    for name in ("dev", "staging", "prod"):
        machine.run("promote", name)
    return machine


def fill(machine: Machine, events: int) -> None:
    """Append `events` events: edits of `local`, every tenth a promotion to `dev`, signed and all.

    The projections are left behind; `rebuild` brings them up.
    """
    with machine.history() as history:
        work = UnitOfWork(history, RefLookup(machine.layout.views), Intent())
        for start in range(0, events, BATCH):

            def decide(work: UnitOfWork, start: int = start) -> None:
                for number in range(start, min(start + BATCH, events)):
                    if number % 10 == 9:
                        Promote("dev").decide(work)
                    else:
                        local = work.environment("local")
                        local.edit(document_of("local", number), context_at(number))

            work.run(decide)


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
    text = _TEXT.format(name=name, edit=edit, port=3000 + edit % 5000, rare=rare_line(edit))
    return ConfigDocument(environment_file(name), text)


def rare_line(edit: int) -> str:
    """Return the line of `RARE_KEY` after so many edits."""
    return f"{RARE_KEY.split('.')[1]} = {1024 + edit // RARE_EVERY}"

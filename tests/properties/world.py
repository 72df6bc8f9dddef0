"""An organization in this process, on real files, SQLite and git, driven by use cases alone."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tetra_es.admission import Admission
from tetra_es.crypto.ssh import keys
from tetra_es.events.config import EnvironmentState
from tetra_es.layout import OrgLayout
from tetra_es.log.replica import valid_events
from tetra_es.log.sqlite.engine import create
from tetra_es.model.environment import environment_stream
from tetra_es.refs import PositionRef, RevisionRef
from tetra_es.schema.templates import local_template, manifest_template
from tetra_es.store.history import History
from tetra_es.usecases.config.edit import Edit
from tetra_es.usecases.config.set_keys import SetKeys
from tetra_es.usecases.config.source_file import MANIFEST, SOURCE, SourceFile
from tetra_es.usecases.create_organization import CreateOrganization, InitialConfig
from tetra_es.usecases.unit_of_work import Intent, UnitOfWork
from tetra_es.usecases.use_case import Done
from tetra_es_projections.engine import Projections
from tetra_es_projections.mirror.git import Git

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.crypto.ssh.keys import SigningKey
    from tetra_es.events.base import Event
    from tetra_es.refs import Ref
    from tetra_es.usecases.recorded import Recorded
    from tetra_es.usecases.use_case import UseCase

Result = TypeVar("Result")

ENVIRONMENTS = ("local", "dev", "staging", "prod")
LOCAL = local_template("tetra", "linux")
MANIFEST_TEXT = manifest_template("acme", "acme.example", ENVIRONMENTS)

TABLES = ("events", "states", "changes", "commits")
"""The tables of the views that say something about events."""


class Positions:
    """Finds positions, which need no looking up, and revisions, in the log."""

    def __init__(self, history: History) -> None:
        self._history = history

    def position_of(self, ref: Ref, environment: str | None = None) -> int:
        if isinstance(ref, PositionRef):
            return ref.position
        assert isinstance(ref, RevisionRef)
        return self._revisions(ref.environment)[ref.revision]

    def moment_of(self, ref: Ref, environment: str) -> int:
        position = self.position_of(ref)
        if isinstance(ref, PositionRef):
            return position
        later = [each for each in self._revisions(environment).values() if each > position]
        return min(later) - 1 if later else self._history.replica.last_position()

    def _revisions(self, environment: str) -> dict[int, int]:
        """Return revision to position of an environment's states."""
        log = self._history.replica
        records = log.of_stream(environment_stream(environment))
        return {
            event.revision: record.position
            for record, event in valid_events(log, records)
            if isinstance(event, EnvironmentState)
        }


class World:
    """One organization, and the person who acts on it at the moment."""

    def __init__(self, root: Path) -> None:
        self.layout = OrgLayout(root / "org" / "acme")
        self.layout.store.parent.mkdir(parents=True)
        self._seconds = count()
        self.keys: dict[str, SigningKey] = {
            name: keys.create(root / name / "id_ed25519") for name in ("alice", "bob")
        }
        self.actor = "alice"
        self.admission = Admission(root / "state")
        create(self.layout.store)
        self._history = History(self.layout.store, self.keys["alice"], self.admission)
        self.log = self._history.replica
        initial = InitialConfig(
            "acme", MANIFEST.document(MANIFEST_TEXT), SOURCE.document(LOCAL), {}
        )
        self.act(CreateOrganization(initial, "alice"))

    @classmethod
    def beside(cls, world: World) -> World:
        """Return somebody else's view of the same organization."""
        other = object.__new__(cls)
        vars(other).update(vars(world))
        other._history = History(world.layout.store, world.keys[world.actor], world.admission)
        other.log = other._history.replica
        return other

    @property
    def history(self) -> History:
        """The store, with what others recorded."""
        self._history.follow()
        return self._history

    def close(self) -> None:
        self._history.__exit__()

    def clock(self) -> str:
        """Tell a time that is the same in every run."""
        minutes, seconds = divmod(next(self._seconds), 60)
        return f"2026-11-22T10:{minutes:02}:{seconds:02}.000000Z"

    def begin(self, *, dry_run: bool = False) -> UnitOfWork:
        """Begin a command of the present actor."""
        self.history.key = self.keys[self.actor]
        return UnitOfWork(
            self.history, Positions(self.history), Intent(dry_run=dry_run, clock=self.clock)
        )

    def act(self, use_case: UseCase[Result], *, dry_run: bool = False) -> Done[Result]:
        """Do what a command does, without files and mirror."""
        result, recorded = self.begin(dry_run=dry_run).run(use_case.decide)
        return Done(result, recorded, [])

    def edit(self, text: str, file: SourceFile = SOURCE) -> list[Recorded]:
        return self.act(Edit(file, file.document(text))).recorded

    def set(self, file: SourceFile, key: str, literal: str) -> list[Recorded]:
        return self.act(SetKeys(file, [(key, literal)])).recorded

    def set_manifest(self, key: str, literal: str) -> list[Recorded]:
        return self.set(MANIFEST, key, literal)

    def events(self) -> list[tuple[int, Event]]:
        records = self.history.replica.records()
        return [(each.position, self.log.event(each)) for each in records]

    @contextmanager
    def projections(self) -> Iterator[Projections]:
        with Projections(self.layout, self.log, Git(os.environ["PATH"])) as projections:
            yield projections

    def catch_up(self) -> None:
        with self.projections() as projections:
            projections.catch_up()

    def derived(self) -> dict[str, Any]:
        """Return everything that is derived: files, views and the mirror's newest commit."""
        import sqlite3
        from contextlib import closing

        root = self.layout.root
        files = [*root.glob("*.toml"), *root.glob("environments/*"), *root.glob("profiles/*")]
        found: dict[str, Any] = {str(f.relative_to(root)): f.read_bytes() for f in files}
        with closing(sqlite3.connect(self.layout.views)) as views:
            for table in TABLES:
                found[table] = sorted(views.execute(f"SELECT * FROM {table}"))
            found["digests"] = sorted(views.execute("SELECT path, digest FROM files"))
        found["head"] = (self.layout.mirror / "refs/heads/main").read_text()
        return found


@contextmanager
def new_world() -> Iterator[World]:
    """Yield an organization in a temporary folder: Hypothesis needs a new one each time."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        try:
            yield world
        finally:
            world.close()

"""The engines that the contract is run on, by name, so that other processes can open them too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from tetra_es.log.postgres.engine import PostgresLog
from tetra_es.log.sqlite import engine

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.log.port import AppendableLog


class Engine(Protocol):
    """An engine under test, and what only it knows of its files."""

    name: ClassVar[str]

    def create(self, folder: Path) -> None:
        """Make a new log below `folder`."""

    def open(self, folder: Path) -> AppendableLog:
        """Open it."""

    def change_body(self, folder: Path, digest: bytes) -> None:
        """Put other bytes in the place of a body, behind the engine's back."""


class Sqlite:
    """The embedded default."""

    name: ClassVar[str] = "sqlite"
    log: ClassVar[Any] = engine.AppendableSqliteLog

    def create(self, folder: Path) -> None:
        engine.create(folder / "events.db")

    def open(self, folder: Path) -> AppendableLog:
        opened: AppendableLog = self.log(folder / "events.db")
        return opened

    def change_body(self, folder: Path, digest: bytes) -> None:
        import sqlite3
        from contextlib import closing

        with closing(sqlite3.connect(folder / "events.db", isolation_level=None)) as connection:
            connection.execute("DROP TRIGGER bodies_refuse_update")
            other = (b"\0other", digest)
            connection.execute("UPDATE bodies SET content = ? WHERE digest = ?", other)
            from tetra_es.log.sqlite.schema import SCHEMA

            connection.execute(SCHEMA["bodies_refuse_update"] or "")


class Postgres:
    """The engine in a database, one for each log, of the server that `tests.postgres` starts."""

    name: ClassVar[str] = "postgres"

    def create(self, folder: Path) -> None:
        from tests.postgres.server import new_database

        (folder / "address").write_text(new_database())
        with PostgresLog(self.address(folder)) as log:
            log.make()

    def open(self, folder: Path) -> AppendableLog:
        return PostgresLog(self.address(folder))

    def change_body(self, folder: Path, digest: bytes) -> None:
        import psycopg

        with psycopg.connect(self.address(folder)) as connection:
            question = "UPDATE tetra_es.bodies SET content = %b WHERE digest = %b"
            connection.execute(question, (b"other", digest))

    @staticmethod
    def address(folder: Path) -> str:
        return (folder / "address").read_text()


def engine_named(name: str) -> Engine:
    """Return an engine; those that are broken deliberately have names too."""
    if name == Sqlite.name:
        return Sqlite()
    if name == Postgres.name:
        return Postgres()
    from tests.log.broken import BROKEN

    return BROKEN[name]()


ENGINES = (Sqlite(),)
"""Those that must keep to every rule."""

"""Writing a store of the first edition with events that are linked and signed already."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Protocol

from tetra_es.disk.atomic import sync, sync_folder
from tetra_es.errors import TetraEsError
from tetra_es.log.sqlite.connecting import unreadable
from tetra_es.store import schema

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from tetra_es.log.record import Record

_EVENT = "INSERT INTO stored_events VALUES (?, ?, ?, ?, ?)"
_PROOF = "INSERT INTO event_proofs VALUES (?, ?, ?)"
_CIPHERTEXT = "INSERT INTO sealed_values VALUES (?, ?) ON CONFLICT DO NOTHING"
_PURGED = "UPDATE sealed_values SET ciphertext = NULL WHERE digest = ?"


class Copied(Protocol):
    """An event and the bodies that it names; None for those that are not there."""

    @property
    def record(self) -> Record:
        """The event with its proof."""

    @property
    def bodies(self) -> Mapping[bytes, bytes | None]:
        """Digest to bytes."""


def write(path: Path, events: Iterable[Copied]) -> None:
    """Make a store at `path`, which must not exist; durable on return.

    Nothing is checked but by the tables themselves. Raises `TetraEsError`.
    """
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        os.close(os.open(path, flags, 0o600))
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            for statement in (*schema.CREATE, *schema.TRIGGERS):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {schema.STORE_VERSION}")
            for record, bodies in ((each.record, each.bodies) for each in events):
                parts = (record.stream, record.version, record.topic, record.state)
                connection.execute(_EVENT, (record.position, *parts))
                connection.execute(_PROOF, (record.position, record.hash, record.signature))
                connection.executemany(
                    _CIPHERTEXT, [pair for pair in bodies.items() if pair[1] is not None]
                )
            connection.execute("COMMIT")
        sync(path)
        sync_folder(path.parent)
    except OSError as error:
        raise TetraEsError(
            f"cannot write {path}: {error.strerror}", hint="check the space and the permissions"
        ) from error
    except sqlite3.Error as error:
        raise unreadable(path, error) from error


def destroy(path: Path, digests: Collection[bytes]) -> None:
    """Destroy ciphertexts, whether they are there or not. Raises `TetraEsError`."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(_CIPHERTEXT, [(digest, None) for digest in digests])
            connection.executemany(_PURGED, [(digest,) for digest in digests])
            connection.execute("COMMIT")
        sync(path)
    except sqlite3.Error as error:
        raise unreadable(path, error) from error

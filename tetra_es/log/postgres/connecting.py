"""Reaching a database: as libpq is told to, with passwords from its own places alone."""

from __future__ import annotations

import ipaddress
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from tetra_es.errors import TetraEsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection

SCHEMES: Final = ("postgresql://", "postgres://")

_DEFAULTS: Final = {
    "connect_timeout": "10",
    "tcp_user_timeout": "60000",
    "target_session_attrs": "read-write",
    "application_name": "tetra-es",
}
_LONGEST: Final = 120_000
"""Milliseconds that a statement may take."""


def is_database(address: str) -> bool:
    """Return whether an address is that of a PostgreSQL database."""
    return address.startswith(SCHEMES)


def checked(address: str) -> str:
    """Return an address that may be kept and shown.

    Raises `UsageError` for another text, and where it has a password in it: others on this machine
    may read what a command is given.
    """
    found = _parts(address)
    if "password" in found or "sslpassword" in found:
        raise UsageError(
            "the address has a password in it, which others may see",
            hint="leave it out: libpq takes it from ~/.pgpass, or from a service that PGSERVICE "
            "names",
        )
    return address


def shown(address: str) -> str:
    """Return an address for people, without the account."""
    found = _parts(address)
    where = found.get("service") or found.get("host") or found.get("hostaddr") or "this machine"
    return f"postgresql://{where}/{found.get('dbname', '')}"


def connect(address: str) -> Connection[Any]:
    """Return a connection to the database at an address. Raises `TetraEsError`."""
    import psycopg

    found = _parts(address)
    options = {name: value for name, value in _DEFAULTS.items() if name not in found}
    # Where a service or a variable names the host, it says the rest, too.
    if "sslmode" not in found and not _is_here(found.get("host", "")):
        options |= {"sslmode": "verify-full"}
        options |= {} if "sslrootcert" in found else {"sslrootcert": "system"}
    with readable_errors(address):
        whole = psycopg.conninfo.make_conninfo(address, **options)
        connection = psycopg.connect(whole, autocommit=True)
        connection.execute(f"SET statement_timeout = {_LONGEST}")
        connection.execute("SET client_encoding = 'UTF8'")
    return connection


@contextmanager
def readable_errors(address: str) -> Iterator[None]:
    """Turn what psycopg raises into an error for people."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        raise unreachable(address, error) from error


def unreachable(address: str, error: Exception) -> TetraEsError:
    """Return the error for a database that does not do what it is asked."""
    said = str(error).strip().splitlines() or [type(error).__name__]
    return TetraEsError(
        f"cannot use {shown(address)}: {said[0]}",
        hint="check the address and your access; without it nothing is recorded, and the events "
        "that are here can be read",
    )


def _parts(address: str) -> dict[str, str]:
    """Return what an address says. Raises `UsageError`, `TetraEsError` without psycopg."""
    try:
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict
    except ImportError as error:
        raise TetraEsError(
            "sharing by PostgreSQL needs psycopg", hint="`pip install 'tetra-es[postgres]'`"
        ) from error
    try:
        return {name: str(value) for name, value in conninfo_to_dict(address).items()}
    except ProgrammingError as error:
        raise UsageError(
            "not the address of a database", hint="such as postgresql://db.example.org/tetra"
        ) from error


def _is_here(hosts: str) -> bool:
    """Return whether all hosts of an address are this machine."""
    return all(map(_is_loopback, hosts.split(",")))


def _is_loopback(host: str) -> bool:
    if host in ("", "localhost") or host.startswith(("/", "@")):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

"""Reaching a database: as libpq is told to, with passwords from its own places alone."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tetra_es.errors import TetraEsError, UsageError
from tetra_es.log.postgres.limits import CONNECTING, SILENCE, STATEMENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.log.postgres.patience import Patient

SCHEMES: Final = ("postgresql://", "postgres://")

_DEFAULTS: Final = {
    "tcp_user_timeout": "60000",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "6",
    "target_session_attrs": "read-write",
    "application_name": "tetra-es",
}
_SESSION: Final = (
    "SET client_encoding = 'UTF8'",
    f"SET statement_timeout = '{STATEMENT:.0f}s'",
    "SET default_transaction_isolation = 'read committed'",  # `append` looks again under its lock
)


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


def connect(address: str, silence: float = SILENCE) -> Patient:
    """Return a connection to the database at an address, which waits as long for an answer.

    Raises `TetraEsError`.
    """
    from psycopg.conninfo import make_conninfo

    from tetra_es.log.postgres.patience import Patient

    with readable_errors(address):
        connection = Patient.connect(
            make_conninfo(address, **options(address, silence)), autocommit=True
        )
        for setting in _SESSION:
            connection.execute(setting)
    return connection


def options(address: str, silence: float) -> dict[str, str]:
    """Return what libpq is told beside an address."""
    found = _parts(address)
    defaults = {**_DEFAULTS, "connect_timeout": f"{min(silence, CONNECTING):.0f}"}
    chosen = {name: value for name, value in defaults.items() if name not in found}
    # Where a service or a variable names the host, it says the rest, too.
    hosts = [found[name] for name in ("host", "hostaddr") if name in found]
    if "sslmode" not in found and not all(map(_is_here, hosts)):
        chosen |= {"sslmode": "verify-full"}
        chosen |= {} if "sslrootcert" in found else {"sslrootcert": "system"}
    return chosen


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
        from tetra_es.installed import way_to

        raise TetraEsError(
            "sharing by PostgreSQL needs psycopg",
            hint=f"{way_to('postgres')} installs it",
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
    import ipaddress  # for this alone

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

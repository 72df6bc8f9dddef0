"""What runs on hosts, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es.errors import TetraEsError
from tetra_es_cli.output.model import Listing
from tetra_es_cli.output.times import short_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_COLUMNS = (
    "environment", "host", "running", "configured", "state", "since", "actor", "secrets", "code",
    "changed", "newest",
)  # fmt: skip
_SHORT = 12


def host_listing(rows: Sequence[Mapping[str, Any]]) -> Listing:
    """Return the rows of hosts."""
    from tetra_es_projections.answers import columns  # which the help does without

    cells: Mapping[str, Callable[[Any], Any]] = {
        "since": short_time,
        "secrets": _secrets,
        "code": code_cell,
        "changed": changed_cell,
        "newest": _newest,
    }
    return Listing(
        rows, _COLUMNS, empty="nothing was deployed", csv_columns=columns.HOSTS, cells=cells
    )


def _secrets(secrets: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(map(_secret, secrets))


def _secret(one: Mapping[str, Any]) -> str:
    name = f"{one['key']}@{one['version']}"
    if one["recorded"] == one["version"]:
        return name
    newer = f"version {one['recorded']}" if one["recorded"] else "none"
    return f"{name} ({newer} recorded)"


def code_cell(code: Mapping[str, Any] | None) -> str | None:
    """Return the code's version for a table."""
    if code is None:
        return None
    return f"{code['commit'][:_SHORT]}{' (changed)' if code['dirty'] else ''}"


def changed_cell(changed: Mapping[str, Any] | None) -> str | None:
    """Return what was done by hand last, for a table."""
    if changed is None:
        return None
    return f"{changed['what']} by {changed['actor']} (#{changed['event']})"


def _newest(newest: Mapping[str, Any]) -> str:
    if newest["what"] == "removal" and newest["outcome"] == "serving":
        return f"removed (#{newest['event']})"
    where = f" at {newest['step']}" if newest["step"] else ""
    seen = ", observed" if newest["observed"] else ""
    return f"{newest['what']} {newest['outcome']}{where}{seen} (#{newest['event']})"


def left_out_error(rows: Sequence[Mapping[str, Any]]) -> TetraEsError:
    """Return the error for hosts that a deployment left out."""
    from tetra_es.usecases.deploy.request import command_on

    first = rows[0]
    has = f"which has {first['has']}" if first["has"] else "to which nothing was deployed"
    more = f", and {len(rows) - 1} more" if rows[1:] else ""
    return TetraEsError(
        f"{first['newest']} was not deployed to {first['host']}, {has}{more}",
        hint=f"`{command_on(first['host'], 'deploy', first['environment'])}` deploys what is "
        f"recorded now; `tetra-es host forget {first['host']}` forgets a host that is gone",
    )

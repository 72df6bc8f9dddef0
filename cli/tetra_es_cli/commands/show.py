"""`show`: the TOML of an environment, or which secrets it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es_cli.context.params import REF, env_argument
from tetra_es_cli.output.plain import emit_raw, emit_rows
from tetra_es_projections.queries.environments import require_environment
from tetra_es_projections.queries.secrets import secrets_at

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App
    from tetra_es_projections.queries.reader import Reader


@click.command()
@env_argument()
@click.option("--at", "ref", type=REF, metavar="REF", help="As it was there.  [default: now]")
@click.option("--secrets", is_flag=True, help="Names and versions of the secrets instead.")
@click.pass_obj
def show(app: App, environment: str, ref: Ref | None, secrets: bool) -> None:
    """Print the recorded TOML of ENV, byte for byte.

    With --at, as it was after that event or at that time.
    """
    with app.reading() as reader:
        if secrets:
            require_environment(reader, environment)
            present = secrets_at(reader, environment, ref)
            rows = [{"key": key, "version": present[key]} for key in sorted(present)]
            emit_rows(rows, "table", ("key", "version"), empty=f"{environment} has no secrets")
            return
        emit_raw(text_at(reader, environment, ref).encode())


def text_at(reader: Reader, environment: str, ref: Ref | None) -> str:
    """Return the TOML of an environment at a REF, now without one."""
    position = None if ref is None else reader.views.position_of(ref, environment)
    state = reader.views.state(environment, position)
    if state is None:
        require_environment(reader, environment)
        raise TetraEsError(
            f"{environment} has no state" + (" yet" if ref is None else " there"),
            hint=f"`tetra-es promote {environment}` generates it"
            if ref is None
            else f"`tetra-es history {environment}` lists its states",
        )
    text = reader.log.state_text(state.position)
    if text is None:
        raise IntegrityFailure(
            f"event #{state.position} is not in the store", hint="run `tetra-es verify`"
        )
    return text

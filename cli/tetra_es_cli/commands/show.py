"""`show`: the TOML of an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es_cli.listing import require_environment
from tetra_es_cli.output import emit_raw
from tetra_es_cli.params import REF, env_argument

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_cli.app import App, Reader


@click.command()
@env_argument()
@click.option("--at", "ref", type=REF, metavar="REF", help="As it was there.  [default: now]")
@click.pass_obj
def show(app: App, environment: str, ref: Ref | None) -> None:
    """Print the recorded TOML of ENV, byte for byte.

    With --at, as it was after that event or at that time.
    """
    with app.reading() as reader:
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

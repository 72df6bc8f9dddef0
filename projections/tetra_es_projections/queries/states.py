"""The TOML of environments, as recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es.layout import environment_file
from tetra_es_projections.queries.environments import require_environment

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es.toml.document import ConfigDocument
    from tetra_es_projections.queries.reader import Reader


def text_at(reader: Reader, environment: str, ref: Ref | None) -> str:
    """Return the TOML of an environment at a REF, now without one.

    Raises `UsageError` for an unknown environment, `TetraEsError` where it had no state there.
    """
    position = None if ref is None else _position_of(reader, ref, environment)
    state = reader.views.states.find(environment, position)
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


def _position_of(reader: Reader, ref: Ref, environment: str) -> int:
    from tetra_es_projections.queries.refs import position_of  # most ask for what is there now

    return position_of(reader.views, ref, environment)


def document_at(reader: Reader, environment: str, ref: Ref | None) -> ConfigDocument:
    """Return the same to be read; raises as `text_at` does."""
    # `show` prints the text, and does without what reads TOML.
    from tetra_es.toml.document import ConfigDocument

    return ConfigDocument(environment_file(environment), text_at(reader, environment, ref))

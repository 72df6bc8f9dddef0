"""The TOML of environments, of the manifest and of profiles, as recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es.layout import text_file
from tetra_es_projections.queries.environments import require_environment

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es.toml.document import ConfigDocument
    from tetra_es_projections.queries.reader import Reader


def text_at(reader: Reader, file: str, ref: Ref | None) -> str:
    """Return the TOML of an environment, of `manifest` or of `profile ENV` at a REF; without, now.

    Raises `UsageError` for an unknown environment, `TetraEsError` where it had no state there.
    """
    position = None if ref is None else _position_of(reader, ref, file)
    state = reader.views.revisions_of(file).find(file, position)
    if state is None:
        raise _no_state(reader, file, there=ref is not None)
    text = reader.log.state_text(state.position)
    if text is None:
        raise IntegrityFailure(
            f"event #{state.position} is not in the store", hint="run `tetra-es verify`"
        )
    return text


def _no_state(reader: Reader, file: str, *, there: bool) -> TetraEsError:
    """Return the error of a file without a text, now or there. Raises where there is no such."""
    kind, _, of = file.partition(" ")
    if kind == "profile":
        require_environment(reader, of)
        if reader.views.edited.find(file) is None:
            return TetraEsError(
                f"{file} was never edited: {of} has the rules of a profile that is shipped",
                hint=f"`tetra-es profile show {of}` shows them",
            )
    elif kind != "manifest":
        require_environment(reader, file)
    if there:
        hint = f"`tetra-es history {file}` lists its states"
        return TetraEsError(f"{file} has no state there", hint=hint)
    return TetraEsError(f"{file} has no state yet", hint=f"`tetra-es promote {file}` generates it")


def _position_of(reader: Reader, ref: Ref, file: str) -> int:
    from tetra_es_projections.queries.refs import position_of  # most ask for what is there now

    return position_of(reader.views, ref, file)


def document_at(reader: Reader, file: str, ref: Ref | None) -> ConfigDocument:
    """Return the same to be read; raises as `text_at` does."""
    # `show` prints the text, and does without what reads TOML.
    from tetra_es.toml.document import ConfigDocument

    return ConfigDocument(text_file(file), text_at(reader, file, ref))

"""Whether promoting its source revision again would change an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.layout import MANIFEST, profile_file
from tetra_es.names import SOURCE_OF_TRUTH

if TYPE_CHECKING:
    from tetra_es.toml.document import ConfigDocument
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.state_table import StateRow


def changed_since(reader: Reader, state: StateRow, position: int | None = None) -> list[str]:
    """Return `profile` and `manifest`, those that give an environment other values by now.

    By what they were after the event at `position`, where it is given.

    Where neither is newer than the state, it is `keys` after a rollback of some keys, and `profile`
    after another one. Nothing where promoting its source revision again would change no value, or
    is not possible now.
    """
    newer = {
        name: reader.views.revisions_of(file).find(file, position)
        for name, file in (("profile", f"profile {state.environment}"), ("manifest", "manifest"))
    }
    found = [name for name, row in newer.items() if row and row.position > state.position]
    if not _would_change(reader, state, position):
        return []
    return found or ["keys" if _has_keys_of_another(reader, state) else "profile"]


def _has_keys_of_another(reader: Reader, state: StateRow) -> bool:
    """Return whether a state was made by bringing back some keys of an older one."""
    from tetra_es.log import canonical

    record = reader.log.record(state.position)
    return bool(record and canonical.decode(record.state).get("paths"))


def _would_change(reader: Reader, state: StateRow, position: int | None) -> bool:
    # Most states are as recorded; what works out profiles is loaded where somebody has to look.
    from tetra_es.errors import TetraEsError
    from tetra_es.profiles.carried import filled_layers, values_by
    from tetra_es.profiles.load import effective_profile
    from tetra_es.refs import PositionRef, RevisionRef
    from tetra_es.schema.manifest import read_manifest
    from tetra_es.toml.flatten import same_values
    from tetra_es_projections.queries.states import document_at

    try:
        manifest_text = _document(reader, "manifest", MANIFEST, position)
        if manifest_text is None:
            return False
        manifest = read_manifest(manifest_text)
        path = profile_file(state.environment)
        overlay = _document(reader, f"profile {state.environment}", path, position)
        layers = filled_layers(
            effective_profile(state.environment, overlay).layers,
            org=manifest.name,
            domain=manifest.domain,
            environment=state.environment,
        )
        source = RevisionRef(SOURCE_OF_TRUTH, state.source_revision or 0)
        values = values_by(layers, document_at(reader, SOURCE_OF_TRUTH, source))
        present = document_at(reader, state.environment, PositionRef(state.position))
        return not same_values(values, present.values)
    except TetraEsError:  # `promote` says it
        return False


def _document(reader: Reader, file: str, path: str, position: int | None) -> ConfigDocument | None:
    from tetra_es.toml.document import ConfigDocument

    newest = reader.views.revisions_of(file).find(file, position)
    text = reader.log.state_text(newest.position) if newest else None
    return None if text is None else ConfigDocument(path, text)

"""Whether promoting would change an environment whose source revision is the newest one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.layout import MANIFEST, profile_file
from tetra_es.names import SOURCE_OF_TRUTH

if TYPE_CHECKING:
    from tetra_es.toml.document import ConfigDocument
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.state_table import StateRow


def changed_since(reader: Reader, state: StateRow) -> list[str]:
    """Return `profile` and `manifest`, those that give an environment other values by now.

    `profile` alone where neither is newer than the state, as after a rollback. Nothing where
    promoting would change no value, or is not possible now.
    """
    newer = {
        name: reader.views.revisions_of(file).find(file)
        for name, file in (("profile", f"profile {state.environment}"), ("manifest", "manifest"))
    }
    found = [name for name, row in newer.items() if row and row.position > state.position]
    return (found or ["profile"]) if _would_change(reader, state) else []


def _would_change(reader: Reader, state: StateRow) -> bool:
    # Most states are as recorded; what works out profiles is loaded where somebody has to look.
    from tetra_es.errors import TetraEsError
    from tetra_es.profiles.carried import filled_layers, values_by
    from tetra_es.profiles.load import effective_profile
    from tetra_es.schema.manifest import read_manifest
    from tetra_es.toml.flatten import same_values
    from tetra_es_projections.queries.states import document_at

    try:
        manifest_text = _document(reader, "manifest", MANIFEST)
        if manifest_text is None:
            return False
        manifest = read_manifest(manifest_text)
        path = profile_file(state.environment)
        overlay = _document(reader, f"profile {state.environment}", path)
        layers = filled_layers(
            effective_profile(state.environment, overlay).layers,
            org=manifest.name,
            domain=manifest.domain,
            environment=state.environment,
        )
        values = values_by(layers, document_at(reader, SOURCE_OF_TRUTH, None))
        return not same_values(values, document_at(reader, state.environment, None).values)
    except TetraEsError:  # `promote` says it
        return False


def _document(reader: Reader, file: str, path: str) -> ConfigDocument | None:
    from tetra_es.toml.document import ConfigDocument

    newest = reader.views.revisions_of(file).find(file)
    text = reader.log.state_text(newest.position) if newest else None
    return None if text is None else ConfigDocument(path, text)

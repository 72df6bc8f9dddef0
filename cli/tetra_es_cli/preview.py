"""What promoting would make of the files as they are, without recording anything.

Anybody who can read the organization can ask, signer or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import UsageError
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.profiles.load import validate_overlay
from tetra_es.schema.environment import validate_environment
from tetra_es.schema.manifest import read_manifest
from tetra_es.usecases.config.promote import generate
from tetra_es.usecases.config.source_file import MANIFEST, SOURCE, SourceFile
from tetra_es_cli.context.console import note
from tetra_es_projections.working_files import changed_files, read_text

if TYPE_CHECKING:
    from tetra_es_projections.queries.reader import Reader


def preview(reader: Reader, environment: str) -> str:
    """Return the text that promoting `environment` would record.

    Files with changes that are not recorded yet count as they are, as they would when promoting.
    """
    digests = reader.views.file_digests()
    changed = {change.path for change in changed_files(reader.layout.root, digests)}
    manifest = read_manifest(_text(reader, MANIFEST, changed) or "")
    if environment not in manifest.environments:
        raise UsageError(
            f"unknown environment: {environment}",
            hint=f"this organization has {', '.join(manifest.environments)}",
        )
    if environment == SOURCE_OF_TRUTH:
        raise UsageError(
            f"{environment} is the source of truth: nothing is promoted to it",
            hint="give the environment to promote to, or two states",
        )
    source = _text(reader, SOURCE, changed) or ""
    validate_environment(source, name=SOURCE.path)
    target = SourceFile("profile", environment)
    overlay = _text(reader, target, changed)
    if overlay is not None:
        validate_overlay(overlay, environment, name=target.path)
    state = reader.views.state(SOURCE_OF_TRUTH)
    revision = (state.revision if state else 0) + (SOURCE.path in changed)
    label = f"{SOURCE_OF_TRUTH}@{revision}"
    return generate(environment, source, source_label=label, manifest=manifest, overlay=overlay)[1]


def _text(reader: Reader, target: SourceFile, changed: set[str]) -> str | None:
    """Return the text of an edited file: as it is where somebody changed it, else as recorded."""
    if target.path in changed:
        note(f"{target.path} has changes that are not recorded yet; they are counted in")
        return read_text(reader.layout.root, target.path)
    if target == SOURCE:
        state = reader.views.state(SOURCE_OF_TRUTH)
        return reader.log.state_text(state.position) if state else None
    position = reader.views.newest_of_file(str(target))
    return reader.log.state_text(position) if position else None

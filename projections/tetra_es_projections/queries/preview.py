"""What promoting would make of the files as they are, without recording anything.

Anybody who can read the organization can ask, signer or not.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.disk.regular_files import read_text
from tetra_es.errors import UsageError
from tetra_es.layout import MANIFEST, SOURCE, profile_file, text_file
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.profiles.generate import generate
from tetra_es.profiles.load import validate_overlay
from tetra_es.schema.environment import validate_environment
from tetra_es.schema.manifest import read_manifest
from tetra_es.schema.near import did_you_mean
from tetra_es.toml.document import ConfigDocument
from tetra_es_projections.working_files import changed_files

if TYPE_CHECKING:
    from tetra_es_projections.queries.reader import Reader


class Preview(NamedTuple):
    """A state that was not recorded."""

    document: ConfigDocument
    unrecorded: list[str]
    """Paths of files with changes that are not recorded yet and were counted in."""


def preview(reader: Reader, environment: str) -> Preview:
    """Return the state that promoting `environment` would record.

    Files with changes that are not recorded yet count as they are, as they would when promoting,
    unless they are merged then with what was recorded since.
    Raises `UsageError` for what nothing is promoted to, `ConfigError` where a file is not valid.
    """
    files = _Files(reader)
    manifest = read_manifest(files.document(MANIFEST, "manifest"))
    if environment not in manifest.environments:
        raise UsageError(
            f"unknown environment: {environment}",
            hint=f"{did_you_mean(environment, manifest.environments)}this organization has "
            f"{', '.join(manifest.environments)}",
        )
    if environment == SOURCE_OF_TRUTH:
        raise UsageError(
            f"{environment} is the source of truth: nothing is promoted to it",
            hint="give the environment to promote to, or two states",
        )
    source = files.document(SOURCE, SOURCE_OF_TRUTH)
    validate_environment(source)
    path = profile_file(environment)
    text = files.text(path, f"profile {environment}")
    overlay = None if text is None else ConfigDocument(path, text)
    if overlay is not None:
        validate_overlay(overlay, environment)
    state = reader.views.states.find(SOURCE_OF_TRUTH)
    revision = (state.revision if state else 0) + (SOURCE in files.counted_in)
    label = f"{SOURCE_OF_TRUTH}@{revision}"
    _, generated = generate(
        environment, source, source_label=label, manifest=manifest, overlay=overlay
    )
    return Preview(generated, files.counted_in)


def unrecorded(reader: Reader, file: str) -> ConfigDocument:
    """Return the text of a file that people edit, as it is; the recorded one where that is it."""
    return _Files(reader).document(text_file(file), file)


class _Files:
    """The edited files: as they are where somebody changed them, else as recorded."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        digests = reader.views.file_digests()
        changed = changed_files(reader.layout.root, digests)
        self._changed = {change.path for change in changed}
        self._known = set(digests)
        self.counted_in: list[str] = []

    def document(self, path: str, file: str) -> ConfigDocument:
        """Return an edited file, an empty one where it has no text."""
        return ConfigDocument(path, self.text(path, file) or "")

    def text(self, path: str, file: str) -> str | None:
        """Return the text of an edited file, which views call `file`; None where it has none."""
        if path in self._changed or self._is_new(path):
            self.counted_in.append(path)
            return read_text(self._reader.layout.root, path)
        newest = self._reader.views.revisions_of(file).find(file)
        return self._reader.log.state_text(newest.position) if newest else None

    def _is_new(self, path: str) -> bool:
        """Return whether somebody made a file, such as an overlay, that nobody recorded yet."""
        return path not in self._known and os.path.lexists(self._reader.layout.file(path))

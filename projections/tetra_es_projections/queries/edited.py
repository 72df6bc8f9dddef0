"""The edited files as they are on disk, and what was recorded of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.disk.regular_files import read_text
from tetra_es.errors import TetraEsError
from tetra_es.events.config import ScanExceptionAdded
from tetra_es.layout import MANIFEST, PROFILES, SOURCE
from tetra_es.names import SOURCE_OF_TRUTH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tetra_es_projections.queries.reader import Reader


class EditedFiles(NamedTuple):
    """The edited files of an organization, by path."""

    present: dict[str, str | TetraEsError]
    """Their texts on disk, or why one cannot be read; an overlay that is new counts."""
    recorded: dict[str, str]
    """Their texts as recorded."""
    exceptions: set[tuple[str, str]]
    """File and key whose values look like secrets and are false positives."""


def edited_files(reader: Reader) -> EditedFiles:
    """Return the manifest, the source of truth and the overlays."""
    found = EditedFiles({}, {}, set(_exceptions(reader)))
    for path, name in _files(reader.layout.root):
        try:
            found.present[path] = read_text(reader.layout.root, path)
        except TetraEsError as error:
            found.present[path] = error
        newest = reader.views.revisions_of(name).find(name)
        text = reader.log.state_text(newest.position) if newest else None
        if text is not None:
            found.recorded[path] = text
    return found


def _files(root: Path) -> Iterator[tuple[str, str]]:
    """Yield path and name, as changes have it, of each edited file."""
    yield MANIFEST, "manifest"
    yield SOURCE, SOURCE_OF_TRUTH
    for path in sorted((root / PROFILES).glob("[!.]*.toml")):
        yield f"{PROFILES}/{path.name}", f"profile {path.stem}"


def _exceptions(reader: Reader) -> Iterator[tuple[str, str]]:
    positions = reader.views.events.of_topics(
        (ScanExceptionAdded.TOPIC,), reader.log.last_position()
    )
    for position in positions:
        record = reader.log.record(position)
        if record and isinstance(event := record.event, ScanExceptionAdded):
            yield event.file, event.key

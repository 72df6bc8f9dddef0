"""What the promotions of an environment would have made under another overlay."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.disk.regular_files import read
from tetra_es.errors import ConfigError, TetraEsError
from tetra_es.events.config import EnvironmentPromoted
from tetra_es.layout import MANIFEST, environment_file
from tetra_es.log.replica import Purged
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.profiles.generate import generate
from tetra_es.profiles.load import validate_overlay
from tetra_es.refs import TimeRef
from tetra_es.schema.manifest import read_manifest
from tetra_es.toml.diff import changes_between
from tetra_es.toml.document import ConfigDocument
from tetra_es_projections.queries.profiles import require_generated
from tetra_es_projections.queries.refs import position_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterator
    from pathlib import Path

    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.state_table import StateRow


class Otherwise(NamedTuple):
    """One key that a promotion would have made otherwise, or a promotion without an answer."""

    event: int
    """Position of the promotion."""
    state: str
    """What it gave, such as `prod@3`."""
    source: str
    time: str
    key: str | None
    recorded: str | None
    """What the promotion gave, as TOML; None where it has no such key."""
    would_be: str | None
    problem: str | None
    """Why there is no answer: the overlay does not fit that source, or a text was purged."""


def read_overlay(path: Path) -> ConfigDocument:
    """Return the text in a file anywhere. Raises `TetraEsError` where it cannot be read."""
    data = read(path, then=None)
    if data is None:
        raise TetraEsError(f"{path} is not there", hint="give a file with the rules of an overlay")
    try:
        return ConfigDocument(str(path), data.decode())
    except UnicodeDecodeError as error:
        raise TetraEsError(
            f"{path} is not UTF-8 (byte {error.start + 1})", hint="write it in UTF-8"
        ) from None


def under_overlay(
    reader: Reader, environment: str, overlay: ConfigDocument, since: Ref | None = None
) -> list[Otherwise]:
    """Return what promotions of an environment would have made otherwise, oldest first.

    All of them, or those from a REF on, of which a time is the beginning. Each is generated again
    from its own source and the manifest of then, by today's shipped profile with `overlay`. Raises
    `UsageError` where nothing generates the environment, `ConfigError` where the overlay is not
    one.
    """
    require_generated(reader, environment)
    validate_overlay(overlay, environment)
    wanted = _since(reader, environment, since)
    found: list[Otherwise] = []
    for row in reversed(reader.views.states.revisions(environment)):
        record = reader.log.record(row.position) if row.position in wanted else None
        event = None if record is None else reader.log.event(record)
        if isinstance(event, EnvironmentPromoted):
            found += _otherwise(reader, row, event, overlay)
    return found


def _since(reader: Reader, environment: str, since: Ref | None) -> Container[int]:
    """Return the positions from a REF on; from a time on, what a list since then has."""
    if isinstance(since, TimeRef):
        rows = reader.views.events.history(environment=environment, since=since.moment)
        return {row.event for row in rows}
    first = 0 if since is None else position_of(reader.views, since)
    return range(first, reader.log.last_position() + 1)


def _otherwise(
    reader: Reader, row: StateRow, event: EnvironmentPromoted, overlay: ConfigDocument
) -> Iterator[Otherwise]:
    source = f"{SOURCE_OF_TRUTH}@{event.source_revision}"
    at = (row.position, f"{row.environment}@{row.revision}", source, row.time)
    path = environment_file(row.environment)
    try:
        recorded = ConfigDocument(path, _text(reader, row.environment, row.position))
        made = _generated(reader, row, source, event.source_revision, overlay)
    except (ConfigError, Purged) as error:
        yield Otherwise(*at, None, None, None, error.message)
        return
    for key, before, after in changes_between(recorded, made):
        yield Otherwise(*at, key, before, after, None)


def _generated(
    reader: Reader, row: StateRow, label: str, revision: int, overlay: ConfigDocument
) -> ConfigDocument:
    position = reader.views.states.position_of_revision(SOURCE_OF_TRUTH, revision)
    text = _text(reader, SOURCE_OF_TRUTH, position or row.position)
    manifest = read_manifest(ConfigDocument(MANIFEST, _text(reader, "manifest", row.position)))
    source = ConfigDocument(environment_file(SOURCE_OF_TRUTH), text)
    _, made = generate(
        row.environment, source, source_label=label, manifest=manifest, overlay=overlay
    )
    return made


def _text(reader: Reader, file: str, position: int) -> str:
    """Return the text that a file had after an event."""
    found = reader.views.revisions_of(file).find(file, position)
    return (reader.log.state_text(found.position) if found else None) or ""

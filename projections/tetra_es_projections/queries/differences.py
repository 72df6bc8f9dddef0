"""What differs between two states, or between a state and what promoting would make of it."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import UsageError
from tetra_es.layout import environment_file, text_file
from tetra_es.names import SOURCE_OF_TRUTH, check_environment
from tetra_es.refs import RevisionRef, TimeRef, parse_ref
from tetra_es.toml.diff import Change
from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.written import changes_as_written
from tetra_es_projections.queries.environments import require_environment
from tetra_es_projections.queries.preview import preview, unrecorded
from tetra_es_projections.queries.refs import file_of, position_of
from tetra_es_projections.queries.secrets import secrets_at, version_changes
from tetra_es_projections.queries.states import document_at
from tetra_es_projections.queries.tables.event_table import EDITS

if TYPE_CHECKING:
    from datetime import tzinfo

    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader

_HINT = "`tetra-es diff ENV` or `tetra-es diff ENV@N ENV@M`"


class Difference(NamedTuple):
    """Two states beside each other."""

    names: tuple[str, str]
    documents: tuple[ConfigDocument, ConfigDocument]
    secrets: list[Change]
    """By name and version."""
    unrecorded: list[str]
    """Paths of files with changes that are not recorded yet and were counted in."""

    @property
    def keys(self) -> list[Change]:
        """What differs by key, in values that remember how they were written."""
        return [Change(str(key), *values) for key, *values in changes_as_written(*self.documents)]

    @property
    def differs(self) -> bool:
        """Whether anything does."""
        before, after = self.documents
        return before.text != after.text or bool(self.secrets)


def difference(reader: Reader, *states: str, zone: tzinfo = UTC) -> Difference:
    """Return what differs between two states, or what promoting one environment would change.

    A state is a REF, or an environment, `manifest` or `profile ENV` for its present one. Of a file
    that people edit alone, it is what is not recorded yet. Raises `UsageError` for other words.
    """
    match states:
        case (file,) if file in (SOURCE_OF_TRUTH, "manifest") or file.startswith("profile "):
            return _not_recorded(reader, file)
        case (environment,):
            return _against_promotion(reader, check_environment(environment))
        case (before, after):
            return _two(reader, before, after, zone)
        case _:
            raise UsageError("diff takes an environment or two states", hint=_HINT)


def _against_promotion(reader: Reader, environment: str) -> Difference:
    present = reader.views.states.find(environment)
    text = reader.log.state_text(present.position) if present else None
    promoted = preview(reader, environment)
    names = (environment, f"{environment} if promoted")
    before = ConfigDocument(environment_file(environment), text or "")
    return Difference(names, (before, promoted.document), [], promoted.unrecorded)


def _not_recorded(reader: Reader, file: str) -> Difference:
    kind, _, of = file.partition(" ")
    if kind == "profile":
        require_environment(reader, of)
    if of == SOURCE_OF_TRUTH:
        raise UsageError(f"{of} is the source of truth: it has no profile", hint=_HINT)
    present = reader.views.revisions_of(file).find(file)
    text = reader.log.state_text(present.position) if present else None
    names = (file, f"{file} as it is")
    before = ConfigDocument(text_file(file), text or "")
    return Difference(names, (before, unrecorded(reader, file)), [], [])


def _two(reader: Reader, before: str, after: str, zone: tzinfo) -> Difference:
    refs = (_parse(reader, before, zone), _parse(reader, after, zone))
    first, second = (_file_of(reader, ref) for ref in refs)
    if first is None and second is None:
        raise UsageError(
            "which environment? neither REF says", hint=f"name one by a revision: {_HINT}"
        )
    named = (first or second or "", second or first or "")
    documents = (_state(reader, named[0], refs[0]), _state(reader, named[1], refs[1]))
    old, new = (
        {} if _is_edited(name) else secrets_at(reader, name, None if isinstance(ref, str) else ref)
        for name, ref in zip(named, refs, strict=True)
    )
    rows = version_changes(old, new, names_alone=named[0] != named[1])
    return Difference((before, after), documents, [Change(*row) for row in rows], [])


def _parse(reader: Reader, text: str, zone: tzinfo) -> Ref | str:
    """Return a REF, or the name of an environment or another file for its present state.

    A hash can look like a name: it is one if there is such an environment.
    """
    if text == "manifest":
        return text
    if text.startswith("profile ") and "@" not in text:
        return f"profile {check_environment(text.removeprefix('profile '))}"
    try:
        name = check_environment(text)
    except UsageError:
        return parse_ref(text, zone)
    if reader.views.states.find(name) is None:
        with suppress(UsageError):
            return parse_ref(text, zone)
    return name


def _is_edited(file: str) -> bool:
    """Return whether that is the manifest or a profile, which have no secrets."""
    return file == "manifest" or file.startswith("profile ")


def _state(reader: Reader, environment: str, ref: Ref | str) -> ConfigDocument:
    return document_at(reader, environment, None if isinstance(ref, str) else ref)


def _file_of(reader: Reader, ref: Ref | str) -> str | None:
    """Return what a REF is a state of, None where it could be of anything."""
    if isinstance(ref, str):
        return ref
    if isinstance(ref, RevisionRef):
        return file_of(reader.views, ref)
    if isinstance(ref, TimeRef):
        return None
    position = position_of(reader.views, ref)
    row = reader.views.events.find(position)
    if row is None:
        return None
    kind = next((kind for kind, topics in EDITS.items() if row.type in topics), None)
    if kind is not None:
        return f"{kind} {row.environment}" if row.environment else kind
    return row.environment if reader.views.states.is_state(position) else None

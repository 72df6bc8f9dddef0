"""What differs between two states, or between a state and what promoting would make of it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import UsageError
from tetra_es.layout import environment_file
from tetra_es.names import check_environment
from tetra_es.refs import RevisionRef, TimeRef, parse_ref
from tetra_es.toml.diff import Change, changes_between
from tetra_es.toml.document import ConfigDocument
from tetra_es_projections.queries.preview import preview
from tetra_es_projections.queries.refs import position_of
from tetra_es_projections.queries.secrets import secrets_at, version_changes
from tetra_es_projections.queries.states import document_at

if TYPE_CHECKING:
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
        """What differs by key."""
        return list(changes_between(*self.documents))


def difference(reader: Reader, *states: str) -> Difference:
    """Return what differs between two states, or what promoting one environment would change.

    A state is a REF, or an environment for its present one. Raises `UsageError` for other words.
    """
    match states:
        case (environment,):
            return _against_promotion(reader, check_environment(environment))
        case (before, after):
            return _two(reader, before, after)
        case _:
            raise UsageError("diff takes an environment or two states", hint=_HINT)


def _against_promotion(reader: Reader, environment: str) -> Difference:
    present = reader.views.states.find(environment)
    text = reader.log.state_text(present.position) if present else None
    promoted = preview(reader, environment)
    names = (environment, f"{environment} if promoted")
    before = ConfigDocument(environment_file(environment), text or "")
    return Difference(names, (before, promoted.document), [], promoted.unrecorded)


def _two(reader: Reader, before: str, after: str) -> Difference:
    refs = (_parse(reader, before), _parse(reader, after))
    first, second = (_environment_of(reader, ref) for ref in refs)
    if first is None and second is None:
        raise UsageError(
            "which environment? neither REF says", hint=f"name one by a revision: {_HINT}"
        )
    named = (first or second or "", second or first or "")
    documents = (_state(reader, named[0], refs[0]), _state(reader, named[1], refs[1]))
    old, new = (
        secrets_at(reader, name, None if isinstance(ref, str) else ref)
        for name, ref in zip(named, refs, strict=True)
    )
    rows = version_changes(old, new, names_alone=named[0] != named[1])
    return Difference((before, after), documents, [Change(*row) for row in rows], [])


def _parse(reader: Reader, text: str) -> Ref | str:
    """Return a REF, or the name of an environment for its present state.

    A commit id can look like a name: it is one if there is such an environment.
    """
    try:
        name = check_environment(text)
    except UsageError:
        return parse_ref(text)
    if reader.views.states.find(name) is None:
        with suppress(UsageError):
            return parse_ref(text)
    return name


def _state(reader: Reader, environment: str, ref: Ref | str) -> ConfigDocument:
    return document_at(reader, environment, None if isinstance(ref, str) else ref)


def _environment_of(reader: Reader, ref: Ref | str) -> str | None:
    """Return the environment whose state a REF is, None where it could be of any."""
    if isinstance(ref, str):
        return ref
    if isinstance(ref, RevisionRef):
        return ref.environment
    if isinstance(ref, TimeRef):
        return None
    position = position_of(reader.views, ref)
    row = reader.views.events.find(position)
    return row.environment if row is not None and reader.views.states.is_state(position) else None

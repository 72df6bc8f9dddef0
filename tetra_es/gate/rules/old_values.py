"""What the values of events of the first edition have to be, beyond the types of their fields.

Its commands kept to all of this. Who signs by other means need not: without these rules, one event
could give an environment a revision that none can follow, or leave nobody who may sign.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tetra_es.errors import ConfigError
from tetra_es.events.base import WithChanges
from tetra_es.events.config import (
    EnvironmentState,
    ManifestEdited,
    OrganizationCreated,
    ProfileEdited,
    SignerAdded,
    SignerRemoved,
)
from tetra_es.events.deployments import DeploymentEvent, DeploymentStarted
from tetra_es.events.form import types as t
from tetra_es.events.secrets import RecipientAdded, RecipientRemoved
from tetra_es.gate.rules.policy import policy_of
from tetra_es.gate.verdicts import Broken, Reason
from tetra_es.layout import MANIFEST
from tetra_es.toml.document import ConfigDocument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.events.base import Event
    from tetra_es.gate.state import State

_FORMAT: Final = "1"
"""Of the commits of all events of the first edition."""

_LINES: Final[dict[type[Event], dict[str, t.Type]]] = {
    OrganizationCreated: {"name": t.ORG, "signer": t.SIGNER, "key": t.PUBLIC_KEY},
    SignerAdded: {"signer": t.SIGNER, "key": t.PUBLIC_KEY},
    RecipientAdded: {"recipients": t.map_of(t.NAME, t.RECIPIENT)},
    RecipientRemoved: {"recipients": t.map_of(t.NAME, t.RECIPIENT)},
    DeploymentEvent: {"host": t.NAME, "deployment": t.DEPLOYMENT},
    DeploymentStarted: {"runner": t.one_of("tsm", "direct")},
}
"""Fields whose values become names, or lines of files."""


def check_form(event: Event) -> None:
    """Raise `Broken` where a value is none that a command of the first edition recorded."""
    if event.metadata["format"] != _FORMAT:
        what = f"the format of its commit is not {_FORMAT}, which all of the first edition have"
        raise Broken(Reason.FORM, what)
    for cls, fields in _LINES.items():
        for name, type_ in fields.items() if isinstance(event, cls) else ():
            if not type_.fits(getattr(event, name)):
                raise Broken(Reason.FORM, f"its {name} is not of the type {type_.name}")


def check_values(event: Event, state: State) -> None:
    """Raise `Broken` where an event of a lawful form does not follow from those before it."""
    if isinstance(event, SignerAdded):
        _check_added(event, state)
    if isinstance(event, SignerRemoved) and len(state.signers) == 1:
        raise Broken(Reason.LAST_SIGNER, "no signer would be left")
    for what, revision, last in _revisions(event, state):
        if revision != last + 1:
            told = f"it makes revision {revision} of {what}, after {last}"
            raise Broken(Reason.REVISION, told)
    if isinstance(event, ManifestEdited):
        _check_manifest(event, state)
    if isinstance(event, WithChanges):
        keys = [change[0] for change in event.changes]
        if len(set(keys)) < len(keys):
            raise Broken(Reason.CHANGES, "it changes a key twice")


def _check_added(event: SignerAdded, state: State) -> None:
    if event.signer in state.signers:
        raise Broken(Reason.SIGNER_TAKEN, f"there is a signer {event.signer} already")
    for name, signer in state.signers.items():
        if signer.key == event.key:
            raise Broken(Reason.SIGNER_TAKEN, f"that key already belongs to signer {name}")


def _check_manifest(event: ManifestEdited, state: State) -> None:
    document = ConfigDocument(MANIFEST, event.text)
    try:
        document.checked()
    except ConfigError:
        raise Broken(Reason.TEXT, "its text is not TOML") from None
    if policy_of(document.values).name != state.name:
        raise Broken(Reason.MANIFEST, f"the organization keeps its name, {state.name}")


def _revisions(event: Event, state: State) -> Iterator[tuple[str, int, int]]:
    """Yield the file that an event gives a text, its revision, and the one before."""
    match event:
        case ManifestEdited():
            yield "the manifest", event.revision, state.file(MANIFEST).revision
        case ProfileEdited():
            name = event.environment
            yield f"profile {name}", event.revision, state.file(name).revision
        case EnvironmentState():
            name = event.environment
            yield name, event.revision, state.environment(name).revision

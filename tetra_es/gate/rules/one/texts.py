"""What all texts have in common: revisions follow each other, and `changes` is the difference."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from tetra_es.errors import ConfigError
from tetra_es.gate.lineage import StateAt
from tetra_es.gate.verdicts import Broken, Reason
from tetra_es.log import canonical
from tetra_es.toml.diff import changes_between

if TYPE_CHECKING:
    from tetra_es.gate.bodies import Bodies
    from tetra_es.gate.entry import Entry
    from tetra_es.toml.document import ConfigDocument


def state_at(entry: Entry, revision: int | None = None) -> StateAt:
    """Return the state of a text that an event makes."""
    state = entry.state
    return StateAt(
        state["revision"] if revision is None else revision,
        entry.position,
        bytes.fromhex(state["text"]),
        state.get("source_revision"),
    )


def check_text(
    entry: Entry, before: StateAt | None, bodies: Bodies, *, revision: int | None = None
) -> ConfigDocument:
    """Return the new text of an event that follows `before`, of a file or an environment.

    Raises `Broken` where it is not TOML, or is not the next revision, or changed something else
    than it says.
    """
    at = state_at(entry, revision)
    expected = before.revision + 1 if before else 1
    if at.revision != expected:
        raise Broken(Reason.REVISION, f"it is revision {at.revision}: {expected} comes next")
    document = bodies.text(at)
    old = bodies.text(before) if before else None
    try:
        document.checked()
        document.text.encode()
    except (ConfigError, UnicodeEncodeError):
        raise Broken(Reason.TEXT, "its text is not TOML") from None
    try:
        changes = canonical.encode_any([list(each) for each in changes_between(old, document)])
    except (ConfigError, ValueError, RecursionError):
        # The first edition may have recorded a text that is not TOML; then nothing is compared.
        return document
    if sha256(changes).hexdigest() != entry.state["changes"]:
        raise Broken(Reason.CHANGES, "what it says it changed is not what it changed")
    return document

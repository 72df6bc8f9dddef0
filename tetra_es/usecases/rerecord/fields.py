"""What becomes of each field of an event that is recorded again: a table that has all of them.

Positions, revisions, versions and digests of the old line mean something else on the new one.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from tetra_es.names import SOURCE_OF_TRUTH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es.usecases.rerecord.places import Places


class How(Enum):
    """What becomes of a field."""

    KEPT = "it is carried over"
    AGAIN = "it is decided again"
    GONE = "its event is not recorded again, or not with it"
    POSITION = "the position of an event"
    REVISION = "a revision of the file that the event is about"
    SOURCE_REVISION = "a revision of the source of truth"
    VERSION = "a version of the secret that the event is about"
    ORIGIN = "environment, key and version of another secret"
    USED = "key, version and digest of secrets"
    STATE = "the state that has the same text is looked for"


_TEXT: Final = {"revision": How.AGAIN, "text": How.AGAIN, "changes": How.AGAIN}
_STATE: Final = {"environment": How.KEPT, **_TEXT}
_EDIT: Final = {**_TEXT, "undoes": How.POSITION, "restores": How.GONE}
_VERSION: Final = {"environment": How.KEPT, "key": How.KEPT, "version": How.VERSION}
_READER: Final = {
    "environment": How.KEPT,
    "name": How.KEPT,
    "recipient": How.KEPT,
    "recipients": How.AGAIN,
}
_DEPLOYMENT: Final = {
    "environment": How.KEPT,
    "host": How.KEPT,
    "deployment": How.KEPT,
    "revision": How.STATE,
    "observed": How.AGAIN,
}
_OPERATION: Final = {"environment": How.KEPT, "host": How.KEPT, "services": How.KEPT}
_REQUEST: Final = dict.fromkeys(
    ("change", "scope", "plan", "ticket", "comment", "tag", "by"), How.GONE
)
_HOLD: Final = dict.fromkeys(("environment", "source_revision", "of_position", "hold"), How.GONE)
_POLICY: Final = dict.fromkeys(("scope", "rule", "of_position", "comment"), How.GONE)

FIELDS: Final[Mapping[str, Mapping[str, How]]] = {
    "organization.created": dict.fromkeys(("name", "text", "changes", "signer", "key"), How.GONE),
    "organization.upgraded": {"floor": How.KEPT},
    "manifest.edited": _EDIT,
    "profile.edited": {"environment": How.KEPT, **_EDIT},
    "signer.added": {"signer": How.KEPT, "key": How.KEPT, "may": How.KEPT},
    "signer.removed": {"signer": How.KEPT, "key": How.KEPT},
    "scan.exception_added": {"file": How.KEPT, "key": How.KEPT},
    "environment.created": dict.fromkeys(_STATE, How.GONE),
    "environment.edited": {**_STATE, "undoes": How.POSITION},
    "environment.promoted": {
        **_STATE,
        "source_revision": How.SOURCE_REVISION,
        "via": How.KEPT,
        **dict.fromkeys(("profile", "shipped", "rules", "generator"), How.AGAIN),
    },
    "environment.rolled_back": {
        **_STATE,
        "to_revision": How.STATE,
        "to_position": How.STATE,
        "source_revision": How.AGAIN,
        "paths": How.KEPT,
    },
    "environment.imported": dict.fromkeys((*_STATE, "origin", "kind"), How.GONE),
    "recipient.added": _READER,
    "recipient.removed": _READER,
    "secret.set": {
        **_VERSION,
        "version": How.AGAIN,
        "digest": How.AGAIN,
        "recipients": How.AGAIN,
        "origin": How.ORIGIN,
        "restores": How.VERSION,
    },
    "secret.removed": _VERSION,
    "secrets.resealed": {
        "environment": How.KEPT,
        "secrets": How.AGAIN,
        "recipients": How.AGAIN,
    },
    "secrets.restored": {
        "environment": How.KEPT,
        "to_position": How.POSITION,
        **dict.fromkeys(("secrets", "removed", "recipients", "kept_out"), How.AGAIN),
    },
    "secret.compromised": _VERSION,
    "secret.purged": {**_VERSION, "digests": How.AGAIN, "named_by": How.AGAIN},
    "bodies.purged": {"digests": How.KEPT, "named_by": How.AGAIN},
    "deployment.started": {
        **_DEPLOYMENT,
        "of_position": How.STATE,
        "runner": How.KEPT,
        "secrets": How.USED,
        "files": How.KEPT,
        "code": How.KEPT,
        "machine": How.KEPT,
    },
    "deployment.step_done": {**_DEPLOYMENT, "step": How.KEPT},
    "deployment.healthy": _DEPLOYMENT,
    "deployment.failed": {
        **_DEPLOYMENT,
        "step": How.KEPT,
        "cause": How.KEPT,
        "switched": How.KEPT,
    },
    "deployment.reverted": {**_DEPLOYMENT, "cause": How.KEPT},
    **{
        f"host.{word}": _OPERATION
        for word in (
            *("started", "stopped", "restarted", "enabled", "disabled"),
            *("uninstalled", "forgotten"),
        )
    },
    "log.moved": {"address": How.GONE, "before": How.GONE},
    **{
        f"change.{word}": _REQUEST
        for word in (
            *("proposed", "approved", "rejected", "unapproved"),
            *("withdrawn", "superseded"),
        )
    },
    "hold.set": _HOLD,
    "hold.released": _HOLD,
    "policy.bypassed": _POLICY,
    "policy.reviewed": _POLICY,
}
"""Topic to what becomes of its fields."""

METADATA_FIELDS: Final[Mapping[str, How]] = {
    "actor": How.AGAIN,
    "reason": How.KEPT,
    "correlation": How.AGAIN,
    "tool": How.AGAIN,
    "format": How.AGAIN,
    "rules": How.AGAIN,
    "batch": How.AGAIN,
    "caused_by": How.GONE,
    "clock": How.GONE,
    "change": How.GONE,
    "rerecorded_from": How.AGAIN,
    "imported": How.GONE,
    "recorded": How.GONE,
}
"""The same for the metadata."""


def file_of(topic: str, environment: str) -> str:
    """Return what a revision of an event is a revision of."""
    if topic == "manifest.edited":
        return "manifest"
    return f"profile {environment}" if topic == "profile.edited" else environment


def mapped(topic: str, fields: Mapping[str, Any], places: Places) -> dict[str, Any]:
    """Return the fields that are carried over, with what they name on the new line.

    Raises `Lost` where that is not there.
    """
    environment = str(fields.get("environment", ""))
    found: dict[str, Any] = {}
    for name, how in FIELDS[topic].items():
        value = fields.get(name)
        match how:
            case How.AGAIN | How.GONE | How.STATE:
                continue
            case _ if value is None or how is How.KEPT:
                found[name] = value
            case How.POSITION:
                found[name] = places.position(value)
            case How.REVISION:
                found[name] = places.revision(file_of(topic, environment), value)
            case How.SOURCE_REVISION:
                found[name] = places.revision(SOURCE_OF_TRUTH, value)
            case How.VERSION:
                found[name] = places.version(environment, fields["key"], value)
            case How.ORIGIN:
                version = places.version(value["environment"], value["key"], value["version"])
                found[name] = {**value, "version": version}
            case How.USED:
                found[name] = [places.used(environment, *each) for each in value]
    return found

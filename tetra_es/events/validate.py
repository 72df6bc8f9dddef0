"""Whether an event is one that tetra-es could have recorded.

A store is signed, not trusted: who may sign could still write an event by other means whose
fields would, for instance, name a file outside the folder.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from tetra_es.errors import UsageError
from tetra_es.events.config import ENVIRONMENT_STREAM, ORG_STREAM, EnvironmentState, ProfileEdited
from tetra_es.events.deployments import DEPLOYMENTS_STREAM, DeploymentEvent, HostEvent
from tetra_es.events.form.types import is_moment
from tetra_es.events.secrets import SECRETS_STREAM, SecretSet, SecretsEvent, secret_names
from tetra_es.names import check_environment, is_secret_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from tetra_es.events.base import Event

    _Check: TypeAlias = tuple[str, Callable[[Any], bool], str]

_METADATA = ("actor", "reason", "correlation", "tool", "format")


def problem_of(event: Event) -> str | None:
    """Return what is wrong with an event, None when nothing is."""
    for name, fits, type_ in _checks(type(event)):
        if not fits(getattr(event, name)):
            return f"its {name} is not of the type {type_}"
    if not is_moment(event.timestamp):
        return "its timestamp is not a time"
    missing = [name for name in _METADATA if name not in event.metadata]
    if missing:
        return f"its metadata has no {missing[0]}"
    if event.originator_id != _stream_of(event):
        return f"{event.TOPIC} does not belong in the stream {event.originator_id}"
    if isinstance(
        event, (EnvironmentState, ProfileEdited, SecretsEvent, DeploymentEvent)
    ) and not _is_name(event.environment):
        return f"{event.environment!r} is not an environment's name"
    if isinstance(event, SecretsEvent):
        return _problem_of_secrets(event)
    if isinstance(event, EnvironmentState):
        digest = sha256(event.text.encode()).hexdigest()
        if event.digest != digest:
            return "its digest is not that of its text"
    return None


def _problem_of_secrets(event: SecretsEvent) -> str | None:
    if isinstance(event, SecretSet) and not _DIGEST.fullmatch(event.digest):
        return "its digest is not a SHA-256"
    wrong = (name for name in secret_names(event) if not is_secret_name(name))
    return next((f"{name!r} is not the name of a secret" for name in wrong), None)


def _stream_of(event: Event) -> str:
    if isinstance(event, EnvironmentState):
        return ENVIRONMENT_STREAM + event.environment
    if isinstance(event, SecretsEvent):
        return SECRETS_STREAM + event.environment
    if isinstance(event, (DeploymentEvent, HostEvent)):
        return f"{DEPLOYMENTS_STREAM}{event.environment}@{event.host}"
    return ORG_STREAM


def _is_name(name: str) -> bool:
    try:
        return check_environment(name) == name
    except UsageError:
        return False


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _is_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(key, str) and isinstance(item, str) for key, item in value.items()
    )


def _is_changes(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(change, list)
        and len(change) == 3
        and isinstance(change[0], str)
        and all(item is None or isinstance(item, str) for item in change[1:])
        for change in value
    )


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_ciphertext_ref(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, list)
        and len(item) == 3
        and isinstance(item[0], str)
        and _is_int(item[1])
        and isinstance(item[2], str)
        and _DIGEST.fullmatch(item[2]) is not None
        for item in value
    )


def _is_named_by(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, dict)
        and item.keys() == {"position", "verdict"}
        and _is_int(item["position"])
        and isinstance(item["verdict"], str)
        for item in value
    )


def _is_files(value: Any) -> bool:
    return isinstance(value, list) and all(
        _is_list_of_texts(item) and len(item) == 2 for item in value
    )


_DIGEST = re.compile(r"[0-9a-f]{64}")

_TYPES: dict[str, Callable[[Any], bool]] = {
    "str": lambda value: isinstance(value, str),
    "int": _is_int,
    "int | None": lambda value: value is None or _is_int(value),
    "dict[str, str]": _is_texts,
    "dict[str, Any]": _is_texts,
    "list[str]": _is_list_of_texts,
    "list[str] | None": lambda value: value is None or _is_list_of_texts(value),
    "list[NamedBy]": _is_named_by,
    "list[KeyChange]": _is_changes,
    "list[CiphertextRef]": _is_ciphertext_ref,
    "list[FileDigest]": _is_files,
    "bool": lambda value: isinstance(value, bool),
    "Origin | None": lambda value: value is None or isinstance(value, dict),
    "Code | None": lambda value: value is None or isinstance(value, dict),
    "str | None": lambda value: value is None or isinstance(value, str),
}
"""Annotation of an event's field to the check of its value."""


def _checks(cls: type[Event]) -> tuple[_Check, ...]:
    """Return the checks of a class's fields; worked out once for each."""
    found = _CHECKS.get(cls)
    if found is None:
        found = _CHECKS[cls] = tuple(
            (name, _TYPES[type_], type_)
            for name, type_ in cls.FIELDS.items()
            if name not in ("originator_id", "originator_version")
        )
    return found


_CHECKS: dict[type[Event], tuple[_Check, ...]] = {}

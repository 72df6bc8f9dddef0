"""One line that says what an event did, for people: in `history`, and as the mirror's subjects.

`summary` is in today's words. A subject is part of a commit and so of its id: its wording follows
the format number that the event carries, and that of format 1 is never changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tetra_es.errors import TetraEsError
from tetra_es.events import config, deployments, secrets
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from tetra_es.events.base import Event, KeyChange

WIDTH: Final = 72
"""Characters of a summary that fit beside a commit id on a terminal; names may go beyond."""


def summary(event: Event) -> str:
    """Return what `event` did, on one line, such as `promote(dev): local@12 -> dev@7`.

    Raises `TetraEsError` when the event is of a format that this version does not know.
    """
    number = event.metadata.get("format", "")
    if number != "1":
        raise unknown_format(number)
    return one_line(_TODAY[event.TOPIC](event))


def unknown_format(number: str) -> TetraEsError:
    """Return the error for an event that a newer version recorded."""
    return TetraEsError(
        f"an event is of the unknown format {one_line(number)!r}",
        hint="it was written by a newer tetra-es: upgrade this one",
    )


def summary_1(event: Event) -> str:
    """Return the summary as format 1 words it."""
    return one_line(_FORMAT_1[event.TOPIC](event))


def _created(event: config.EnvironmentCreated) -> str:
    return f"create({event.environment}): {event.environment}@{event.revision}"


def _edited(event: config.EnvironmentEdited) -> str:
    return _edit(event.environment, event.changes, f"{event.environment}@{event.revision}")


def _promoted(event: config.EnvironmentPromoted) -> str:
    via = "" if event.via == SOURCE_OF_TRUTH else f" via {event.via}"
    source = f"{SOURCE_OF_TRUTH}@{event.source_revision}{via}"
    return f"promote({event.environment}): {source} -> {event.environment}@{event.revision}"


def _rolled_back(event: config.EnvironmentRolledBack) -> str:
    name = event.environment
    target = f"{name}@{event.to_revision} (#{event.to_position})"
    return f"roll back({name}): {target} -> {name}@{event.revision}"


def _rollback(event: config.EnvironmentRolledBack) -> str:
    name = event.environment
    same = f"same as {name}@{event.to_revision}, #{event.to_position}"
    return f"rollback({name}): {name}@{event.revision - 1} -> {name}@{event.revision} ({same})"


def _imported(event: config.EnvironmentImported) -> str:
    head, tail = f"import({event.environment}): ", f" -> {event.environment}@{event.revision}"
    origin = one_line(event.origin)
    room = max(WIDTH - len(head) - len(tail), WIDTH // 3)
    return head + (origin if len(origin) <= room else origin[: room - 1] + "…") + tail


def _edit(what: str, changes: list[KeyChange], result: str) -> str:
    head, tail = f"edit({what}): ", f" -> {result}"
    if not changes:
        return f"{head}comments or layout{tail}"
    more = f" (+{len(changes) - 1} more)" if len(changes) > 1 else ""
    line = f"{head}{one_line(str(changes[0][0]))}{more}{tail}"
    if len(line) <= WIDTH:
        return line
    # Half a key would be the name of another one.
    return f"{head}{len(changes)} key{'s' if more else ''}{tail}"


def _set(event: secrets.SecretSet) -> str:
    return f"set secret({event.environment}): {event.key} version {event.version}"


def _re_encrypted(event: secrets.SecretsReEncrypted) -> str:
    secrets, recipients = len(event.secrets), len(event.recipients)
    what = f"{secrets} secret{'' if secrets == 1 else 's'}"
    whom = f"{recipients} recipient{'' if recipients == 1 else 's'}"
    return f"({event.environment}): {what} for {whom}"


def _restored(event: secrets.SecretsRestored) -> str:
    kept_out = f", {len(event.kept_out)} kept out" if event.kept_out else ""
    return f"restore secrets({event.environment}): as of #{event.to_position}{kept_out}"


def _deploy(event: deployments.DeploymentEvent) -> str:
    state, host = f"{event.environment}@{event.revision}", event.host
    match event:
        case deployments.DeploymentStarted() if not event.revision:
            what = f"remove from {host}"
        case deployments.DeploymentHealthy() if not event.revision:
            what = f"removed from {host}"
        case deployments.DeploymentStarted():
            what = f"{state} -> {host}"
        case deployments.DeploymentStepDone():
            what = f"{event.step} done on {host}"
        case deployments.DeploymentHealthy():
            what = f"{state} serves on {host}"
        case deployments.DeploymentFailed():
            what = f"failed at {event.step} on {host}"
        case deployments.DeploymentReverted():
            what = f"{host} is back at what it had ({event.cause})"
    return f"deploy({event.environment}): {what}"


def _version(what: str, event: secrets.SecretPurged | secrets.SecretCompromised) -> str:
    return f"{what}({event.environment}): {event.key} version {event.version}"


_FORMAT_1: Final[dict[str, Callable[[Any], str]]] = {
    config.OrganizationCreated.TOPIC: lambda event: f"create(org): {event.name}",
    config.ManifestEdited.TOPIC: lambda event: _edit(
        "manifest", event.changes, f"manifest@{event.revision}"
    ),
    config.ProfileEdited.TOPIC: lambda event: _edit(
        f"profile {event.environment}", event.changes, f"profile@{event.revision}"
    ),
    config.SignerAdded.TOPIC: lambda event: f"add signer: {event.signer}",
    config.SignerRemoved.TOPIC: lambda event: f"remove signer: {event.signer}",
    config.ScanExceptionAdded.TOPIC: lambda event: f"scan exception({event.file}): {event.key}",
    config.EnvironmentCreated.TOPIC: _created,
    config.EnvironmentEdited.TOPIC: _edited,
    config.EnvironmentPromoted.TOPIC: _promoted,
    config.EnvironmentRolledBack.TOPIC: _rolled_back,
    config.EnvironmentImported.TOPIC: _imported,
    secrets.RecipientAdded.TOPIC: lambda event: f"add recipient({event.environment}): {event.name}",
    secrets.RecipientRemoved.TOPIC: lambda event: (
        f"remove recipient({event.environment}): {event.name}"
    ),
    secrets.SecretSet.TOPIC: _set,
    secrets.SecretRemoved.TOPIC: lambda event: f"remove secret({event.environment}): {event.key}",
    secrets.SecretsReEncrypted.TOPIC: lambda event: f"reseal{_re_encrypted(event)}",
    secrets.SecretsRestored.TOPIC: _restored,
    secrets.SecretCompromised.TOPIC: lambda event: _version("compromised secret", event),
    secrets.SecretPurged.TOPIC: lambda event: _version("purge secret", event),
    **{cls.TOPIC: _deploy for cls in deployments.DEPLOYMENT_EVENTS},
}

_TODAY: Final = _FORMAT_1 | {
    config.EnvironmentRolledBack.TOPIC: _rollback,
    secrets.SecretsReEncrypted.TOPIC: lambda event: f"re-encrypt{_re_encrypted(event)}",
}

"""One line that says what an event did, for people: in `history`, and as the mirror's subjects.

`summary` is in today's words. A subject is part of a commit and so of its id: its wording follows
the format of the commit, and that of a format is never changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tetra_es.errors import TetraEsError
from tetra_es.events import config, deployments, secrets
from tetra_es.events.base import changes_of
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sized

    from tetra_es.events.base import Event, KeyChange

WIDTH: Final = 72
"""Characters of a summary that fit beside a commit id on a terminal; names may go beyond."""


class Happened:
    """An event as far as its summary needs it: in memory, or as it is stored."""

    def __init__(
        self, topic: str, fields: Mapping[str, Any], changes: list[KeyChange] | None
    ) -> None:
        self.topic = topic
        self.fields = fields
        self.changes = changes
        """By key; None where they were purged."""

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]


def summary(event: Event) -> str:
    """Return what `event` did, on one line, such as `promote(dev): local@12 -> dev@7`.

    Raises `TetraEsError` when the event is of a format that this version does not know.
    """
    number = event.metadata.get("format", "")
    if number not in ("1", "2"):
        raise unknown_format(number)
    return summary_2(_happened(event))


def summary_of_known(event: Event, purged: Container[str]) -> str:
    """Return the summary of an event of which some bodies were purged, such as `changes`."""
    if "changes" in purged:
        return summary_2(Happened(event.TOPIC, vars(event), None))
    return summary(event)


def unknown_format(number: str) -> TetraEsError:
    """Return the error for an event that a newer version recorded."""
    return TetraEsError(
        f"an event is of the unknown format {one_line(number)!r}",
        hint="it was written by a newer tetra-es: upgrade this one",
    )


def summary_1(event: Event) -> str:
    """Return the summary as format 1 words it."""
    return _worded(_happened(event), _FORMAT_1)


def summary_2(event: Happened) -> str:
    """Return the summary of a valid event as format 2 words it."""
    return _worded(event, _FORMAT_2)


def summary_of_void(topic: str) -> str:
    """Return the summary of an event that changed nothing, whatever its topic says."""
    line = one_line(f"void: {topic}")
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"


def _happened(event: Event) -> Happened:
    return Happened(event.TOPIC, vars(event), changes_of(event))


def _state(event: Happened) -> str:
    return f"{event['environment']}@{event['revision']}"


def _edited(event: Happened) -> str:
    return _edit(event, event["environment"], _state(event))


def _promoted(event: Happened) -> str:
    via = "" if event["via"] == SOURCE_OF_TRUTH else f" via {event['via']}"
    source = f"{SOURCE_OF_TRUTH}@{event['source_revision']}{via}"
    return f"promote({event['environment']}): {source} -> {_state(event)}"


def _rollback(event: Happened) -> str:
    name = event["environment"]
    same = f"same as {name}@{event['to_revision']}, #{event['to_position']}"
    if event["paths"] is not None:
        paths = event["paths"]
        what = one_line(paths[0]) if len(paths) == 1 else _count(paths, "key")
        same = f"{what} as in {name}@{event['to_revision']}, #{event['to_position']}"
    return f"rollback({name}): {name}@{event['revision'] - 1} -> {_state(event)} ({same})"


def _imported(event: Happened) -> str:
    head, tail = f"import({event['environment']}): ", f" -> {_state(event)}"
    origin = one_line(event["origin"])
    room = max(WIDTH - len(head) - len(tail), WIDTH // 3)
    return head + (origin if len(origin) <= room else origin[: room - 1] + "…") + tail


def _edit(event: Happened, what: str, result: str) -> str:
    if (restores := event.fields.get("restores")) is not None:
        name = result.partition("@")[0]
        same = f"same as {name}@{restores}"
        return f"rollback({what}): {name}@{event['revision'] - 1} -> {result} ({same})"
    undoes, changes = event.fields.get("undoes"), event.changes
    did = "edit" if undoes is None else f"undo #{undoes}"
    head, tail = f"{did}({what}): ", f" -> {result}"
    if changes is None:
        return f"{head}purged{tail}"
    if not changes:
        return f"{head}comments or layout{tail}"
    more = f" (+{len(changes) - 1} more)" if len(changes) > 1 else ""
    line = f"{head}{one_line(str(changes[0][0]))}{more}{tail}"
    if len(line) <= WIDTH:
        return line
    # Half a key would be the name of another one.
    return f"{head}{len(changes)} key{'s' if more else ''}{tail}"


def _signer_added(event: Happened) -> str:
    line = f"add signer: {event['signer']}"
    limits = event.fields.get("may")
    if limits is None:
        return line
    limited = f"{line} ({', '.join(limits)})"
    return limited if limits and len(limited) <= WIDTH else f"{line} ({_count(limits, 'limit')})"


def _re_encrypted(event: Happened) -> str:
    what, whom = _count(event["secrets"], "secret"), _count(event["recipients"], "recipient")
    return f"({event['environment']}): {what} for {whom}"


def _count(things: Sized, one: str, more: str = "") -> str:
    return f"{len(things)} {one if len(things) == 1 else more or one + 's'}"


def _restored(event: Happened) -> str:
    kept_out = f", {len(event['kept_out'])} kept out" if event["kept_out"] else ""
    return f"restore secrets({event['environment']}): as of #{event['to_position']}{kept_out}"


def _started(event: Happened) -> str:
    what = _state(event) + " ->" if event["revision"] else "remove from"
    return f"deploy({event['environment']}): {what} {event['host']}"


def _healthy(event: Happened) -> str:
    what = f"{_state(event)} serves on" if event["revision"] else "removed from"
    return f"deploy({event['environment']}): {what} {event['host']}"


def _operation(event: Happened) -> str:
    services = f"{', '.join(event['services'])} on " if event["services"] else ""
    return f"{_OPERATIONS[event.topic]}({event['environment']}): {services}{event['host']}"


def _worded(event: Happened, words: Mapping[str, str | Callable[[Happened], str]]) -> str:
    wording = words[event.topic]
    found = wording.format_map(event.fields) if isinstance(wording, str) else wording(event)
    return one_line(found)


_OPERATIONS: Final = {
    deployments.HostStarted.TOPIC: "start",
    deployments.HostStopped.TOPIC: "stop",
    deployments.HostRestarted.TOPIC: "restart",
    deployments.HostEnabled.TOPIC: "enable",
    deployments.HostDisabled.TOPIC: "disable",
    deployments.HostUninstalled.TOPIC: "uninstall",
    deployments.HostForgotten.TOPIC: "forget",
}
_FORMAT_1: Final[Mapping[str, str | Callable[[Happened], str]]] = {
    config.OrganizationCreated.TOPIC: "create(org): {name}",
    config.ManifestEdited.TOPIC: lambda event: _edit(
        event, "manifest", f"manifest@{event['revision']}"
    ),
    config.ProfileEdited.TOPIC: lambda event: _edit(
        event, f"profile {event['environment']}", f"profile@{event['revision']}"
    ),
    config.SignerAdded.TOPIC: "add signer: {signer}",
    config.SignerRemoved.TOPIC: "remove signer: {signer}",
    config.ScanExceptionAdded.TOPIC: "scan exception({file}): {key}",
    config.EnvironmentCreated.TOPIC: "create({environment}): {environment}@{revision}",
    config.EnvironmentEdited.TOPIC: _edited,
    config.EnvironmentPromoted.TOPIC: _promoted,
    config.EnvironmentRolledBack.TOPIC: (
        "roll back({environment}): {environment}@{to_revision} (#{to_position}) -> "
        "{environment}@{revision}"
    ),
    config.EnvironmentImported.TOPIC: _imported,
    secrets.RecipientAdded.TOPIC: "add recipient({environment}): {name}",
    secrets.RecipientRemoved.TOPIC: "remove recipient({environment}): {name}",
    secrets.SecretSet.TOPIC: "set secret({environment}): {key} version {version}",
    secrets.SecretRemoved.TOPIC: "remove secret({environment}): {key}",
    secrets.SecretsReEncrypted.TOPIC: lambda event: f"reseal{_re_encrypted(event)}",
    secrets.SecretsRestored.TOPIC: _restored,
    secrets.SecretCompromised.TOPIC: "compromised secret({environment}): {key} version {version}",
    secrets.SecretPurged.TOPIC: "purge secret({environment}): {key} version {version}",
    deployments.DeploymentStarted.TOPIC: _started,
    deployments.DeploymentStepDone.TOPIC: "deploy({environment}): {step} done on {host}",
    deployments.DeploymentHealthy.TOPIC: _healthy,
    deployments.DeploymentFailed.TOPIC: "deploy({environment}): failed at {step} on {host}",
    deployments.DeploymentReverted.TOPIC: (
        "deploy({environment}): {host} is back at what it had ({cause})"
    ),
}

_FORMAT_2: Final = {
    **_FORMAT_1,
    config.SignerAdded.TOPIC: _signer_added,
    config.EnvironmentRolledBack.TOPIC: _rollback,
    secrets.SecretsReEncrypted.TOPIC: lambda event: f"re-encrypt{_re_encrypted(event)}",
    "organization.upgraded": "upgrade(org): rules {floor}",
    "log.moved": "move(log): {address}",
    "bodies.purged": lambda event: f"purge(org): {_count(event['digests'], 'body', 'bodies')}",
    **dict.fromkeys(_OPERATIONS, _operation),
}

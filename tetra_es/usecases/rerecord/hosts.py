"""What happened on servers: it is recorded as observed, and not decided again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from tetra_es.events.config import EnvironmentState
from tetra_es.log.replica import valid_events
from tetra_es.usecases.happened.happened import OPERATIONS
from tetra_es.usecases.rerecord.fields import mapped
from tetra_es.usecases.rerecord.left import Left

if TYPE_CHECKING:
    from tetra_es.events.deployments import DeploymentEvent, HostEvent
    from tetra_es.usecases.rerecord.deciding import Deciding
    from tetra_es.usecases.rerecord.tail import Past


def _started(how: Deciding, past: Past) -> None:
    """Record that a deployment began, of the state there that is what was deployed."""
    event: Any = past.event
    fields = mapped(event.TOPIC, vars(event), how.tail.places)
    revision, position = _deployed(how, event.environment, how.tail.text_of(event.of_position))
    how.work.host(event.environment, event.host).start(
        event.deployment,
        how.work.context(),
        revision=revision,
        of_position=position,
        runner=fields["runner"],
        secrets=fields["secrets"],
        files=fields["files"],
        code=fields.get("code"),
        machine=fields.get("machine"),
        observed=True,
    )


def _deployed(how: Deciding, environment: str, digest: str | None) -> tuple[int, int]:
    """Return revision and position of the state there that has a text; zeros for none at all."""
    if digest is None:
        return 0, 0
    work = how.work
    stream = work.environment(environment).id
    for record, state in valid_events(work.log, work.log.of_stream(stream, descending=True)):
        if isinstance(state, EnvironmentState) and state.digest == digest:
            return state.revision, record.position
    raise Left(f"no state of {environment} there is the one that was deployed: deploy it again")


def _went_on(how: Deciding, past: Past) -> None:
    """Record how a deployment went on, unless somebody else has told it."""
    event = cast("DeploymentEvent", past.event)
    host = how.work.host(event.environment, event.host)
    if host.open is None or host.open.id != event.deployment:
        if host.serving and host.serving.id == event.deployment:
            return
        raise Left(f"no such deployment to {event.host} is under way there")
    context, more = how.work.context(), cast("Any", event)
    match event.TOPIC:
        case "deployment.step_done":
            host.done(more.step, context, observed=True)
        case "deployment.healthy":
            host.healthy(context, observed=True)
        case "deployment.failed":
            host.failed(more.step, more.cause, context, switched=bool(more.switched), observed=True)
        case _:
            host.reverted(more.cause, context, observed=True)


def _operated(how: Deciding, past: Past) -> None:
    event = cast("HostEvent", past.event)
    cls = OPERATIONS[event.TOPIC.removeprefix("host.")]
    host = how.work.host(event.environment, event.host)
    host.operated(cls, how.work.context(), event.services)


HANDLERS: Final = {
    "deployment.started": _started,
    **dict.fromkeys(
        (
            "deployment.step_done",
            "deployment.healthy",
            "deployment.failed",
            "deployment.reverted",
        ),
        _went_on,
    ),
    **{f"host.{word}": _operated for word in OPERATIONS},
}

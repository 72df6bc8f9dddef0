"""The events of deployments, and of operations on hosts."""

from __future__ import annotations

from typing import Final

from tetra_es.events.form import types as t
from tetra_es.events.form.topic import ENVIRONMENT, HOST_STREAM, Field, Topic

_DEPLOYMENT = (
    ENVIRONMENT,
    Field("host", t.NAME, "the destination that OpenSSH was given, or `localhost`"),
    Field("deployment", t.DEPLOYMENT, "which deployment"),
    Field("revision", t.REVISION_OR_NONE, "of the environment; 0 where everything is removed"),
    Field(
        "observed",
        t.FLAG,
        "whether a server's journal was read afterwards, by somebody who did not deploy",
        unused=False,
        since=2,
    ),
)
_STEP = Field("step", t.TEXT, "`stage`, `arm`, `switch`, `restart` and so on")
_OPERATION = (
    ENVIRONMENT,
    Field("host", t.NAME, "as in deployments"),
    Field("services", t.list_of(t.NAME), "which services; none for all"),
)

DEPLOYMENTS: Final = (
    Topic(
        "deployment.started",
        HOST_STREAM,
        "deploy:{environment}",
        "A deployment holds the lock of the server and begins.",
        (
            *_DEPLOYMENT,
            Field(
                "of_position",
                t.POSITION_OR_NONE,
                "the event whose TOML is deployed; 0 where everything is removed",
            ),
            Field("runner", t.one_of("tsm", "direct"), "what starts the services"),
            Field("secrets", t.list_of(t.USED), "the secrets that the services get"),
            Field(
                "files", t.list_of(t.OUTSIDE), "path and digest of the files that the server gets"
            ),
            Field(
                "code",
                t.or_null(t.object_of(commit=t.COMMIT, dirty=t.FLAG)),
                "the application's code there, `git rev-parse HEAD`, and whether it was changed",
                unused=None,
                since=2,
            ),
            Field("machine", t.or_null(t.NAME), "the server's machine id", unused=None, since=2),
        ),
        version=2,
    ),
    Topic(
        "deployment.step_done",
        HOST_STREAM,
        "deploy:{environment}",
        "A step of a deployment is done.",
        (*_DEPLOYMENT, _STEP),
        version=2,
    ),
    Topic(
        "deployment.healthy",
        HOST_STREAM,
        "deploy:{environment}",
        "The services answered as they should.",
        _DEPLOYMENT,
        version=2,
    ),
    Topic(
        "deployment.failed",
        HOST_STREAM,
        "deploy:{environment}",
        "A step failed.",
        (
            *_DEPLOYMENT,
            _STEP,
            Field("cause", t.TEXT, "one line, without anything that a service printed"),
            Field("switched", t.NUMBER, "1 when the server had begun to change, else 0"),
        ),
        version=2,
    ),
    Topic(
        "deployment.reverted",
        HOST_STREAM,
        "deploy:{environment}",
        "The server has its previous state again.",
        (
            *_DEPLOYMENT,
            Field(
                "cause",
                t.TEXT,
                "`request`, `disconnected`, `deadline` or `boot`; then units that did not start",
            ),
        ),
        version=2,
    ),
    *(
        Topic(
            f"host.{word}",
            HOST_STREAM,
            "deploy:{environment}",
            meaning,
            _OPERATION,
            later=True,
            since=2,
        )
        for word, meaning in (
            ("started", "Services were started by hand."),
            ("stopped", "Services were stopped by hand."),
            ("restarted", "Services were restarted by hand."),
            ("enabled", "Services start at boot again."),
            ("disabled", "Services no longer start at boot."),
            ("uninstalled", "The deployed services were removed from the server."),
            ("forgotten", "The server is not one of the environment's any more."),
        )
    ),
)

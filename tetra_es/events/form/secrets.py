"""The events of secrets, and of what is destroyed."""

from __future__ import annotations

from typing import Final

from tetra_es.events.form import types as t
from tetra_es.events.form.topic import (
    ENVIRONMENT,
    ORG_STREAM,
    SECRETS_STREAM,
    UNLIMITED,
    Field,
    Topic,
)

_READER = (
    ENVIRONMENT,
    Field("name", t.NAME, "what the recipient is called here"),
    Field("recipient", t.RECIPIENT, "the recipient"),
    Field("recipients", t.map_of(t.NAME, t.RECIPIENT), "all that there are then"),
)
_NAMED_BY = Field(
    "named_by",
    t.list_of(t.object_of(position=t.POSITION, verdict=t.one_of("valid", "void"))),
    "every event that names one of the digests, and what the gate said of it",
)
_SECRET = (
    ENVIRONMENT,
    Field("key", t.KEY, "which secret"),
    Field("version", t.VERSION, "which of its values"),
)
_RECIPIENTS = Field("recipients", t.list_of(t.RECIPIENT), "whom the age files are encrypted for")
_ALL_SECRETS = Field("secrets", t.list_of(t.ENCRYPTED), "all that the environment has then")

SECRETS: Final = (
    Topic(
        "recipient.added",
        SECRETS_STREAM,
        "recipient:{environment}",
        "From now on, secrets are encrypted for this recipient too.",
        _READER,
    ),
    Topic(
        "recipient.removed",
        SECRETS_STREAM,
        "recipient:{environment}",
        "From now on, secrets are no longer encrypted for this recipient.",
        _READER,
    ),
    Topic(
        "secret.set",
        SECRETS_STREAM,
        "secret:{environment}",
        "A secret has a new value.",
        (
            *_SECRET,
            Field("digest", t.CIPHERTEXT_BODY, "its age file"),
            _RECIPIENTS,
            Field(
                "origin",
                t.or_null(t.object_of(environment=t.ENVIRONMENT, key=t.KEY, version=t.VERSION)),
                "the value that this is a copy of",
                unused=None,
                since=3,
            ),
            Field(
                "restores",
                t.or_null(t.VERSION),
                "the version whose value came back",
                unused=None,
                since=3,
            ),
        ),
        version=2,
    ),
    Topic(
        "secret.removed",
        SECRETS_STREAM,
        "secret:{environment}",
        "The environment no longer has this secret.",
        _SECRET,
    ),
    Topic(
        "secrets.resealed",
        SECRETS_STREAM,
        "secret:{environment}",
        "The present values were encrypted again, for other recipients.",
        (ENVIRONMENT, _ALL_SECRETS, _RECIPIENTS),
    ),
    Topic(
        "secrets.restored",
        SECRETS_STREAM,
        "secret:{environment}",
        "A rollback gave the environment the secrets of an earlier position again.",
        (
            ENVIRONMENT,
            Field("to_position", t.POSITION, "whose secrets came back"),
            _ALL_SECRETS,
            Field("removed", t.list_of(t.KEY), "what it had and has no longer"),
            _RECIPIENTS,
            Field("kept_out", t.list_of(t.USED), "compromised or purged: these did not come back"),
        ),
    ),
    Topic(
        "secret.compromised",
        SECRETS_STREAM,
        "secret:{environment}",
        "A version is known to others: it is never brought back.",
        _SECRET,
    ),
    Topic(
        "secret.purged",
        SECRETS_STREAM,
        UNLIMITED,
        "The age files of a version were destroyed.",
        (
            *_SECRET,
            Field("digests", t.list_of(t.DIGEST), "the age files that it had"),
            _NAMED_BY,
        ),
        version=2,
    ),
    Topic(
        "bodies.purged",
        ORG_STREAM,
        UNLIMITED,
        "Texts and changes that held a secret were destroyed; the events stay.",
        (
            Field("digests", t.list_of(t.DIGEST), "the bodies, of any kind"),
            _NAMED_BY,
        ),
    ),
)

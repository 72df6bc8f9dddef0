"""The events of moving the log, change requests, holds and bypasses, for later rule sets."""

from __future__ import annotations

from typing import Final

from tetra_es.events.form import types as t
from tetra_es.events.form.topic import (
    ANY,
    CHANGE_STREAM,
    ENV_STREAM,
    ENVIRONMENT,
    ORG_STREAM,
    UNLIMITED,
    Field,
    Topic,
)

_SCOPE = Field("scope", t.NAME, "the environment that it is about, or `organization`")
_REQUEST = (
    Field("change", t.CHANGE, "which change request"),
    _SCOPE,
)
_PLAN = (*_REQUEST, Field("plan", t.DIGEST, "the plan that is meant"))
_VERDICT = (
    *_PLAN,
    Field("comment", t.TEXT, "why, in the person's words"),
    Field("tag", t.or_null(t.TEXT), "the signed git tag that says so, if that is where it is from"),
)

SHARING: Final = (
    Topic(
        "log.moved",
        ORG_STREAM,
        UNLIMITED,
        "The log goes on elsewhere: this is the last event here.",
        (
            Field("address", t.NAME, "the address where it goes on, without passwords"),
            Field("before", t.or_null(t.NAME), "the address that it had; null for a local one"),
        ),
        later=True,
        since=3,
    ),
    Topic(
        "change.proposed",
        CHANGE_STREAM,
        ANY,
        "A change is proposed.",
        (
            *_REQUEST,
            Field("plan", t.PLAN_BODY, "what is to be done"),
            Field("ticket", t.or_null(t.TEXT), "where it is discussed"),
        ),
        later=True,
    ),
    Topic(
        "change.approved",
        CHANGE_STREAM,
        "approve:{scope}",
        "Somebody approves of exactly this plan.",
        _VERDICT,
        later=True,
    ),
    Topic(
        "change.rejected",
        CHANGE_STREAM,
        "approve:{scope}",
        "Somebody rejects this plan.",
        _VERDICT,
        later=True,
    ),
    Topic(
        "change.unapproved",
        CHANGE_STREAM,
        "approve:{scope}",
        "Somebody takes an approval back.",
        _PLAN,
        later=True,
    ),
    Topic("change.withdrawn", CHANGE_STREAM, ANY, "Its author withdraws it.", _PLAN, later=True),
    Topic(
        "change.superseded",
        CHANGE_STREAM,
        ANY,
        "Another change request takes its place.",
        (*_PLAN, Field("by", t.CHANGE, "the other one")),
        later=True,
    ),
    Topic(
        "hold.set",
        ENV_STREAM,
        "rollback:{environment}",
        "Promoting a source revision here or onwards is refused until the hold is released.",
        (
            ENVIRONMENT,
            Field("source_revision", t.REVISION, "the revision of `local` that is held"),
            Field("of_position", t.POSITION, "the bad event"),
        ),
        later=True,
    ),
    Topic(
        "hold.released",
        ENV_STREAM,
        "approve:{environment}",
        "The hold no longer counts.",
        (ENVIRONMENT, Field("hold", t.POSITION, "the event that set it")),
        later=True,
    ),
    Topic(
        "policy.bypassed",
        ORG_STREAM,
        UNLIMITED,
        "A rule of the policy was broken on purpose, by the other events of the batch.",
        (
            _SCOPE,
            Field("rule", t.TEXT, "the rule, as the manifest names it"),
        ),
        later=True,
    ),
    Topic(
        "policy.reviewed",
        ORG_STREAM,
        "approve:{scope}",
        "A bypass, or a rollback without approval, was reviewed afterwards.",
        (
            _SCOPE,
            Field("of_position", t.POSITION, "the event that was reviewed"),
            Field("comment", t.TEXT, "what the review found"),
        ),
        later=True,
    ),
)

"""The events of the organization and its environments."""

from __future__ import annotations

from typing import Final

from tetra_es.events.form import types as t
from tetra_es.events.form.topic import (
    ENV_STREAM,
    ENVIRONMENT,
    ORG_STREAM,
    SOURCE,
    UNLIMITED,
    Field,
    Topic,
)

_TEXT = Field("text", t.TEXT_BODY, "the whole resulting TOML")
_CHANGES = Field("changes", t.CHANGES_BODY, "against the text before, by key")
_REVISION = Field("revision", t.REVISION, "its number, one more than the one before")
_UNDOES = Field(
    "undoes", t.or_null(t.POSITION), "the event whose changes this one takes back", None, since=3
)
_RESTORES = Field(
    "restores", t.or_null(t.REVISION), "the revision whose text this one brings back", None, since=3
)
_SIGNER = Field("signer", t.SIGNER, "name of the signer")
_PUBLIC_KEY = Field("key", t.PUBLIC_KEY, "the signer's key")
_STATE = (ENVIRONMENT, _REVISION, _TEXT, _CHANGES)

CONFIG: Final = (
    Topic(
        "organization.created",
        ORG_STREAM,
        UNLIMITED,
        "The organization exists, with its manifest and its founder, who signs it.",
        (
            Field("name", t.ORG, "the organization's name"),
            _TEXT,
            _CHANGES,
            Field("signer", t.SIGNER, "name of the founder"),
            Field("key", t.PUBLIC_KEY, "the founder's key"),
        ),
        version=2,
    ),
    Topic(
        "organization.upgraded",
        ORG_STREAM,
        UNLIMITED,
        "From the next event on, events of lower rules, and of older forms, are void.",
        (Field("floor", t.COUNT, "number of the rule set that is the least from now on"),),
    ),
    Topic(
        "manifest.edited",
        ORG_STREAM,
        UNLIMITED,
        "`manifest.toml` was changed.",
        (_REVISION, _TEXT, _CHANGES, _UNDOES, _RESTORES),
        version=2,
    ),
    Topic(
        "profile.edited",
        ORG_STREAM,
        UNLIMITED,
        "The organization's overlay for an environment's profile was changed.",
        (ENVIRONMENT, _REVISION, _TEXT, _CHANGES, _UNDOES, _RESTORES),
        version=2,
    ),
    Topic(
        "signer.added",
        ORG_STREAM,
        UNLIMITED,
        "From the next event on, this key may sign.",
        (
            _SIGNER,
            _PUBLIC_KEY,
            Field("may", t.or_null(t.list_of(t.MAY)), "its limits; null for none"),
        ),
        version=2,
    ),
    Topic(
        "signer.removed",
        ORG_STREAM,
        UNLIMITED,
        "From the next event on, this key no longer signs.",
        (_SIGNER, _PUBLIC_KEY),
    ),
    Topic(
        "scan.exception_added",
        ORG_STREAM,
        UNLIMITED,
        "A value in TOML that looks like a secret is a false positive.",
        (
            Field("file", t.TEXT, "`local`, `manifest` or `profile ENV`"),
            Field("key", t.TEXT, "dotted key whose values pass from now on"),
        ),
    ),
    Topic(
        "environment.created",
        ENV_STREAM,
        "edit:{environment}",
        "The source of truth exists.",
        _STATE,
        version=2,
    ),
    Topic(
        "environment.edited",
        ENV_STREAM,
        "edit:{environment}",
        "The source of truth was changed.",
        (*_STATE, _UNDOES),
        version=2,
    ),
    Topic(
        "environment.promoted",
        ENV_STREAM,
        "promote:{environment}",
        "The environment was generated from a revision of the source of truth.",
        (
            *_STATE,
            SOURCE,
            Field("via", t.ENVIRONMENT, "whose source revision was taken, or `local`"),
            Field("profile", t.NAME, "name of the shipped profile"),
            Field("shipped", t.DIGEST, "of that profile's rules, as canonical JSON"),
            Field("rules", t.RULES_BODY, "the rules that were applied"),
            Field(
                "generator",
                t.object_of(tetra_es=t.NAME, tomlkit=t.NAME),
                "the versions that generated the text",
            ),
        ),
        version=2,
    ),
    Topic(
        "environment.rolled_back",
        ENV_STREAM,
        "rollback:{environment}",
        "The environment was given an earlier state again, or some keys of one.",
        (
            *_STATE,
            Field("to_revision", t.REVISION, "revision whose state came back"),
            Field("to_position", t.POSITION, "the event that made it"),
            Field("source_revision", t.or_null(t.REVISION), "of the state that came back, if any"),
            Field(
                "paths",
                t.or_null(t.list_of(t.TEXT)),
                "dotted keys, the values below which came back; null for the whole text",
                unused=None,
                since=3,
            ),
        ),
        version=2,
    ),
    Topic(
        "environment.imported",
        ENV_STREAM,
        UNLIMITED,
        "A state from before tetra-es, with the time it had there.",
        (
            *_STATE,
            Field("origin", t.TEXT, "name of the file that it came from"),
            Field("kind", t.one_of("backup", "pre_rollback", "current"), "which kind of file"),
        ),
        version=2,
    ),
)

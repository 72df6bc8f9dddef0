"""What a topic and a field of an event are, and what the tables of topics share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tetra_es.events.form import types as t

if TYPE_CHECKING:
    from tetra_es.events.form.types import Type


class Field:
    """A member of an event's state."""

    def __init__(
        self,
        name: str,
        type_: Type,
        meaning: str,
        unused: object = ...,
        since: int | None = None,
    ) -> None:
        self.name = name
        self.type = type_
        self.meaning = meaning
        self.unused = unused
        """The value that it has until a later rule set uses it; `...` where rules 1 use it."""
        self.since = since
        """The number of that rule set, None while there is none."""

    def is_used(self, rules: int) -> bool:
        """Return whether a rule set lets it have other values than `unused`."""
        return self.unused is ... or (self.since is not None and self.since <= rules)


class Topic:
    """A kind of event."""

    def __init__(
        self,
        name: str,
        stream: str,
        may: str | None,
        meaning: str,
        fields: tuple[Field, ...] = (),
        *,
        version: int = 1,
        later: bool = False,
        since: int | None = None,
    ) -> None:
        self.name = name
        self.stream = stream
        """The stream, with fields in braces."""
        self.may = may
        """The limit that lets a signer record it, with fields in braces; None for signers without
        limits alone, `any` for every signer."""
        self.meaning = meaning
        self.fields = fields
        self.version = version
        """`class_version`: 2 where the first edition had other fields."""
        self.later = later
        """Whether rules 1 know it and make it void: a later rule set lets it be recorded."""
        self.since = since
        """The number of that rule set, None while there is none."""

    def is_used(self, rules: int) -> bool:
        """Return whether a rule set lets it be recorded."""
        return not self.later or (self.since is not None and self.since <= rules)


ORG_STREAM: Final = "org"
ENV_STREAM: Final = "env:{environment}"
SECRETS_STREAM: Final = "secrets:{environment}"
HOST_STREAM: Final = "deployments:{environment}@{host}"
CHANGE_STREAM: Final = "change:{change}"

UNLIMITED: Final = None
ANY: Final = "any"

ENVIRONMENT = Field("environment", t.ENVIRONMENT, "which environment")
SOURCE = Field("source_revision", t.REVISION, "revision of `local` that it was made from")

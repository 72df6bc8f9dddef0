"""An environment: the source of truth, or one that is generated from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from tetra_es.errors import Refused
from tetra_es.events.config import (
    ENVIRONMENT_STREAM,
    EnvironmentCreated,
    EnvironmentEdited,
    EnvironmentImported,
    EnvironmentPromoted,
    EnvironmentRolledBack,
    EnvironmentState,
    source_revision_of,
)
from tetra_es.layout import environment_file
from tetra_es.model.aggregate import Aggregate
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.written import changes_as_written

if TYPE_CHECKING:
    from tetra_es.events.base import Event, KeyChange
    from tetra_es.events.metadata import Context


def environment_stream(name: str) -> str:
    """Return the stream of the environment `name`."""
    return ENVIRONMENT_STREAM + name


class _NextState(TypedDict):
    """The fields that events with a new state have in common."""

    environment: str
    revision: int
    text: str
    digest: str
    changes: list[KeyChange]


class Environment(Aggregate):
    """One environment's states. Revision n is its nth state; revision 0 is none at all."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.name = stream.removeprefix(ENVIRONMENT_STREAM)
        self.revision = 0
        self.text = ""
        """The present state's TOML."""
        self.digest = ""
        self.source_revision: int | None = None
        """Revision of the source of truth that the present state was generated from."""
        self.promoted_from: set[int] = set()
        """Every source revision that was ever promoted to this environment."""
        self.origins: dict[int, int] = {}
        """For revisions made by a rollback, the revision whose state they have."""
        self._document: ConfigDocument | None = None

    @property
    def is_source(self) -> bool:
        """Whether the others are generated from this one."""
        return self.name == SOURCE_OF_TRUTH

    @property
    def document(self) -> ConfigDocument:
        """The present state's TOML, which is empty at revision 0."""
        if self._document is None or self._document.text != self.text:
            self._document = ConfigDocument(environment_file(self.name), self.text)
        return self._document

    @property
    def state(self) -> ConfigDocument | None:
        """The same, None at revision 0."""
        return self.document if self.revision else None

    def create(self, document: ConfigDocument, context: Context) -> EnvironmentCreated:
        """Give the source of truth its first state."""
        if self.revision:
            raise Refused(f"{self.name} exists already")
        return self._decide(EnvironmentCreated, context, **self._next(document))

    def edit(
        self, document: ConfigDocument, context: Context, *, undoes: int | None = None
    ) -> EnvironmentEdited | None:
        """Record a changed source of truth, None when nothing changed.

        `undoes` is the position of the event whose changes are taken back, if that is the change.
        """
        if not self.is_source:
            raise Refused(
                f"{self.name} is generated and cannot be edited",
                hint=f"edit {SOURCE_OF_TRUTH} or the profile of {self.name}, then promote",
            )
        if document.text == self.text:
            return None
        return self._decide(EnvironmentEdited, context, **self._next(document), undoes=undoes)

    def check_promotable(self) -> None:
        """Raise `Refused` for the source of truth: nothing is promoted to it."""
        if self.is_source:
            raise Refused(
                f"{self.name} is the source of truth: nothing is promoted to it",
                hint=f"promote {self.name} to another environment",
            )

    def promote(
        self,
        document: ConfigDocument,
        context: Context,
        *,
        source_revision: int,
        via: str,
        profile: str,
        shipped: str,
        rules: str,
        generator: dict[str, str],
    ) -> EnvironmentPromoted | None:
        """Record what was generated from a source revision, None when nothing changed."""
        self.check_promotable()
        if document.text == self.text:
            return None
        return self._decide(
            EnvironmentPromoted,
            context,
            **self._next(document),
            source_revision=source_revision,
            via=via,
            profile=profile,
            shipped=shipped,
            rules=rules,
            generator=generator,
        )

    def roll_back(
        self, target: EnvironmentState, position: int, context: Context
    ) -> EnvironmentRolledBack:
        """Record that the state of `target`, the event at `position`, comes back."""
        if target.originator_id != self.id:
            raise Refused(
                f"#{position} is a state of {target.environment}, not of {self.name}",
                hint=f"`tetra-es history {self.name}` lists the states of {self.name}",
            )
        if target.digest == self.digest:
            raise Refused(
                f"{self.name} already has the state of {self.name}@{target.revision} (#{position})",
                hint=f"`tetra-es history {self.name}` lists the others",
            )
        return self._decide(
            EnvironmentRolledBack,
            context,
            **self._next(ConfigDocument(environment_file(self.name), target.text)),
            to_revision=target.revision,
            to_position=position,
            source_revision=source_revision_of(target),
            paths=None,
        )

    def roll_back_keys(
        self,
        document: ConfigDocument,
        target: EnvironmentState,
        position: int,
        context: Context,
        *,
        paths: list[str],
    ) -> EnvironmentRolledBack | None:
        """Record `document`, in which the values at some keys are those of the event at `position`.

        None when nothing changed.
        """
        if document.text == self.text:
            return None
        return self._decide(
            EnvironmentRolledBack,
            context,
            **self._next(document),
            to_revision=target.revision,
            to_position=position,
            source_revision=self.source_revision,
            paths=paths,
        )

    def import_state(
        self,
        document: ConfigDocument,
        context: Context,
        *,
        timestamp: str,
        origin: str,
        kind: str,
    ) -> EnvironmentImported | None:
        """Record a state from before tetra-es, None when it is the present one."""
        if document.text == self.text:
            return None
        return self._decide(
            EnvironmentImported,
            context,
            {"imported": origin, "recorded": context.now},
            timestamp=timestamp,
            **self._next(document),
            origin=origin,
            kind=kind,
        )

    def revision_before(self, revision: int) -> int:
        """Return the revision that a rollback without a target goes to from `revision`, or 0.

        It is the one before the last change. A rollback does not count as a change: it returns to
        an older revision, so the next one goes on from there instead of swinging back.
        """
        return self.origin_of(self.origin_of(revision) - 1)

    def origin_of(self, revision: int) -> int:
        """Return the revision that first had the state of `revision`, seen through rollbacks."""
        return self.origins.get(revision, revision)

    def apply(self, event: Event) -> None:
        """Change the state as `event` says."""
        super().apply(event)
        if isinstance(event, EnvironmentState):
            self.revision = event.revision
            self.text = event.text
            self.digest = event.digest
            self.source_revision = source_revision_of(event)
        if isinstance(event, EnvironmentPromoted):
            self.promoted_from.add(event.source_revision)
        elif isinstance(event, EnvironmentRolledBack) and event.paths is None:
            self.origins[event.revision] = self.origin_of(event.to_revision)

    def snapshot(self) -> dict[str, Any]:
        """Return the state as JSON types."""
        return {
            "revision": self.revision,
            "text": self.text,
            "digest": self.digest,
            "source_revision": self.source_revision,
            "promoted_from": sorted(self.promoted_from),
            "origins": [[revision, origin] for revision, origin in self.origins.items()],
        }

    def restore(self, version: int, state: dict[str, Any]) -> None:
        """Take over a state that `snapshot` returned."""
        self._version = version
        self.revision = state["revision"]
        self.text = state["text"]
        self.digest = state["digest"]
        self.source_revision = state["source_revision"]
        self.promoted_from = set(state["promoted_from"])
        self.origins = dict(state["origins"])

    def _next(self, document: ConfigDocument) -> _NextState:
        changes = changes_as_written(self.state, document)
        self._document = document.called(environment_file(self.name))
        return {
            "environment": self.name,
            "revision": self.revision + 1,
            "text": document.text,
            "digest": document.digest,
            "changes": changes,
        }

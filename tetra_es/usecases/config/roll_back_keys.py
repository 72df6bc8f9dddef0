"""Give some keys of an environment the values of an earlier state again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.errors import Refused
from tetra_es.events.config import EnvironmentState
from tetra_es.layout import environment_file, is_edited
from tetra_es.log.replica import check_not_purged, valid_events
from tetra_es.schema.environment import validate_environment
from tetra_es.schema.near import did_you_mean
from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.edit.bringing_back import bring_back
from tetra_es.toml.keys import format_key, parse_key
from tetra_es.toml.taken_back import is_at, same_keys, with_paths
from tetra_es.usecases.config.roll_back import check_for_servers, state_named
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Sequence

    from tetra_es.model.environment import Environment
    from tetra_es.refs import Ref
    from tetra_es.usecases.config.roll_back import State
    from tetra_es.usecases.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class RollBackKeys(UseCase[None]):
    """Give the keys at some paths, and those below them, the values that they had at `ref`.

    Everything else stays, secrets included. Without a REF, the newest state in which they had other
    values. Raises `Refused` where there is no such state, none of them was there, or they have
    these values already; `ConfigError` where what comes of it is not valid.
    """

    environment: str
    paths: Sequence[str]
    ref: Ref | None = None
    force: bool = False
    deploys: bool = False
    """As of `RollBack`."""

    def depends_on(self) -> Container[str]:
        """Return the source of truth where that is what goes back, to record what it has now."""
        return self.writes() if not self.force else ()

    def writes(self) -> Collection[str]:
        """Return the source of truth where that is what goes back."""
        path = environment_file(self.environment)
        return (path,) if is_edited(path) else ()

    def replaces(self) -> str | None:
        """Return the generated file."""
        path = environment_file(self.environment)
        return path if self.force or not is_edited(path) else None

    def decide(self, work: UnitOfWork) -> None:
        """Decide which keys come back."""
        work.organization().environment_named(self.environment)
        paths = [parse_key(each) for each in self.paths]
        keys = [format_key(each) for each in paths]
        environment = work.environment(self.environment)
        record, event = self._target(work, environment, keys)
        check_not_purged(work.log, record.position, event)
        name, older = environment.name, _document(event)
        _check_there(environment, older, keys, f"{name}@{event.revision} (#{record.position})")
        found = bring_back(environment.document, older, paths, keys)
        if found is None:
            raise Refused(
                f"{name} cannot have {', '.join(keys)} of {name}@{event.revision} beside the rest",
                hint=f"`tetra-es diff {name}@{event.revision} {name}` shows what differs; a table "
                "above takes more of it along",
            )
        validate_environment(found)
        if self.deploys:
            check_for_servers(found, f"what comes of {name}", name)
        environment.roll_back_keys(found, event, record.position, work.context(), paths=keys)

    def _target(self, work: UnitOfWork, environment: Environment, keys: list[str]) -> State:
        if self.ref is not None:
            position = work.refs.position_of(self.ref, self.environment)
            return state_named(work, environment, position)
        records = work.log.of_stream(environment.id, descending=True)
        for record, event in valid_events(work.log, records):
            if isinstance(event, EnvironmentState) and event.text:
                then = with_paths(environment.document.keys, _document(event).keys, keys)
                if not same_keys(then, environment.document.keys):
                    return record, event
        raise Refused(
            f"{environment.name} never had other values at {', '.join(keys)}",
            hint=f"`tetra-es history {environment.name}` lists its states; --to names one",
        )


def _document(event: EnvironmentState) -> ConfigDocument:
    return ConfigDocument(environment_file(event.environment), event.text)


def _check_there(
    environment: Environment, older: ConfigDocument, keys: list[str], name: str
) -> None:
    """Raise `Refused` where a key is neither there nor in the older state, or nothing differs."""
    known = {*environment.document.keys, *older.keys}
    for key in keys:
        if not any(is_at(each, [key]) for each in known):
            raise Refused(
                f"neither {environment.name} nor {name} has the key {key}",
                hint=f"{did_you_mean(key, known)}`tetra-es show {environment.name}` shows the keys",
            )
    present = environment.document.keys
    if same_keys(with_paths(present, older.keys, keys), present):
        raise Refused(
            f"{environment.name} already has {', '.join(keys)} as in {name}",
            hint=f"`tetra-es history {environment.name} --key {keys[0]}` lists its values",
        )

"""What happened on a host: noted when it happens, recorded as one batch, and kept until it is.

A deployment is a claim, which is recorded before its server is touched, and then facts. Nobody
decides those again: where others recorded meanwhile, they follow what is there now.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tetra_es.events import deployments
from tetra_es.events.form.types import NAME, TEXT, TIME
from tetra_es.log.replica import events_in
from tetra_es.model.host import deployments_stream
from tetra_es.names import check_environment

if TYPE_CHECKING:
    from tetra_es.events.metadata import Context
    from tetra_es.model.host import HostState
    from tetra_es.usecases.unit_of_work import UnitOfWork

OPERATIONS: dict[str, type[deployments.HostEvent]] = {
    cls.TOPIC.removeprefix("host."): cls
    for cls in deployments.HOST_EVENTS
    if issubclass(cls, deployments.HostEvent)
}
"""Word to the event of something that was done by hand."""

_STEPS = ("step_done", "healthy", "failed", "reverted")
_LOOKED_AT = 50
"""Newest events of a host among which a batch is looked for that may be recorded already."""


class Fact(NamedTuple):
    """Something that happened."""

    word: str
    """The end of its event's topic, such as `step_done` or `stopped`."""
    time: str
    """RFC 3339, UTC, microseconds."""
    fields: dict[str, Any]


@dataclass
class Happened:
    """What happened to an environment on a host, in order."""

    environment: str
    host: str
    correlation: str
    """That of the command, by which what was recorded already is found again."""
    reason: str = ""
    deployment: str | None = None
    """Which one it is about; None for what was done by hand."""
    facts: list[Fact] = field(default_factory=list)

    def decide(self, work: UnitOfWork) -> None:
        """Have it recorded, unless it is: then, or where another command asked the server how the
        deployment ended, there is nothing to do."""
        host = work.host(self.environment, self.host)
        if self._is_recorded(work, host):
            return
        context = work.context(reason=self.reason)._replace(correlation=self.correlation)
        for fact in self.facts:
            late = context.now if fact.time != context.now else None
            _take(host, fact, context._replace(now=fact.time, recorded=late))

    def _is_recorded(self, work: UnitOfWork, host: HostState) -> bool:
        if self.deployment is not None:
            left = host.open
            if left is None or left.id != self.deployment:
                return True
            # It stays open until the server has told the rest.
            return bool(left.failed) and any(fact.word == "failed" for fact in self.facts)
        stream = deployments_stream(self.environment, self.host)
        wanted = [(f"host.{fact.word}", fact.time) for fact in self.facts]
        newest = events_in(work.log, work.log.of_stream(stream, descending=True))
        for _, event in zip(range(_LOOKED_AT), newest, strict=False):
            same = event.metadata["correlation"] == self.correlation
            if same and (event.TOPIC, event.timestamp) in wanted:
                return True
        return False

    def encoded(self) -> bytes:
        """Return it as a file keeps it."""
        return json.dumps(vars(self), indent=1).encode()

    @classmethod
    def decoded(cls, data: bytes) -> Happened:
        """Return what a file keeps. Raises `ValueError` or the like for anything else."""
        values = json.loads(data)
        values["facts"] = [Fact(*each) for each in values["facts"]]
        found = cls(**values)
        check_environment(found.environment)
        if not all(map(NAME.fits, (found.host, found.correlation))) or not TEXT.fits(found.reason):
            raise ValueError("it names no host, command or reason")
        for fact in found.facts:
            if fact.word not in (*_STEPS, *OPERATIONS):
                raise ValueError(f"unknown word {fact.word!a:.40}")
            if not TIME.fits(fact.time):
                raise ValueError(f"not a time: {fact.time!a:.40}")
        return found


def _take(host: HostState, fact: Fact, context: Context) -> None:
    fields = fact.fields
    match fact.word:
        case "step_done":
            host.done(context=context, **fields)
        case "healthy":
            host.healthy(context, **fields)
        case "failed":
            host.failed(context=context, **fields)
        case "reverted":
            host.reverted(context=context, **fields)
        case word:
            host.operated(OPERATIONS[word], context, **fields)

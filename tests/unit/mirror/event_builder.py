"""Made-up records: what the mirror needs of a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es.events import config
from tetra_es.events.base import Event, state_of
from tetra_es.log import canonical, chain
from tetra_es.log.record import Record

if TYPE_CHECKING:
    from typing import Self

TIME = "2026-11-22T10:05:00.250000Z"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"


class EventBuilder:
    """Records in order, each linked to the one before; signatures are just bytes."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._versions: dict[str, int] = {}

    def add(
        self,
        topic: type[Event],
        stream: str,
        /,
        *,
        position: int | None = None,
        timestamp: str = TIME,
        metadata: dict[str, str] | None = None,
        **fields: Any,
    ) -> Record:
        version = self._versions.get(stream, 0) + 1
        self._versions[stream] = version
        event = topic(
            originator_id=stream,
            originator_version=version,
            timestamp=timestamp,
            metadata={
                "actor": "alice",
                "reason": "",
                "correlation": "c1",
                "tool": "tetra-es/1",
                "format": "1",
                **(metadata or {}),
            },
            **fields,
        )
        state = canonical.encode(state_of(event))
        last = self.records[-1] if self.records else None
        previous = last.hash if last else chain.GENESIS
        number = position or (last.position + 1 if last else 1)
        digest = chain.link(previous, number, stream, version, topic.TOPIC, state)
        signature = b"SSHSIG" + digest * 7
        record = Record(number, stream, version, topic.TOPIC, state, previous, digest, signature)
        self.records.append(record)
        return record

    def create(self) -> Record:
        return self.add(
            config.OrganizationCreated,
            "org",
            name="my-company",
            text='name = "my-company"\n',
            changes=[["name", None, '"my-company"']],
            signer="alice",
            key=KEY,
        )

    def edit(self, number: int, *, reason: str = "", **more: Any) -> Record:
        """Edit `local`, whose text then says `number`."""
        changes = more.pop("changes", [["ports.tetra", str(number - 1), str(number)]])
        return self.add(
            config.EnvironmentEdited,
            "env:local",
            environment="local",
            revision=self._versions.get("env:local", 0) + 1,
            text=more.pop("text", f"[ports]\ntetra = {number}  # é\n"),
            digest="0" * 64,
            changes=changes,
            undoes=more.pop("undoes", None),
            metadata={"reason": reason, **more.pop("metadata", {})},
            **more,
        )

    def edits(self, count: int) -> Self:
        """Add edits, after the organization's creation where there is none yet."""
        if not self.records:
            self.create()
        for number in range(count):
            self.edit(4444 + number)
        return self


class Log:
    """A story as the log of a store has it."""

    def __init__(self, story: EventBuilder) -> None:
        self._story = story

    def records(self) -> list[Record]:
        return self._story.records


class Remembered:
    """What the views know of the mirror's commits."""

    def __init__(self, positions: dict[str, int]) -> None:
        self._positions = positions

    def position_of(self, commit: str) -> int | None:
        return self._positions.get(commit)

    def newest(self) -> tuple[str, int] | None:
        return max(self._positions.items(), key=lambda item: item[1], default=None)

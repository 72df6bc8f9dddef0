"""From the rows of an agent's answer to facts."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tetra_es.events.form.types import COMMIT
from tetra_es.remote import inventory
from tetra_es.remote.codec import answer_bytes, answer_line, answer_text
from tetra_es.remote.facts import (
    UNKNOWN,
    Entry,
    Facts,
    Listener,
    Outcome,
    Owner,
    ServiceHealth,
    Space,
    Taken,
    UnitState,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.events.deployments import Code
    from tetra_es.release.release import Service
    from tetra_es.remote.facts import Deployed
    from tetra_es.remote.session import Answer


_MACHINE_ID = re.compile("[0-9a-f]{32}")
"""What /etc/machine-id has once the system has started; before, it may have other words."""


def facts(answer: Answer) -> Facts:
    """Return what the answer to `inspect` says. Raises `ValueError` when it says something else."""
    version, state, time = next(answer.of("system"))
    return Facts(
        systemd=int(version),
        state=state,
        time=int(time),
        tools=frozenset(row[0] for row in answer.of("tool")),
        users={answer_text(name): number != "-" for name, number in answer.of("user")},
        groups={answer_text(name): number != "-" for name, number in answer.of("group")},
        entries={answer_text(path): _entry(rest) for path, *rest in answer.of("entry")},
        names={answer_text(path): tuple(names) for path, *names in answer.of("names")},
        texts={answer_text(path): answer_bytes(text) for path, text in answer.of("text")},
        spaces={
            answer_text(path): Space(device, int(free) * 1024)
            for path, device, free in answer.of("space")
        },
        listeners=tuple(
            Listener(int(port), int(pid), answer_text(command), answer_text(unit))
            for port, pid, command, unit in answer.of("listener")
        ),
        units={each.name: each for each in units(answer)},
        current=_current(answer),
        deployments=tuple(_outcome(row) for row in answer.of("deployment")),
        owner=owner(answer.rows),
        machine=_machine(answer),
        taken=tuple(
            Taken(kind, answer_text(name), answer_text(other))
            for kind, name, other in answer.of("taken")
        ),
        code=_code(answer),
    )


def _machine(answer: Answer) -> str | None:
    said = next((answer_text(word) for (word,) in answer.of("machine")), "")
    return said if _MACHINE_ID.fullmatch(said) else None


def owner(rows: Sequence[Sequence[str]]) -> Owner | None:
    """Return who holds the lock, if the answer says so."""
    for row in rows:
        match row:
            case ["owner", who, origin, since]:
                return Owner(answer_line(who), answer_line(origin), answer_line(since))
    return None


def outcome(answer: Answer, deployment: str) -> Outcome:
    """Return how far the deployment got."""
    rows = (_outcome(row) for row in answer.of("deployment"))
    down = tuple(
        f"{answer_line(unit)} is {_some(active) or 'not there'} ({_some(result)})"
        for unit, active, result in answer.of("down")
    )
    return replace(next(rows, Outcome(deployment, UNKNOWN)), down=down)


def units(answer: Answer) -> tuple[UnitState, ...]:
    """Return what systemd knows of each unit asked for."""
    return tuple(_unit(row) for row in answer.of("unit"))


def health(answer: Answer, services: Sequence[Service]) -> tuple[ServiceHealth, ...]:
    """Return what each service answered, in the order in which they were asked."""
    return tuple(
        ServiceHealth(service.name, service.unit, service.port, yes == "yes", answer_line(status))
        for service, (_, yes, status) in zip(services, answer.of("health"), strict=True)
    )


def _outcome(row: Sequence[str]) -> Outcome:
    deployment, state, *cause = row
    return Outcome(deployment, state, "".join(cause))


def _unit(row: Sequence[str]) -> UnitState:
    name, load, active, sub, enabled, pid, restarts, result, memory, stale, since, drop_ins = row
    return UnitState(
        answer_text(name),
        load=_some(load),
        active=_some(active),
        sub=_some(sub),
        enabled=_some(enabled),
        pid=int(pid),
        restarts=int(restarts),
        result=_some(result),
        memory=int(memory),
        since=answer_text(since),
        stale=stale == "yes",
        drop_ins=answer_text(drop_ins),
    )


def _code(answer: Answer) -> Code | None:
    for commit, dirty in answer.of("code"):
        return {"commit": commit, "dirty": dirty == "yes"} if COMMIT.fits(commit) else None
    return None


def _entry(row: Sequence[str]) -> Entry:
    match row:
        case ["link", target]:
            return Entry("link", target=answer_text(target))
        case ["folder", mode, owner, group]:
            return Entry("folder", int(mode, 8), answer_text(owner), answer_text(group))
        case ["file", mode, owner, group, size, digest]:
            names = (answer_text(owner), answer_text(group))
            return Entry("file", int(mode, 8), *names, int(size), digest)
        case [kind]:
            return Entry(kind)
        case _:
            raise ValueError(f"not an entry: {row}")


def _current(answer: Answer) -> Deployed | None:
    rows = list(answer.of("current"))
    return inventory.read(rows) if rows else None


def _some(value: str) -> str:
    return "" if value == "-" else value

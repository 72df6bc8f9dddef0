"""Events that a signer made up, of which nothing is lawful but what makes them events."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.cli.test_void import METADATA, TIME
from tetra_es.crypto.ssh.own_key import OwnKey
from tetra_es.events.form.check import FIRST_EDITION
from tetra_es.events.form.table import TOPICS
from tetra_es.log import canonical
from tetra_es.log.linking import Draft, link
from tetra_es.log.sqlite.engine import AppendableSqliteLog

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from tests.conftest import Machine

OLD = {name: value for name, value in METADATA.items() if name not in ("rules", "batch")}
"""The metadata of the first edition."""

DEEP: list[Any] = []
for _ in range(90):
    DEEP = [DEEP]

VALUES: list[Any] = [
    *(None, True, False, 0, 1, 2, -1, 99_999, 2**53 - 1, 0.5, 1e-7, 1e21, 5e-324),
    *("", "x", "dev", "local", "qa", "manifest", "profile dev", "alice", "eve", "A", "ab" * 32),
    *(
        "a\nb",
        "\x00\x1b[31m",
        "\u202e\u2028\x85",
        "<script>",
        "=cmd|''!A1",
        "../../x",
        "%s",
    ),
    *("\U0001f600", "e\u0301", "-" * 300, "not a digest" * 6, "zz" * 32),
    *([], {}, [[]], [None], ["dev"], [1, 1], [0, 1], {"": ""}, {"dev": {"dev": []}}, DEEP),
    *([["A", 1, "ab" * 32]], [["A", None, 5]], [{"position": 1, "verdict": "valid"}], {"a": DEEP}),
    *({"commit": 5, "dirty": "no"}, {"commit": "ab" * 20, "dirty": True}),
]

TIMES: list[Any] = [
    *("9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00.000000Z", "1969-12-31T23:59:59.000000Z"),
    *("2038-01-19T03:14:08.000000Z", "2026-02-28T23:59:59.999999Z", TIME),
]
"""Times that are lawful."""

OLD_TIMES: list[Any] = [
    *TIMES, *VALUES, "yesterday", "2026-11-22", "2026-11-22T10:05:00", "2026-11-22T10:05:00+05:00",
    "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2026-W47-7T10:05:00Z",
    "2026-11-22T10:05:60.000000Z", "20261122T100500,5Z", "9" * 400,
]  # fmt: skip

STREAMS = (
    *("org", "env:dev", "env:local", "env:qa", "secrets:dev", "deployments:dev@web-1", "change:x"),
    *("=odd\n\x00\u202e", "env:", "deployments:dev@a\nb", "env:../x", "x" * 512),
)
MORE = ("recorded", "imported", "caused_by", "clock", "change", "rerecorded_from", "batch", "x\n")
"""Metadata that only some events have, or none."""


class Odd(NamedTuple):
    """An event that somebody makes up."""

    stream: str
    topic: str
    state: dict[str, Any]


def made_up(random: Random) -> Odd:
    """Return an event of any rules that is not valid, or hardly ever."""
    rules = random.choice([FIRST_EDITION, FIRST_EDITION, 1, 2, 3])
    metadata: dict[str, Any] = {**OLD}
    metadata["reason"] = random.choice([one for one in VALUES if isinstance(one, str)])
    if rules:
        metadata |= {"rules": rules, "batch": [1, 1]}
    for name in random.sample(MORE, random.choice([0, 0, 1, 3])):
        if name != "batch":
            metadata[name] = random.choice([*VALUES, *TIMES])
        if not rules:
            metadata[name] = str(random.choice([*VALUES, *TIMES]))
    name = random.choice([*TOPICS, "x.y", "x\n<b>\u202e", "y" * 512])
    state = _fields(name, random) | {"metadata": metadata}
    state["timestamp"] = random.choice(TIMES if rules else OLD_TIMES)
    if not rules and random.random() < 0.3:
        del state["timestamp"]
    known = TOPICS.get(name)
    streams = list(STREAMS)
    if known and "{" not in known.stream:
        streams += [known.stream] * 5
    return Odd(random.choice(streams), name, state)


def _fields(name: str, random: Random) -> dict[str, Any]:
    """Return the fields of a topic, of which some are other ones."""
    known = TOPICS.get(name)
    fields = (
        {field.name: copy.deepcopy(field.type.example) for field in known.fields} if known else {}
    )
    if known and random.random() < 0.7:
        fields["class_version"] = known.version
    names = [*fields, "environment", "revision", "text", "changes", "digests", "extra"]
    for one in random.sample(names, min(len(names), random.choice([1, 2, 4]))):
        fields[one] = copy.deepcopy(random.choice(VALUES))
    return fields


def record(machine: Machine, odd: Sequence[Odd]) -> int:
    """Append events with the key of this machine, by other means; return the first one's number."""
    key = OwnKey(machine.home / ".config/tetra-es/id_ed25519").load()
    with AppendableSqliteLog(machine.store) as log:
        head = log.head()
        drafts, versions = [], dict[str, int]()
        for one in odd:
            before = max((each.version for each in log.of_stream(one.stream)), default=0)
            versions[one.stream] = versions.get(one.stream, before) + 1
            data = canonical.encode(json.loads(json.dumps(one.state)))
            drafts.append(Draft(one.stream, versions[one.stream], one.topic, data))
        for draft in drafts:  # each for itself: `link` signs what it is given
            log.append(log.head(), link(log.head(), [draft], key))
    return head.position + 1

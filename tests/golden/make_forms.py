"""Write the golden files of rules 1 that are missing: `python -m tests.golden.make_forms`.

One file for each topic has an event as it is recorded under rules 1, or, for a topic of later
rules, under rules 2; one more has the fields that only later rules use. Files that are there stay.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tetra_es.events.form.check import bodies_of
from tetra_es.events.form.table import METADATA, MORE_METADATA, TOPICS
from tetra_es.events.form.types import EXAMPLE_BODIES
from tetra_es.log import canonical, chain

if TYPE_CHECKING:
    from tetra_es.events.form.topic import Field, Topic

EXAMPLES: dict[str, object] = {
    "address": "git@git.acme.example:acme/history.git",
    "cause": "deadline",
    "correlation": "5f0c1e9b2a7d4c36",
    "file": "local",
    "format": "2",
    "generator": {"tetra_es": "0.2.0", "tomlkit": "0.13.3"},
    "imported": "dev.toml.backup.20261101",
    "machine": "3f2a91c03f2a91c03f2a91c03f2a91c0",
    "may": ["promote:dev", "deploy:dev"],
    "origin": "dev.toml.backup.20261101",
    "profile": "dev",
    "rule": "review prod",
    "scope": "dev",
    "services": ["tetra"],
    "step": "restart",
    "tag": "object 3f2a91c\ntype commit\ntag approve/5f0c1e9b2a7d4c36/alice\n",
    "ticket": "OPS-7",
    "tool": "tetra-es/0.2.0",
    "via": "local",
    # Of single topics:
    "comment": "the port is free on both hosts",
    "recipient.added.name": "alice",
    "recipient.removed.name": "alice",
    "environment.created.environment": "local",
    "environment.edited.environment": "local",
    "environment.rolled_back.paths": ["ports"],
    "scan.exception_added.key": "metrics.id",
    "secret.set.origin": {"environment": "local", "key": "DATABASE_URL", "version": 3},
    "log.moved.before": "git@old.acme.example:acme/history.git",
}
"""Values of fields, in the place of what their types have for an example."""

FOLDER = Path(__file__).parent / "rules-1"
"""`<topic>.json`, and `<topic>.later.json` with the fields that later rules use."""


def state_of(topic: Topic, *, later: bool) -> dict[str, Any]:
    """Return an example of a topic's state."""
    metadata = {field.name: example("metadata", field) for field in METADATA}
    metadata["rules"] = 2 if later else 1
    if later:
        metadata |= {field.name: example("metadata", field) for field in MORE_METADATA}
    state: dict[str, Any] = {"timestamp": "2026-11-22T10:05:00.000000Z", "metadata": metadata}
    if topic.version > 1:
        state["class_version"] = topic.version
    for field in topic.fields:
        used = later or field.unused is ...
        state[field.name] = example(topic.name, field) if used else field.unused
    return state


def example(of: str, field: Field) -> object:
    for name in (f"{of}.{field.name}", field.name):
        if field.type.fits(found := EXAMPLES.get(name)) and found is not None:
            return found
    return field.type.example


def stream_of(topic: Topic, state: dict[str, Any]) -> str:
    return topic.stream.format(**state)


def golden(topic: Topic, *, later: bool) -> dict[str, Any]:
    """Return what a file holds: the event, its canonical bytes, their digest and its hash.

    The hash is that of the first event of a log, which is also the first of its stream.
    """
    state = state_of(topic, later=later)
    stored = canonical.encode(state)
    stream = stream_of(topic, state)
    return {
        "topic": topic.name,
        "stream": stream,
        "position": 1,
        "version": 1,
        "state": state,
        "canonical": stored.decode(),
        "sha256": sha256(stored).hexdigest(),
        "hash": chain.link(chain.GENESIS, 1, stream, 1, topic.name, stored).hex(),
        "bodies": {
            digest.hex(): EXAMPLE_BODIES[kind].decode()
            for kind, digest in bodies_of(topic.name, state)
        },
    }


def files() -> dict[str, tuple[Topic, bool]]:
    """Return name to topic, and whether it is of later rules, of every file that there must be."""
    found = {}
    for topic in TOPICS.values():
        if not topic.later:
            found[f"{topic.name}.json"] = (topic, False)
        if topic.later or any(field.unused is not ... for field in topic.fields):
            found[f"{topic.name}.later.json"] = (topic, True)
    return found


def main() -> None:
    """Write what is missing."""
    FOLDER.mkdir(exist_ok=True)
    for name, (topic, later) in files().items():
        if not (path := FOLDER / name).exists():
            text = json.dumps(golden(topic, later=later), indent=2, ensure_ascii=False)
            path.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()

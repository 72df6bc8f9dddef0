"""An organization of the first edition in whose history a signer put what no command records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.conftest import Machine
from tests.gate.histories import NAMES
from tests.gate.old_events import HOSTILE, changed, each_kind, founded, places
from tetra_es.log.linking import link
from tetra_es.log.sqlite.engine import AppendableSqliteLog, create

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from tests.conformance.builder import VectorBuilder
    from tetra_es.log.linking import Draft

SEED = 1
"""Of the key of alice; see `tests.gate.histories`."""


def told(random: Random, each: int = 2) -> VectorBuilder:
    """Return a story with events of each kind, and hostile ones of bob among them."""
    story = founded()
    for draft in each_kind(story):
        spots = [place for place in places(json.loads(draft.state)) if place != ("metadata",)]
        for _ in range(each):
            odd = changed(draft, random.choice(spots), random.choice(HOSTILE))
            take(story, story.with_actor(odd, "bob"), by="bob")
        take(story, story.with_actor(draft, "alice"), by="alice")
    return story


def take(story: VectorBuilder, draft: Draft, *, by: str) -> None:
    """Record an event, unless it was never one."""
    version = story.gate.state.versions.get(draft.stream, 0) + 1
    (record,) = link(story.log.head, [draft._replace(version=version)], NAMES[by])
    story.log.all.append(record)
    (verdict,) = story.gate.admit([record])
    if not verdict.admitted:
        story.log.all.pop()


def machine_with(story: VectorBuilder, home: Path) -> Machine:
    """Return alice's machine with the history of a story, which was not upgraded."""
    machine = Machine(home)
    config = home / ".config/tetra-es"
    config.mkdir(parents=True)
    key = Ed25519PrivateKey.from_private_bytes(bytes([SEED] * 32))
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    (config / "id_ed25519").write_bytes(secret)
    (config / "id_ed25519").chmod(0o600)
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    (config / "id_ed25519.pub").write_bytes(public + b" alice\n")
    machine.store.parent.mkdir(parents=True)
    create(machine.store)
    with AppendableSqliteLog(machine.store) as log:
        for record in story.log.all:
            named = [
                body
                for digest, body in story.log.bodies.items()
                if digest.hex().encode() in record.state
            ]
            log.append(log.head(), [record], bodies=named)
    return machine

"""Hostile values in events that are valid all the same, of signers with and without limits."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.conformance.builder import VectorBuilder
from tests.examples import LONG_TAIL
from tests.gate.histories import MANIFEST
from tests.gate.old_events import HOSTILE, changed, places
from tests.integrity.looking import look
from tests.integrity.old_hostile import machine_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tetra_es.log.linking import Draft

TEXTS = (
    *('"a\\u0000b" = 1\n', '"" = 1\n', '"\\u202e" = "\\u001b[31m"\n', "x = nan\ny = -inf\n"),
    *("[environment]\nname = 5\n", "services = 3\n", "[services.tetra]\ncommand = 5\n"),
    *('[ports]\ntetra = "x"\n', '[[a]]\nb = 1\n[[a]]\n"c d" = 2\n', "[deployment]\nhosts = 5\n"),
    *("x = 9223372036854775807\n", '"<script>" = "</script>"\n', f"x = {'[' * 60}{']' * 60}\n"),
)
MANIFESTS = (
    *(MANIFEST + more for more in ("[people]\nx = 1\n", "[[review]]\nscope = 5\n", "policy = 5\n")),
    *(MANIFEST.replace("acme.example", domain) for domain in ("a b\\n<x>", "-")),
)
MAY = ["deploy:dev", "secret:dev", "recipient:dev", "edit:local"]


def lawful(story: VectorBuilder, random: Random) -> Iterator[tuple[Draft, str]]:
    """Yield an event of each kind whose fields can hold much, and who records it."""
    yield story.event("scan.exception_added", "org", file="local", key="a.b"), "alice"
    yield story.recipient_added("dev", "x"), "carol"
    body = random.choice([b"junk", b"\xff\x00", b"-----BEGIN AGE ENCRYPTED FILE-----\n"])
    yield story.secret_set("dev", "A", body), "carol"
    for word in random.sample(["stopped", "started", "disabled", "uninstalled", "forgotten"], 2):
        yield story.operation(word, ["a.service"]), "carol"
    yield story.begun("1", code={"commit": "ab" * 20, "dirty": True}, machine="m"), "carol"
    yield story.ended("1"), "carol"
    imported = story.state_fields("qa", "x = 1\n") | {"origin": "o", "kind": "backup"}
    yield story.event("environment.imported", "env:qa", class_version=2, **imported), "alice"


def told(random: Random) -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.signer_added("carol", MAY))
    story.lawful(story.promoted("dev"))
    for draft, by in lawful(story, random):
        found = [*places(json.loads(draft.state))]
        free = [place for place in found if place != ("metadata",) and place[-1] != "rules"]
        for _ in range(6):
            odd = changed(draft, random.choice(free), random.choice(HOSTILE))
            story.record(odd, by=by, rules=3)
        story.record(draft, by=by, rules=3)
    for text in random.sample(TEXTS, 3):
        edited = story.local("environment.edited", text)
        story.lawful(edited, by=random.choice(["alice", "carol"]), rules=3)
    story.lawful(story.manifest(random.choice(MANIFESTS)), rules=3)
    return story


@LONG_TAIL
@pytest.mark.parametrize("seed", range(8))
def test_whatever_a_valid_event_holds_stops_nobody(tmp_path: Path, seed: int) -> None:
    """What it says can be taken back by commands, and all who only look go on."""
    story = told(Random(seed))
    machine = machine_with(story, tmp_path / "home")
    machine.ok("history")
    machine.ok("rebuild")
    machine.ok("rollback", "manifest", "--to", "manifest@1")
    machine.ok("rollback", "local", "--to", "local@1")
    machine.ok("set", "local", "ports.tetra=3000", "-m", "after it")
    machine.ok("promote", "dev")
    machine.ok("promote", "prod")
    look(machine, range(1, len(story.log.all) + 1), tmp_path)

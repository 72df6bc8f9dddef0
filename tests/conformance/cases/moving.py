"""Where the log goes on, under rules 3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conformance.builder import VectorBuilder, vector
from tests.gate.histories import REQUIRED

if TYPE_CHECKING:
    from tetra_es.log.linking import Draft

OLD, NEW = "git@old.acme.example:acme.git", "git@new.acme.example:acme.git"


def moved(story: VectorBuilder, address: str, before: str | None) -> Draft:
    return story.event("log.moved", "org", address=address, before=before)


@vector("valid-moved", "The log moves twice; events follow in each place.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(moved(story, OLD, None), rules=3)
    story.lawful(story.manifest(REQUIRED))
    story.lawful(moved(story, NEW, OLD), rules=3)
    story.lawful(story.promoted("dev"))
    return story


@vector("void-moved", "It moves to where it was, in a batch, or by a signer with limits.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.breaks("moved", moved(story, OLD, OLD), rules=3)
    story.breaks("moved", moved(story, OLD, None), story.promoted("dev"), rules=3)
    story.lawful(story.signer_added("bob", ["deploy:staging"]))
    story.breaks("role", moved(story, OLD, None), by="bob", rules=3)
    story.breaks("unused", moved(story, OLD, None), rules=2)
    story.lawful(moved(story, OLD, None), rules=3)
    return story

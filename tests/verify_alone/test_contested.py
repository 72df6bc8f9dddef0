"""A purge that is void says that what founded the organization was void; another one is valid."""

from __future__ import annotations

from tests.conformance.builder import VALID, VectorBuilder, outcome
from tests.conformance.vectors import Expected
from tests.gate.histories import REQUIRED
from tests.verify_alone.verdicts import judged
from tetra_es.gate.gate import Gate


def test_what_is_said_of_event_1() -> None:
    """Judged by it, nothing would be an organization; so it is not believed."""
    story = VectorBuilder()
    manifest = story.gate.state.manifest
    assert manifest
    story.lawful(story.manifest(REQUIRED))
    story.lawful(story.signer_added("bob", ["promote:dev"]))
    honest = story.purged(manifest.digest)
    said = [{"position": 1, "verdict": "void"}]
    story.breaks("role", story.purged(manifest.digest, named_by=said), by="bob")
    story.lawful(honest)
    story.destroy(manifest.digest.hex())
    records = story.log.all
    wanted = [VALID] * len(records)
    wanted[-2] = Expected("void", "role")
    assert outcome(Gate(story.log).admit(records), records) == wanted
    assert judged(records, story.log.bodies)[0] == wanted

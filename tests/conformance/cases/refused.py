"""What was never an event, and what only a newer program knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.conformance.builder import VectorBuilder, resigned, vector
from tests.conformance.signing import hardware
from tests.gate.histories import BOB, LOCAL, MANIFEST, REQUIRED
from tests.log.events import replaced
from tetra_es.crypto.ssh import sshsig
from tetra_es.log import canonical, chain
from tetra_es.log.linking import link

if TYPE_CHECKING:
    from tetra_es.log.record import Record

EDIT = "[m]\na = 1"


def edit(story: VectorBuilder) -> Record:
    return story.linked(story.edited(EDIT))[0]


@vector("refused-size", "The topic has more than 512 characters.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.stops("size", resigned(edit(story), topic="x" * 600))
    return story


@vector("refused-position", "The position is not the next one.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.stops("position", resigned(edit(story), position=9))
    return story


@vector("refused-position-again", "A second event has the position of the first.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.stops("position", resigned(edit(story), position=1))
    return story


@vector("refused-previous", "A lawful key signed another event in the place of an earlier one.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.edited(EDIT))
    story.lawful(story.edited("[n]\nb = 1"))
    last = story.log.all.pop()
    story.expected.pop()
    story.stops("previous", resigned(last, previous=bytes(32)))
    return story


@vector("refused-hash", "The state was changed after it was signed.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    record = edit(story)
    state = record.state.replace(b'"reason":""', b'"reason":"x"')
    story.stops("hash", replaced(record, state=state))
    return story


@vector("refused-canonical-blank", "The state has a blank that canonical JSON does not have.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    record = edit(story)
    story.stops("canonical", resigned(record, state=record.state.replace(b":", b": ", 1)))
    return story


@vector("refused-canonical-order", "Members are sorted by code points, not by UTF-16.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    members = '{"\uffff":2,"\U0001f600":1}'.encode()
    story.stops("canonical", resigned(edit(story), state=members))
    return story


@vector("refused-canonical-twice", "The state has a member twice.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    record = edit(story)
    state = record.state.replace(b'"undoes":null', b'"undoes":null,"undoes":null')
    story.stops("canonical", resigned(record, state=state))
    return story


@vector("refused-canonical-surrogate", "A text in the state has half of a character.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    record = edit(story)
    state = record.state.replace(b'"undoes":null', b'"undoes":"\\ud83d"')
    story.stops("canonical", resigned(record, state=state))
    return story


@vector("refused-canonical-deep", "The state has 101 objects and lists inside each other.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    levels: list[Any] = []
    for _ in range(99):
        levels = [levels]
    story.stops("canonical", story.linked(story.signer_added("bob", more=levels))[0])
    return story


@vector("refused-metadata-missing", "The metadata has no correlation.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.stops("metadata", story.one(story.edited(EDIT), correlation=None))
    return story


@vector("refused-metadata-batch", "The event is the second of a batch of one.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.stops("metadata", story.one(story.edited(EDIT), batch=[2, 1]))
    return story


def at(time: str) -> VectorBuilder:
    """Return a story of an event that has a time."""
    story = VectorBuilder()
    state = canonical.decode(edit(story).state)
    state["timestamp"] = time
    story.stops("metadata", resigned(edit(story), state=canonical.encode(state)))
    return story


@vector("refused-metadata-time", "The timestamp has no microseconds.")
def _() -> VectorBuilder:
    return at("2026-11-22T10:05:00Z")


@vector("refused-metadata-no-time", "The timestamp is that of no day.")
def _() -> VectorBuilder:
    return at("2026-02-30T10:05:00.000000Z")


@vector("refused-metadata-leap-second", "The timestamp is a leap second.")
def _() -> VectorBuilder:
    return at("2016-12-31T23:59:60.000000Z")


@vector("refused-stream-version", "The version is not the next one of its stream.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.stops("stream-version", resigned(edit(story), version=3))
    return story


@vector("refused-batch-torn", "The last event of a batch of three is missing.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    drafts = (story.manifest(REQUIRED), story.signer_added("carol"), story.edited(EDIT))
    story.stops("batch", *story.linked(*drafts)[:2])
    return story


@vector("refused-batch-torn-signed-once", "Only the first event of a batch that is signed once.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.edited("[z]\nz = 1"))
    drafts = (story.manifest(REQUIRED), story.edited(EDIT))
    story.stops("batch", story.linked(*drafts, once=True)[0])
    return story


@vector("refused-batch-middle", "A batch lacks its second event; the third follows the first.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    first = story.one(story.signer_added("bob"), batch=[1, 3])
    draft = story.edited(EDIT)
    state = canonical.decode(draft.state)
    state["metadata"] |= {"actor": "alice", "rules": 1, "batch": [3, 3]}
    third = link(
        first.head,
        [draft._replace(state=canonical.encode(state), version=2)],
        story.signer("alice"),
    )
    story.stops("batch", first, *third)
    return story


@vector("refused-batch-of-two", "A batch with events by two signers: only the last one signed.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.signer_added("bob", ["edit:local"]))
    first = story.one(story.signer_added("carol"), batch=[1, 2])
    draft = story.edited(EDIT)
    state = canonical.decode(draft.state)
    state["metadata"] |= {"actor": "bob", "rules": 1, "batch": [2, 2]}
    second = link(
        first.head, [draft._replace(state=canonical.encode(state), version=2)], story.signer("bob")
    )
    story.stops("batch", replaced(first, signature=b""), *second)
    return story


@vector("refused-signature-none", "The event is not signed.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.stops("signature", replaced(edit(story), signature=b""))
    return story


@vector("refused-signature-namespace", "The signature was made for another namespace.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    record = edit(story)
    other = sshsig.sign(chain.signed_bytes(record.hash), story.signer("alice"), namespace="git")
    story.stops("signature", replaced(record, signature=other))
    return story


@vector("refused-signature-of-another", "The signature is over another event's hash.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    record, other = edit(story), story.linked(story.edited("[o]\nb = 1"))[0]
    story.stops("signature", replaced(record, signature=other.signature))
    return story


@vector("refused-signature-untouched", "Nobody touched the hardware key.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    key = hardware("ed25519")
    added = {"signer": "erin", "key": key.line, "may": None}
    story.lawful(story.event("signer.added", "org", class_version=2, **added))
    story.stops(
        "signature", story.signed_by(hardware("ed25519", flags=0), "erin", story.edited(EDIT))
    )
    return story


@vector("refused-signer-unknown", "The actor was never a signer.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.stops("signer", story.linked(story.edited(EDIT), by="bob")[0])
    return story


@vector("refused-signer-removed", "A removed signer goes on signing, and others after it.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.signer_added("bob"))
    story.lawful(story.edited(EDIT), by="bob")
    story.lawful(story.signer_removed("bob"))
    late = story.linked(story.edited("[n]\nb = 1"), by="bob")[0]
    state = canonical.decode(story.edited("[o]\nc = 1").state)
    state["metadata"] |= {"actor": "alice", "rules": 1, "batch": [1, 1]}
    draft = story.edited("[o]\nc = 1")._replace(state=canonical.encode(state), version=3)
    story.stops("signer", late, *link(late.head, [draft], story.signer("alice")))
    return story


@vector("refused-signer-other-key", "The event says alice, and bob signed it.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.signer_added("bob"))
    record = edit(story)
    by_bob = sshsig.sign(chain.signed_bytes(record.hash), BOB)
    story.stops("signer", replaced(record, signature=by_bob))
    return story


@vector("refused-signer-in-own-batch", "A batch adds the signer who signs it.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    drafts = (story.signer_added("carol"), story.edited(EDIT))
    story.stops("signer", *story.linked(*drafts, by="carol", once=True), at=1)
    return story


@vector("refused-body-missing", "A text is missing, and no event purged it.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    record = edit(story)
    story.destroy(canonical.decode(record.state)["text"])
    story.stops("body", record)
    return story


@vector("refused-body-changed", "A text does not have the digest that it is found under.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    record = edit(story)
    digest = bytes.fromhex(canonical.decode(record.state)["text"])
    story.log.bodies[digest] = story.log.bodies[digest].replace(b"a = 1", b"a = 2")
    story.stops("body", record)
    return story


@vector("refused-body-of-void", "An event breaks a rule, and its text is missing as well.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.signer_added("bob", ["promote:dev"]))
    record = story.linked(story.edited(EDIT), by="bob")[0]
    story.destroy(canonical.decode(record.state)["text"])
    story.stops("body", record)
    return story


@vector("refused-founding", "The first event founds no organization.")
def _() -> VectorBuilder:
    story = VectorBuilder(manifest="")
    story.stops("founding", story.linked(story.local("environment.created", LOCAL))[0])
    return story


@vector("refused-founding-void", "The manifest of the first event has another name.")
def _() -> VectorBuilder:
    story = VectorBuilder(manifest="")
    story.stops("founding", story.linked(story.created(MANIFEST.replace("acme", "other", 1)))[0])
    return story


@vector("refused-founding-key", "The first event names another key than the one that signed it.")
def _() -> VectorBuilder:
    story = VectorBuilder(manifest="")
    story.stops("signer", story.linked(story.created(key=BOB.public_line))[0])
    return story


@vector("unknown-rules-far", "An event follows rules 1000000. What comes after is not looked at.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    record = story.one(story.edited(EDIT), rules=1_000_000)
    story.stops("unknown-rules", record)
    return story


@vector("unknown-format", "The commit of an event has format 3.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.stops("unknown-format", story.one(story.edited(EDIT), format="3"))
    return story

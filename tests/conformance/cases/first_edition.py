"""Events of the first edition, rules 0, and the upgrade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.conformance.builder import VectorBuilder, vector
from tests.conformance.signing import ecdsa
from tests.gate.histories import LOCAL, REQUIRED, key
from tests.log.events import replaced
from tetra_es.log import canonical, chain

if TYPE_CHECKING:
    from tetra_es.log.linking import Draft

AHEAD = "2038-01-19T03:14:08.000000Z"


def founded() -> VectorBuilder:
    """Return a story of an organization of the first edition."""
    story = VectorBuilder(manifest="")
    story.old(story.old_created())
    story.old(story.old_state("environment.created", "local", LOCAL))
    return story


def upgraded() -> VectorBuilder:
    story = founded()
    story.lawful(story.event("organization.upgraded", "org", floor=1))
    return story


def signer(topic: str, story: VectorBuilder, seed: int, **more: Any) -> Any:
    fields = {"signer": "bob", "key": key(seed).public_line}
    return story.old_event(topic, "org", **fields | more)


@vector("valid-first-edition", "What the first edition did not check, rules 1 do not check either.")
def _() -> VectorBuilder:
    story = founded()
    story.old(story.old_event("scan.exception_added", "org", file="local", key="metrics.id"))
    # Neither values nor the order are those of rules 1; the clock is years ahead.
    text = "[ports]\ntetra = 1\n"
    story.old(story.old_promoted("staging", text, 1, metadata={"reason": "in a hurry"}))
    later = story.old_promoted("staging", "x = 1\n", 9)
    story.old(later)
    back = story.old_state(
        "environment.rolled_back",
        "staging",
        text,
        to_revision=1,
        to_position=4,
        source_revision=1,
        timestamp=AHEAD,
    )
    story.old(back)
    story.old(signer("signer.added", story, 2))
    more = story.old_state("environment.edited", "local", "x = 1\n")
    story.old(more, by="bob")
    return story


@vector("valid-upgrade", "The first edition, the upgrade, and a rollback to a text of before it.")
def _() -> VectorBuilder:
    story = founded()
    story.old(story.old_state("environment.edited", "local", "x = 1\n"))
    story.lawful(story.event("organization.upgraded", "org", floor=1))
    first = story.gate.state.environment("local").find(1)
    assert first
    text = story.text_fields("local", LOCAL)
    back = {
        "environment": "local",
        "revision": 3,
        **text,
        "to_revision": 1,
        "to_position": first.position,
        "source_revision": None,
        "paths": None,
    }
    story.lawful(story.event("environment.rolled_back", "env:local", class_version=2, **back))
    story.lawful(story.promoted("dev"))
    story.lawful(story.manifest(REQUIRED))
    return story


@vector("void-old-topic", "There is no such topic under rules 0.")
def _() -> VectorBuilder:
    story = founded()
    story.breaks("topic", story.old_event("no.such", "org"), rules=0)
    story.breaks("topic", story.old_event("organization.upgraded", "org", floor=1), rules=0)
    story.old(story.old_event("scan.exception_added", "org", file="local", key="a"))
    return story


@vector("void-old-form", "Fields are missing or of another edition, a digest is another text's.")
def _() -> VectorBuilder:
    story = founded()
    story.breaks("form", story.old_event("signer.added", "org", signer="bob"), rules=0)
    story.breaks("form", signer("signer.added", story, 2, class_version=2), rules=0)
    never = {"timestamp": "never", "file": "local", "key": "a"}
    story.breaks("form", story.old_event("scan.exception_added", "org", **never), rules=0)
    forged = story.old_state("environment.edited", "local", "x = 1\n", digest="ab" * 32)
    story.breaks("form", forged, rules=0)
    other = story.old_event("signer.added", "env:dev", signer="bob", key=key(2).public_line)
    story.breaks("form", other, rules=0)
    return story


@vector("void-old-rules", "Under rules 0: a second founding, a signer and a secret not there.")
def _() -> VectorBuilder:
    story = founded()
    story.breaks("founded-again", story.old_created(), rules=0)
    story.breaks("signer-missing", signer("signer.removed", story, 2), rules=0)
    removed = {"environment": "dev", "key": "NO", "version": 1}
    story.breaks("secrets", story.old_event("secret.removed", "secrets:dev", **removed), rules=0)
    return story


@vector("void-floor-before-upgrade", "An event of rules 1 before the organization was upgraded.")
def _() -> VectorBuilder:
    story = founded()
    story.breaks("floor", story.signer_added("carol", []))
    story.lawful(story.event("organization.upgraded", "org", floor=1))
    story.lawful(story.signer_added("carol", []))
    return story


@vector("void-floor-after-upgrade", "An event of the first edition after the upgrade.")
def _() -> VectorBuilder:
    story = upgraded()
    stale = story.old_event("scan.exception_added", "org", file="local", key="a")
    story.breaks("floor", stale, rules=0)
    story.texts |= {"local": LOCAL}
    return story


def without_form(story: VectorBuilder) -> list[Draft]:
    """Return events of which nothing is lawful but what their metadata has to have."""
    drafts = []
    for more in ({}, {"timestamp": 5}, {"timestamp": "yesterday"}, {"timestamp": [None]}):
        draft = story.old_event("no.such", "env:dev", environment=["dev"], revision=-1, text=5)
        state = canonical.decode(draft.state)
        del state["timestamp"]
        drafts.append(draft._replace(state=canonical.encode(state | more)))
    odd = {"batch": "x", "recorded": "never", "rerecorded_from": "", "caused_by": "[1]"}
    drafts.append(
        story.old_event("\n", "\u202e", timestamp="9999-12-31T23:59:59-23:59", metadata=odd)
    )
    return drafts


@vector("void-old-odd", "Events without a time, of another time, and with odd metadata.")
def _() -> VectorBuilder:
    story = founded()
    for draft in without_form(story):
        story.breaks("topic", draft, rules=0)
    story.texts |= {"local": LOCAL}
    return story


@vector("void-floor-odd", "The same after the upgrade.")
def _() -> VectorBuilder:
    story = upgraded()
    for draft in without_form(story):
        story.breaks("floor", draft, rules=0)
    story.lawful(story.signer_added("carol", []))
    story.texts |= {"local": LOCAL}
    return story


@vector("refused-old-signature-kind", "Before rules 1, keys are Ed25519.")
def _() -> VectorBuilder:
    story = founded()
    other = ecdsa(256)
    story.old(story.old_event("signer.added", "org", signer="erin", key=other.line))
    draft = story.old_event("scan.exception_added", "org", file="local", key="a")
    draft = story.with_actor(draft, "erin")
    record = story.linked(draft, rules=0)[0]
    signed = replaced(record, signature=other.sign(chain.signed_bytes(record.hash)))
    story.stops("signature", signed)
    return story


def secret_set(story: VectorBuilder, digest: str) -> Draft:
    """Return an event that sets a secret to an age file, which need not be there."""
    fields = {"environment": "dev", "key": "A", "version": 1, "digest": digest}
    return story.old_event("secret.set", "secrets:dev", **fields, recipients=[])


@vector("refused-old-body", "The age file of a secret of the first edition is missing.")
def _() -> VectorBuilder:
    story = founded()
    story.stops("body", story.linked(secret_set(story, "ab" * 32), rules=0)[0])
    return story


@vector("void-old-values", "Under rules 0: formats, names and lines that no command ever recorded.")
def _() -> VectorBuilder:
    story = founded()
    lawful = {"file": "local", "key": "a"}
    for number in ("99", "2", "0", "01", "", "\n"):
        odd = story.old_event("scan.exception_added", "org", **lawful, metadata={"format": number})
        story.breaks("form", odd, rules=0)
    story.breaks("form", signer("signer.added", story, 2, signer="bob\neve"), rules=0)
    story.breaks("form", signer("signer.added", story, 2, key="ssh-ed25519 A\nx"), rules=0)
    reader = {"environment": "dev", "name": "x\ny", "recipient": "age1x"}
    draft = story.old_event(
        "recipient.added", "secrets:dev", **reader, recipients={"x\ny": "age1x"}
    )
    story.breaks("form", draft, rules=0)
    host = {"environment": "dev", "host": "a\nb", "deployment": "ab" * 8, "revision": 1}
    draft = story.old_event("deployment.healthy", "deployments:dev@a\nb", **host)
    story.breaks("form", draft, rules=0)
    story.breaks("form", secret_set(story, "no digest"), rules=0)
    story.texts |= {"local": LOCAL}
    return story


@vector("void-old-revision", "Under rules 0: a revision that does not follow the one before.")
def _() -> VectorBuilder:
    story = founded()
    for revision in (0, 1, 3, 2**53 - 1):
        odd = story.old_state("environment.edited", "local", "x = 1\n", revision=revision)
        story.breaks("revision", odd, rules=0)
        manifest = {"revision": revision, "text": REQUIRED, "changes": []}
        story.breaks("revision", story.old_event("manifest.edited", "org", **manifest), rules=0)
    story.texts |= {"local": LOCAL}
    return story


@vector(
    "void-old-manifest",
    "Under rules 0: a manifest that lacks something, and a key that changes twice.",
)
def _() -> VectorBuilder:
    story = founded()
    other = REQUIRED.replace("acme", "other", 1)
    for reason, text in (("text", "x = ["), ("manifest", "x = 1\n"), ("manifest", other)):
        odd = story.old_event("manifest.edited", "org", revision=2, text=text, changes=[])
        story.breaks(reason, odd, rules=0)
    twice = [["a", None, "1"], ["a", None, "2"]]
    odd = story.old_state("environment.edited", "local", "a = 2\n", changes=twice)
    story.breaks("changes", odd, rules=0)
    story.texts |= {"local": LOCAL}
    return story


@vector(
    "void-old-signers", "Under rules 0: a signer's name or key again, and the last one removed."
)
def _() -> VectorBuilder:
    story = founded()
    alice = {"signer": "alice", "key": key(1).public_line}
    story.breaks("signer-taken", signer("signer.added", story, 2, signer="alice"), rules=0)
    story.breaks("signer-taken", signer("signer.added", story, 1), rules=0)
    story.breaks("last-signer", story.old_event("signer.removed", "org", **alice), rules=0)
    story.old(signer("signer.added", story, 2))
    story.old(story.old_event("signer.removed", "org", **alice), by="bob")
    return story

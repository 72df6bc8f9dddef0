"""Void for secrets, recipients, signers and the floor; and purges."""

from __future__ import annotations

from typing import Any

from tests.conformance.builder import VectorBuilder, vector
from tests.gate.histories import BOB, MANIFEST, NAMES, key
from tetra_es.log import canonical

A1, A2, B1 = b"age file of A, version 1\n", b"age file of A, version 2\n", b"age file of B\n"
READERS = ["age1alice"]
SLIP = '[slip]\npassword = "hunter2"'


def vault() -> VectorBuilder:
    """Return a story of two secrets in dev, of which one has an older version."""
    story = VectorBuilder()
    story.lawful(story.recipient_added("dev"))
    story.lawful(story.secret_set("dev", "A", A1), story.secret_set("dev", "B", B1))
    story.lawful(story.secret_set("dev", "A", A2))
    return story


@vector("void-ciphertext", "The age file of one secret under another's name or environment.")
def _() -> VectorBuilder:
    story = vault()
    story.breaks("ciphertext", story.secret_set("dev", "B", A1))
    story.lawful(story.recipient_added("staging"))
    story.breaks("ciphertext", story.secret_set("staging", "A", A2))
    swapped = [["A", 2, story.keep(B1)], ["B", 1, story.keep(A2)]]
    draft = story.secret("secrets.resealed", "dev", secrets=swapped, recipients=READERS)
    story.breaks("ciphertext", draft)
    return story


@vector("void-secrets", "What does not follow from the secrets before it.")
def _() -> VectorBuilder:
    story = vault()
    story.breaks("secrets", story.secret_set("dev", "A", b"new\n", version=4))
    story.breaks("secrets", story.secret_set("dev", "A", b"new\n", version=2))
    story.breaks("secrets", story.secret("secret.removed", "dev", key="A", version=1))
    story.breaks("secrets", story.secret("secret.removed", "dev", key="C", version=1))
    story.breaks("secrets", story.secret("secret.compromised", "dev", key="A", version=3))
    none: dict[str, Any] = {"secrets": [], "recipients": READERS}
    story.breaks("secrets", story.secret("secrets.resealed", "dev", **none))
    twice = [["A", 2, story.keep(b"x\n")], ["A", 2, story.keep(b"y\n")]]
    twice += [["B", 1, story.keep(b"z\n")]]
    draft = story.secret("secrets.resealed", "dev", secrets=twice, recipients=READERS)
    story.breaks("secrets", draft)
    return story


@vector("void-recipients", "Encrypted for others, or a recipient that there is already.")
def _() -> VectorBuilder:
    story = vault()
    others = story.secret_set("dev", "A", b"new\n", recipients=["age1mallory"])
    story.breaks("recipients", others)
    again = story.recipient_added("dev", recipient="age1x", recipients={"alice": "age1x"})
    story.breaks("recipients", again)
    return story


@vector("void-compromised", "A compromised version comes back.")
def _() -> VectorBuilder:
    story = vault()
    story.lawful(story.secret("secret.compromised", "dev", key="A", version=1))
    restored = {
        "to_position": 6,
        "secrets": [["A", 1, story.keep(A1)], ["B", 1, story.keep(B1)]],
        "removed": [],
        "recipients": READERS,
        "kept_out": [],
    }
    story.breaks("compromised", story.secret("secrets.restored", "dev", **restored))
    return story


@vector("void-signer-taken", "A signer with a name or a key that there is already.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.signer_added("bob", []))
    story.breaks("signer-taken", story.signer_added("bob", key=key(9).public_line))
    story.breaks("signer-taken", story.signer_added("carol", key=BOB.public_line))
    return story


@vector("void-signer-missing", "A signer is removed who is not there, or has another key.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.signer_added("bob", []))
    story.breaks("signer-missing", story.signer_removed("carol"))
    line = NAMES["alice"].public_line
    story.breaks("signer-missing", story.signer_removed("bob", key=line))
    return story


@vector("void-last-signer", "Nobody without limits would be left.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.signer_added("bob", ["edit:local"]))
    story.breaks("last-signer", story.signer_removed("alice"))
    drafts = (story.signer_removed("alice"), story.signer_added("alice", ["edit:local"]))
    story.breaks("last-signer", *drafts, culprit=1)
    return story


@vector("void-upgrade", "The floor does not rise, or rises above the event's own rules.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.breaks("upgrade", story.event("organization.upgraded", "org", floor=1))
    story.breaks("upgrade", story.event("organization.upgraded", "org", floor=2))
    return story


@vector("void-purge-present", "A purge of what a present state has.")
def _() -> VectorBuilder:
    story = vault()
    story.breaks("purge", story.secret_purged("dev", "A", 2, A2))
    local = story.gate.state.environment("local").newest
    assert local
    story.breaks("purge", story.purged(local.digest))
    return story


@vector("void-purge-named-by", "A purge that does not say rightly which events need its bodies.")
def _() -> VectorBuilder:
    story = slipped()
    wanted = story.holding(b"hunter2")
    named = canonical.decode(story.purged(*wanted).state)["named_by"]
    story.breaks("purge", story.purged(*wanted, named_by=named[1:]))
    first = {"position": 1, "verdict": "valid"}
    story.breaks("purge", story.purged(*wanted, named_by=[*named, first]))
    wrong = {"position": named[0]["position"], "verdict": "void"}
    story.breaks("purge", story.purged(*wanted, named_by=[wrong, *named[1:]]))
    return story


@vector("void-purged", "A purged text, and a purged age file, come back.")
def _() -> VectorBuilder:
    story = slipped()
    text = story.text_of("local", 2)
    wanted = story.holding(b"hunter2")
    story.lawful(story.purged(*wanted))
    story.breaks("purged", story.local("environment.edited", text))
    story.lawful(story.recipient_added("dev"))
    story.lawful(story.secret_set("dev", "A", A1))
    story.lawful(story.secret_set("dev", "A", A2))
    story.lawful(story.secret_purged("dev", "A", 1, A1))
    story.breaks("purged", story.secret_set("dev", "A", A1))
    return story


@vector("void-purged-gone", "The bodies of a void event are gone: what the purge says counts.")
def _() -> VectorBuilder:
    story = slipped()
    draft = story.promoted("dev", text=f"{SLIP}\n")
    story.breaks("values", draft)
    position = len(story.log.all)
    wanted = story.holding(b"hunter2")
    story.lawful(story.purged(*wanted))
    story.destroy(*(digest.hex() for digest in wanted))
    story.expected[position - 1] = story.expected[position - 1]._replace(reason="purged")
    return story


@vector("void-source-revision-purged", "A purged state is promoted on.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.edited(SLIP))
    story.lawful(story.promoted("staging"))
    story.lawful(story.local("environment.edited", "x = 1\n"))
    text = story.gate.state.environment("local").find(2)
    assert text
    story.lawful(story.purged(text.digest))
    draft = story.promoted("dev", via="staging", source_revision=2)
    story.breaks("source-revision", draft)
    return story


@vector("refused-body-void-purge", "A void purge speaks for no missing body.")
def _() -> VectorBuilder:
    story = slipped()
    wanted = story.holding(b"hunter2")
    named = canonical.decode(story.purged(*wanted).state)["named_by"]
    first = {"position": 1, "verdict": "valid"}
    story.breaks("purge", story.purged(*wanted, named_by=[*named, first]))
    story.destroy(*(digest.hex() for digest in wanted))
    story.taken_back("body", at=3)
    return story


@vector("valid-purged-texts", "Texts with a secret are gone; everything after them still counts.")
def _() -> VectorBuilder:
    story = slipped()
    wanted = story.holding(b"hunter2")
    story.lawful(story.purged(*wanted))
    story.destroy(*(digest.hex() for digest in wanted))
    story.lawful(story.edited("[after]\nx = 1"))
    story.lawful(story.promoted("dev"))
    return story


@vector("valid-purged-age-file", "The age file of an old version is gone.")
def _() -> VectorBuilder:
    story = vault()
    story.lawful(story.secret_purged("dev", "A", 1, A1))
    story.destroy(story.keep(A1))
    story.lawful(story.manifest(f"{MANIFEST}\n"))
    return story


def slipped() -> VectorBuilder:
    """Return a story of a secret that got into local and dev, and is out of them again."""
    story = VectorBuilder()
    story.lawful(story.edited(SLIP))
    story.lawful(story.promoted("dev"))
    clean = story.texts["local"].replace("hunter2", "")
    story.lawful(story.local("environment.edited", clean))
    story.lawful(story.promoted("dev"))
    return story


def copied(environment: str = "dev", name: str = "A", version: int = 1) -> dict[str, Any]:
    """Return the field of a copy."""
    return {"origin": {"environment": environment, "key": name, "version": version}}


@vector("valid-copies", "A secret is copied to another environment, and an older value comes back.")
def _() -> VectorBuilder:
    story = vault()
    story.lawful(story.recipient_added("staging"))
    copy = story.secret_set("staging", "A", b"copy of A\n", **copied())
    story.lawful(copy, rules=3)
    other = story.secret_set("staging", "C", b"copy of B\n", **copied(name="B"))
    story.lawful(other, rules=3)
    story.lawful(story.secret_set("dev", "A", b"A, version 1, again\n", restores=1), rules=3)
    story.lawful(story.secret("secret.removed", "dev", key="A", version=3))
    story.lawful(story.secret_set("dev", "A", b"A, version 3, again\n", restores=3), rules=3)
    return story


@vector("void-copies", "What a copy names is not there, is compromised, or may not be named.")
def _() -> VectorBuilder:
    story = vault()
    story.lawful(story.recipient_added("staging"))
    new = b"copy\n"
    for origin in (copied(version=3), copied("prod"), copied(name="C")):
        story.breaks("secrets", story.secret_set("staging", "A", new, **origin), rules=3)
    story.breaks("secrets", story.secret_set("dev", "B", new, **copied()), rules=3)
    story.breaks("secrets", story.secret_set("staging", "A", new, **copied(), restores=1), rules=3)
    story.breaks("secrets", story.secret_set("dev", "A", new, restores=3), rules=3)
    story.breaks("secrets", story.secret_set("dev", "C", new, restores=1), rules=3)
    story.breaks("unused", story.secret_set("staging", "A", new, **copied()), rules=2)
    story.breaks("unused", story.secret_set("dev", "A", new, restores=1), rules=2)
    story.lawful(story.secret("secret.compromised", "dev", key="A", version=1))
    story.breaks("compromised", story.secret_set("staging", "A", new, **copied()), rules=3)
    story.breaks("compromised", story.secret_set("dev", "A", new, restores=1), rules=3)
    return story


@vector("void-purge-listed", "Others listed the same bodies before, in purges that are void.")
def _() -> VectorBuilder:
    story = slipped()
    story.lawful(story.signer_added("bob", ["promote:dev"]))
    wanted = story.holding(b"hunter2")
    honest = story.purged(*wanted)
    named = canonical.decode(honest.state)["named_by"]
    for said in ([], named, [{**each, "verdict": "void"} for each in named]):
        story.breaks("role", story.purged(*wanted, named_by=said), by="bob")
    first = {"position": 1, "verdict": "valid"}
    story.breaks("purge", story.purged(*wanted, named_by=[*named, first]))
    story.breaks("purge", story.purged(*wanted, named_by=[]))
    story.breaks("form", story.event("bodies.purged", "org", digests=[wanted[0].hex()]), by="bob")
    story.lawful(honest)
    story.breaks("role", story.purged(*wanted, named_by=[]), by="bob")
    story.destroy(*(digest.hex() for digest in wanted))
    story.lawful(story.edited("[after]\nx = 1"))
    story.lawful(story.promoted("dev"))
    return story


@vector("void-purge-founding", "A void purge says that the second event was void: it founded all.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    local = story.gate.state.environment("local").newest
    assert local
    story.lawful(story.edited("[n]"))
    story.lawful(story.signer_added("bob", ["promote:dev"]))
    honest, said = story.purged(local.digest), [{"position": 2, "verdict": "void"}]
    story.breaks("role", story.purged(local.digest, named_by=said), by="bob")
    drafts = (story.signer_added("carol"), story.purged(local.digest, named_by=said))
    story.breaks("role", *drafts, by="bob")
    story.lawful(honest)
    story.destroy(local.digest.hex())
    return story


@vector("void-purge-overlay", "A void purge says that an overlay was void, so that another counts.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    for number in (4445, 4446):
        story.lawful(story.profile("dev", f'[set]\n"ports.tetra" = {number}\n'))
    edited = story.gate.state.head.position
    overlays = story.gate.state.file("dev")
    older, newer = (at.digest for number in (1, 2) if (at := overlays.find(number)))
    story.lawful(story.promoted("dev"))
    story.lawful(story.profile("dev", '[set]\n"ports.tetra" = 4447\n'))
    story.lawful(story.signer_added("bob", ["promote:dev"]))
    said = [{"position": edited, "verdict": "void"}]
    story.breaks("role", story.purged(newer, named_by=said), by="bob")
    story.lawful(story.purged(older))
    story.lawful(story.purged(newer))
    story.destroy(older.hex(), newer.hex())
    return story

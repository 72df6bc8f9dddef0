"""Void for their texts: revisions, changes, manifest, overlays, rollbacks."""

from __future__ import annotations

from tests.conformance.builder import VectorBuilder, vector
from tests.gate.histories import LOCAL, MANIFEST, REQUIRED

OVERLAY = '[set]\n"logging.level" = "error"\n'


@vector("void-revision-skipped", "Revisions are skipped: of local, the manifest and an overlay.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    edit = "x = 1\n"
    story.breaks("revision", story.local("environment.edited", edit, revision=3))
    story.breaks("revision", story.manifest(REQUIRED, revision=3))
    story.breaks("revision", story.profile("dev", OVERLAY, revision=2))
    story.breaks("revision", story.local("environment.edited", edit, revision=2**53 - 1))
    return story


@vector("void-revision-repeated", "A revision is repeated, and the source of truth begins again.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.promoted("dev"))
    story.breaks("revision", story.local("environment.edited", "x = 1\n", revision=1))
    story.breaks("revision", story.promoted("dev", revision=1))
    story.breaks("revision", story.local("environment.created", "x = 1\n"))
    return story


@vector("void-text", "Texts that are not TOML, or not UTF-8.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    for body in (b"x = \n", b"x = 1\nx = 2\n", b"x = '\xff'\n"):
        draft = story.local("environment.edited", "x = 1\n", text=story.keep(body))
        story.breaks("text", draft)
    return story


@vector("void-changes-empty", "`changes` says that nothing was changed.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.promoted("dev"))
    more = {"changes": story.keep(b"[]")}
    story.breaks("changes", story.local("environment.edited", "x = 1\n", **more))
    story.breaks("changes", story.manifest(REQUIRED, **more))
    story.breaks("changes", story.profile("dev", OVERLAY, **more))
    story.breaks("changes", story.promoted("staging", **more))
    story.lawful(story.edited("[b]\nx = 1"))
    story.breaks("changes", story.rolled_back("local", 1, **more))
    return story


@vector("void-changes-fake", "`changes` names another value than the text, or is not JSON.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    for fake in (b'[["ports.tetra","4444","1"]]', b"{}", b"not json"):
        more = {"changes": story.keep(fake)}
        story.breaks("changes", story.local("environment.edited", "x = 1\n", **more))
    return story


@vector("void-manifest", "Manifests without a name, environments or a policy that decides.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    for text in (
        MANIFEST.replace("acme", "other", 1),
        MANIFEST.replace('"local", ', ""),
        MANIFEST.replace('"dev"', '"local"'),
        MANIFEST.replace("advised", "sometimes"),
        MANIFEST.replace('domain = "acme.example"', "domain = 5"),
        "x = 1\n",
    ):
        story.breaks("manifest", story.manifest(text))
    return story


@vector("void-local", "A generated environment is edited, local is promoted to or has a profile.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    fields = story.state_fields("dev", "x = 1\n")
    created = story.event("environment.created", "env:dev", class_version=2, **fields)
    edited = story.event("environment.edited", "env:dev", class_version=2, undoes=None, **fields)
    story.breaks("local", created)
    story.breaks("local", edited)
    story.breaks("local", story.profile("local", OVERLAY))
    story.breaks("local", story.promoted_to_local())
    return story


@vector("void-target-text", "A rollback has another text than the state that it goes back to.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.promoted("dev"))
    story.lawful(story.local("environment.edited", LOCAL.replace("4444", "5555")))
    story.lawful(story.promoted("dev"))
    forged = story.text_fields("dev", "x = 1\n")
    story.breaks("target", story.rolled_back("dev", 1, **forged))
    story.breaks("target", story.rolled_back("dev", 1, to_position=1))
    story.breaks("target", story.rolled_back("dev", 9))
    return story


@vector("void-target-source", "A rollback names another source revision than its target has.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.promoted("dev"))
    story.lawful(story.edited("[x]\ny = 1"))
    story.lawful(story.promoted("dev"))
    story.breaks("target", story.rolled_back("dev", 1, source_revision=2))
    story.breaks("target", story.rolled_back("dev", 1, source_revision=None))
    return story

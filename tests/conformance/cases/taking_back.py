"""Events that take changes back by key, under rules 3."""

from __future__ import annotations

from tests.conformance.builder import VectorBuilder, vector
from tests.gate.histories import LOCAL as HISTORY_LOCAL
from tests.gate.histories import MANIFEST

LOCAL = (
    HISTORY_LOCAL
    + """\

# what it may use
[limits]
more = [1, 2] # and no others

[[routers]]
name = "a"

[[routers]]
name = "b"
"""
)
ADDED = "[added]\nx = true\n"
OVERLAY = '[set]\n"logging.level" = "error"\n'
EDITED = LOCAL.replace("4444", "5555").replace("[1, 2]", "[1]")


def edited() -> VectorBuilder:
    """A history with an edit, #3, and another one after it, #4."""
    story = VectorBuilder(local=LOCAL)
    story.lawful(story.local("environment.edited", EDITED))
    story.lawful(story.edited(ADDED.rstrip()))
    return story


@vector("valid-undo", "Edits of local, the manifest and an overlay are taken back by key.")
def _() -> VectorBuilder:
    story = edited()
    undone = LOCAL + ADDED
    story.lawful(story.local("environment.edited", undone, undoes=3), rules=3)
    # an undo of an undo, and other comments, order, empty tables
    again = f"empty = {{}}\n{ADDED}{EDITED}".replace("# what it may use", "")
    story.lawful(story.local("environment.edited", again, undoes=5), rules=3)
    story.lawful(story.manifest(MANIFEST.replace("acme.example", "other.example")))
    story.lawful(story.manifest(MANIFEST, undoes=7), rules=3)
    story.lawful(story.profile("dev", OVERLAY))
    story.lawful(story.profile("dev", "", undoes=9), rules=3)
    return story


@vector("valid-restores", "Older texts of the manifest and of an overlay come back.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    other = MANIFEST.replace("acme.example", "other.example")
    story.lawful(story.manifest(other))
    story.lawful(story.manifest(MANIFEST, restores=1), rules=3)
    story.lawful(story.manifest(other, restores=2), rules=3)
    story.lawful(story.profile("dev", OVERLAY))
    story.lawful(story.profile("dev", ""))
    story.lawful(story.profile("dev", OVERLAY, restores=1), rules=3)
    return story


@vector("void-restores", "An edit has not the text of the revision that it says comes back.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    other = MANIFEST.replace("acme.example", "other.example")
    story.breaks("local", story.profile("local", OVERLAY, restores=1), rules=3)
    story.lawful(story.manifest(other))
    story.breaks("unused", story.manifest(MANIFEST, restores=1), rules=2)
    story.breaks("target", story.manifest(MANIFEST + "\n", restores=1), rules=3)
    for restores in (2, 3, 99):
        story.breaks("target", story.manifest(MANIFEST, restores=restores), rules=3)
    story.breaks("target", story.profile("dev", OVERLAY, restores=1), rules=3)
    story.lawful(story.profile("staging", OVERLAY))
    story.breaks("target", story.profile("dev", OVERLAY, restores=1), rules=3)
    story.lawful(story.manifest(MANIFEST))
    story.lawful(story.purged(*story.holding(other.encode())[:1]))
    story.breaks("purged", story.manifest(other, restores=2), rules=3)
    return story


@vector("valid-undo-purged", "A text that an undo was compared with is purged after it.")
def _() -> VectorBuilder:
    story = edited()
    story.lawful(story.local("environment.edited", LOCAL + ADDED, undoes=3), rules=3)
    digests = story.holding(EDITED.encode())
    story.lawful(story.purged(*digests))
    story.destroy(*(digest.hex() for digest in digests))
    return story


@vector("void-undo-values", "An undo changes more, or less, than the event that it takes back.")
def _() -> VectorBuilder:
    story = edited()
    for text in (
        LOCAL + ADDED.replace("true", "false"),
        LOCAL,
        EDITED.replace("5555", "4444") + ADDED,
        LOCAL.replace("4444", "4445") + ADDED,
    ):
        story.breaks("values", story.local("environment.edited", text, undoes=3), rules=3)
    return story


@vector("void-undo-target", "An undo names what changed nothing of its file, or what was purged.")
def _() -> VectorBuilder:
    story = edited()
    story.breaks("local", story.profile("local", OVERLAY, undoes=3), rules=3)
    undone = LOCAL + ADDED
    for undoes in (1, 5, 99):
        story.breaks("target", story.local("environment.edited", undone, undoes=undoes), rules=3)
    story.breaks("target", story.manifest(MANIFEST + "\n", undoes=3), rules=3)
    story.breaks("target", story.profile("dev", OVERLAY, undoes=3), rules=3)
    story.breaks("unused", story.local("environment.edited", undone, undoes=3), rules=2)
    digests = story.holding(EDITED.encode())[:1]
    story.lawful(story.local("environment.edited", "x = 1\n"))
    story.lawful(story.purged(*digests))
    story.breaks("target", story.local("environment.edited", undone, undoes=3), rules=3)
    return story


@vector("valid-rollback-paths", "Some keys of an older state come back, of local and of dev.")
def _() -> VectorBuilder:
    story = VectorBuilder(local=LOCAL)
    story.lawful(story.promoted("dev"))
    story.lawful(story.local("environment.edited", EDITED.replace('"b"', '"c"')))
    story.lawful(story.promoted("dev"))
    back = EDITED.replace('"b"', '"c"').replace("5555", "4444")
    fields = {"paths": ["ports.tetra"], **story.text_fields("local", back)}
    story.lawful(story.rolled_back("local", 1, **fields), rules=3)
    back = LOCAL.replace("[1, 2]", "[1]")
    fields = {"paths": ["routers", "ports"], **story.text_fields("local", back)}
    story.lawful(story.rolled_back("local", 1, **fields), rules=3)
    text = story.text_of("dev", 2).replace("5555", "4444")
    fields = {"paths": ["ports.tetra"], **story.text_fields("dev", text)}
    story.lawful(story.rolled_back("dev", 1, source_revision=2, **fields), rules=3)
    return story


@vector("void-rollback-paths", "A rollback by path changes other keys, or leaves some out.")
def _() -> VectorBuilder:
    story = edited()
    for paths, text in (
        (["ports.tetra"], LOCAL + ADDED),
        (["ports"], EDITED.replace("5555", "5556") + ADDED),
        (["port"], LOCAL + ADDED),
        (["routers"], LOCAL),
    ):
        fields = {"paths": paths, **story.text_fields("local", text)}
        story.breaks("values", story.rolled_back("local", 1, **fields), rules=3)
    fields = {"paths": ["ports"], **story.text_fields("local", LOCAL + ADDED)}
    story.breaks("target", story.rolled_back("local", 1, **fields | {"paths": []}), rules=3)
    story.breaks("target", story.rolled_back("local", 1, to_position=3, **fields), rules=3)
    story.breaks("target", story.rolled_back("local", 9, **fields), rules=3)
    story.breaks("target", story.rolled_back("local", 1, source_revision=1, **fields), rules=3)
    story.breaks("unused", story.rolled_back("local", 1, **fields), rules=2)
    return story

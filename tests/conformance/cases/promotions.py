"""Void promotions: values, rules, profile, source, order."""

from __future__ import annotations

from tests.conformance.builder import VectorBuilder, vector
from tests.gate.histories import LOCAL, MANIFEST, REQUIRED
from tetra_es.log import canonical

OVERLAY = '[set]\n"deployment.hosts" = ["web.{domain}"]\n"logging.level" = "error"\n'
ODD = f"""{LOCAL}
[odd]
yes = true
zero = 0.0
none = nan
list = [1, 2]
at = 1979-05-27T07:32:00Z
"""


def promoted() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.promoted("dev"))
    return story


def odd() -> VectorBuilder:
    story = VectorBuilder(local=ODD)
    story.lawful(story.promoted("dev"))
    return story


@vector("void-values-changed", "A value is another one than the rules give.")
def _() -> VectorBuilder:
    story = promoted()
    text = story.texts["dev"]
    story.breaks("values", story.promoted("dev", text=text.replace("4444", "22")))
    story.breaks("values", story.promoted("dev", text=text.replace("node server", "evil server")))
    return story


@vector("void-values-type", "Values of another type, another sign of zero, another zone.")
def _() -> VectorBuilder:
    story = odd()
    text = story.texts["dev"]
    for before, after in (
        ("tetra = 4444", "tetra = 4444.0"),
        ("yes = true", "yes = 1"),
        ("zero = 0.0", "zero = -0.0"),
        ("list = [1, 2]", "list = [1, 2.0]"),
        ("at = 1979-05-27T07:32:00Z", "at = 1979-05-27T00:32:00-07:00"),
    ):
        assert before in text
        story.breaks("values", story.promoted("dev", text=text.replace(before, after)))
    return story


@vector("valid-values-spelled", "The same values, spelled in other ways.")
def _() -> VectorBuilder:
    story = odd()
    text = story.texts["dev"]
    for before, after in (
        ("zero = 0.0", "zero = 0e0"),
        ("list = [1, 2]", "list = [0x1, 2, ]"),
        ("at = 1979-05-27T07:32:00Z", "at = 1979-05-27 07:32:00+00:00"),
        ("none = nan", "none = -nan"),
    ):
        assert before in text
        text = text.replace(before, after)
        story.lawful(story.promoted("dev", text=text))
    return story


@vector("void-values-more", "The text has a key more, or none at all.")
def _() -> VectorBuilder:
    story = promoted()
    more = story.texts["dev"] + "\n[added]\nx = 1\n"
    story.breaks("values", story.promoted("dev", text=more))
    story.breaks("values", story.promoted("dev", text=""))
    return story


@vector("void-rules-none", "The rules that the promotion carries are given by no profile.")
def _() -> VectorBuilder:
    story = promoted()
    story.breaks("rules", story.promoted("staging", rules=story.keep(b"[]")))
    layers = [{"set": [["ports.tetra", "22"]], "append": [], "remove": [], "create": []}]
    layers[0]["always_create"] = True  # type: ignore[assignment]
    forged = story.keep(canonical.encode_any(layers))
    text = story.texts["local"].replace("4444", "22")
    story.breaks("rules", story.promoted("staging", text=text, rules=forged))
    return story


@vector("void-rules-overlay", "The rules are those of before the overlay, and of an old domain.")
def _() -> VectorBuilder:
    story = promoted()
    before = story.promoted("staging")
    story.lawful(story.profile("staging", OVERLAY))
    story.breaks("rules", before)
    with_overlay = story.promoted("staging")
    story.lawful(story.manifest(MANIFEST.replace("acme.example", "acme.test")))
    story.breaks("rules", with_overlay)
    story.lawful(story.promoted("staging"))
    return story


@vector("void-profile", "The profile is another environment's, or not the one that is shipped.")
def _() -> VectorBuilder:
    story = promoted()
    story.breaks("profile", story.promoted("staging", profile="prod"))
    story.breaks("profile", story.promoted("staging", shipped="ab" * 32))
    return story


@vector("void-source-revision", "The source revision does not exist.")
def _() -> VectorBuilder:
    story = promoted()
    for revision in (2, 77):
        draft = story.promoted("staging", text="x = 1\n", source_revision=revision)
        story.breaks("source-revision", draft)
    return story


@vector("void-via", "The environment that it came by does not have the source revision.")
def _() -> VectorBuilder:
    story = promoted()
    story.lawful(story.edited("[x]\ny = 1"))
    story.breaks("via", story.promoted("staging", source_revision=1))
    story.breaks("via", story.promoted("staging", via="dev"))
    story.breaks("via", story.promoted("staging", via="other"))
    story.lawful(story.promoted("staging", via="dev", source_revision=1))
    return story


@vector("void-environment", "The manifest does not have the environment.")
def _() -> VectorBuilder:
    story = promoted()
    story.lawful(story.manifest(MANIFEST.replace(', "staging"', "")))
    story.breaks("environment", story.promoted("staging"))
    return story


@vector("void-order", 'Out of order under `promotion.gradual = "required"`.')
def _() -> VectorBuilder:
    story = promoted()
    story.lawful(story.manifest(REQUIRED))
    story.lawful(story.edited("[x]\ny = 1"))
    story.breaks("order", story.promoted("staging"))
    story.lawful(story.promoted("dev"))
    story.breaks("order", story.promoted("prod"))
    story.lawful(story.promoted("staging"))
    story.lawful(story.promoted("prod"))
    return story


@vector("void-order-rolled-back", "dev had the revision, and was rolled back from it.")
def _() -> VectorBuilder:
    story = promoted()
    story.lawful(story.manifest(REQUIRED))
    story.lawful(story.edited("[bad]\nx = 1"))
    story.lawful(story.promoted("dev"))
    story.lawful(story.rolled_back("dev", 1))
    story.breaks("order", story.promoted("staging"))
    return story

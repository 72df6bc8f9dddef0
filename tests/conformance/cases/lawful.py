"""Histories of which every event is valid."""

from __future__ import annotations

from tests.conformance.builder import VALID, VectorBuilder, vector
from tests.conformance.signing import ecdsa, hardware, rsa_2048
from tests.gate.histories import LOCAL, MANIFEST, REQUIRED

OVERLAY = """\
remove = ["ports.old"]
[set]
"deployment.hosts" = ["web.{domain}"]
"logging.level" = "error"
[append]
"services.*.command" = " --verbose"
"""


@vector("valid-founding", "An organization and its source of truth, in one batch signed once.")
def _() -> VectorBuilder:
    story = VectorBuilder(manifest="")
    drafts = (story.created(), story.local("environment.created", LOCAL))
    story.lawful(*drafts, story.signer_added("bob"), once=True)
    story.lawful(story.manifest(REQUIRED), by="bob")
    return story


@vector("valid-life", "Edits, overlays, promotions and rollbacks.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.promoted("dev"))
    story.lawful(story.manifest(REQUIRED))
    story.lawful(story.profile("staging", OVERLAY))
    story.lawful(story.edited("[more]\na = 1.5\nb = [{c = 1979-05-27}]"))
    story.lawful(story.promoted("dev"))
    story.lawful(story.promoted("staging", via="dev"))
    story.lawful(story.rolled_back("dev", 1))
    story.lawful(story.rolled_back("local", 1))
    return story


@vector("valid-signers", "Limits, other limits in one batch, and an organization without founder.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.signer_added("bob", ["edit:local", "promote:dev"]))
    story.lawful(story.edited("[bob]\nx = 1"), by="bob")
    story.lawful(story.promoted("dev"), by="bob")
    story.lawful(story.signer_removed("bob"), story.signer_added("bob"))
    story.lawful(story.signer_removed("alice"), by="bob")
    story.lawful(story.manifest(REQUIRED), by="bob")
    return story


@vector("valid-batch", "A batch whose later events follow from the earlier; the last is signed.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.edited("[z]\na = 1"))
    story.lawful(story.promoted("dev"), story.signer_added("bob"), once=True)
    story.lawful(story.manifest(REQUIRED), by="bob")
    return story


@vector("valid-keys", "Signers with ECDSA, RSA and hardware keys.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    keys = {f"ecdsa-{bits}": ecdsa(bits) for bits in (256, 384, 521)}
    keys |= {"rsa": rsa_2048(), "sk": hardware("ed25519"), "sk-ecdsa": hardware("ecdsa")}
    for name, key in keys.items():
        added = {"signer": name, "key": key.line, "may": ["edit:local"]}
        story.lawful(story.event("signer.added", "org", class_version=2, **added))
    for name, key in keys.items():
        text = f"{story.texts['local']}[by-{name}]\nx = 1\n"
        record = story.signed_by(key, name, story.local("environment.edited", text))
        story.admit([record], [VALID])
        story.texts["local"] = text
    return story


@vector("valid-promotion-other-bytes", "The same values with other blanks, comments and line ends.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.promoted("dev"))
    lines = [line for line in story.texts["dev"].splitlines() if line and line[0] != "#"]
    story.lawful(story.edited("[x]\ny = 1"))
    text = "\r\n".join([*lines, "[x]  # the same", "y=1", ""])
    story.lawful(story.promoted("dev", text=text))
    return story


@vector("valid-removal", "An overlay removes keys; whether an empty table goes, its text says.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    overlay = 'remove = ["a.b", "c.d"]\n[append]\n"services.*.command" = " -x"\n'
    story.lawful(story.profile("staging", overlay))
    story.lawful(story.local("environment.edited", f"a.b = 1\n{LOCAL}\n[c]\nd = 1\n"))
    story.lawful(story.promoted("staging"))
    return story


@vector("valid-order-again", "After a rollback and an edit, the order begins again.")
def _() -> VectorBuilder:
    story = VectorBuilder(manifest=REQUIRED)
    story.lawful(story.promoted("dev"))
    story.lawful(story.edited("[bad]\nx = 1"))
    story.lawful(story.promoted("dev"))
    story.lawful(story.rolled_back("dev", 1))
    story.lawful(story.local("environment.edited", f"{LOCAL}\n[good]\nx = 1\n"))
    story.lawful(story.promoted("dev"))
    story.lawful(story.promoted("staging"))
    return story


@vector("valid-secrets", "Recipients, secrets, new encryption, removal, and secrets come back.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.recipient_added("dev"))
    story.lawful(story.secret_set("dev", "A", b"a1\n"), story.secret_set("dev", "B", b"b1\n"))
    back = len(story.log.all)
    both = {"alice": "age1alice", "bob": "age1bob"}
    readers = ["age1alice", "age1bob"]
    files = [["A", 1, story.keep(b"a1 for both\n")], ["B", 1, story.keep(b"b1 for both\n")]]
    story.lawful(
        story.recipient_added("dev", "bob", recipients=both),
        story.secret("secrets.resealed", "dev", secrets=files, recipients=readers),
    )
    story.lawful(story.secret("secret.removed", "dev", key="B", version=1))
    story.lawful(story.secret_set("dev", "A", b"a2\n"))
    restored = {
        "to_position": back,
        "secrets": files,
        "removed": [],
        "recipients": readers,
        "kept_out": [],
    }
    story.lawful(story.secret("secrets.restored", "dev", **restored))
    return story


@vector("valid-clocks", "Neither clocks, nor secrets in texts, nor odd words are the gate's.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    ahead = {"metadata": {"reason": "\U0001f600 \uffff \u2028 caf\u00e9 \x7f"}}
    story.lawful(story.edited("[odd]\npassword = 'hunter2'"))
    text = f"{story.texts['local']}[more]\nx = 1\n"
    story.lawful(
        story.local("environment.edited", text, timestamp="2038-01-19T03:14:08.000000Z", **ahead)
    )
    text += "[back]\nx = 1\n"
    story.lawful(story.local("environment.edited", text, timestamp="1999-12-31T23:59:59.999999Z"))
    return story


@vector("valid-deployments", "A deployment that was healthy and one that failed and was reverted.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.promoted("dev"))
    position = len(story.log.all)
    for number in (1, 2):
        fields = {
            "environment": "dev",
            "host": "web-1",
            "deployment": f"{number:016x}",
            "revision": 1,
            "observed": False,
        }
        begun = {
            "of_position": position,
            "runner": "tsm",
            "secrets": [],
            "files": [],
            "code": None,
            "machine": None,
        }
        story.lawful(story.deployment("started", **fields, **begun))
        if number == 1:
            step = story.deployment("step_done", **fields, step="restart")
            story.lawful(step, story.deployment("healthy", **fields))
        else:
            failed = {"step": "restart", "cause": "did not start", "switched": 1}
            story.lawful(
                story.deployment("failed", **fields, **failed),
                story.deployment("reverted", **fields, cause="request"),
            )
    return story


@vector("valid-hosts", "Under rules 2: operations on hosts, and what a deployment's server told.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.promoted("dev"))
    story.lawful(story.signer_added("bob", ["deploy:dev"]))
    code = {"commit": "ab" * 20, "dirty": False}
    story.lawful(story.begun("0", code=code, machine="3f" * 16), by="bob", rules=2)
    story.lawful(story.ended("0"))
    story.lawful(story.begun("1"))
    story.lawful(story.ended("1", observed=True), rules=2)
    for word in ("stopped", "started", "restarted", "disabled", "enabled"):
        story.lawful(story.operation(word, ["tetra"]), by="bob", rules=2)
    story.lawful(story.operation("uninstalled"), story.operation("forgotten"), rules=2, once=True)
    return story


@vector("valid-manifest", "The policy of then counts, whatever the manifest says later.")
def _() -> VectorBuilder:
    story = VectorBuilder(manifest=MANIFEST.replace("advised", "off"))
    story.lawful(story.promoted("prod"))
    story.lawful(story.manifest(REQUIRED))
    story.lawful(story.promoted("dev"))
    return story

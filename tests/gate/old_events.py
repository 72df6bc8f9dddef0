"""A lawful history of the first edition with an event of each kind, and hostile values for them."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from tests.conformance.builder import VectorBuilder
from tests.gate.histories import LOCAL, REQUIRED, key
from tetra_es.log import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es.log.linking import Draft

HOST = {"environment": "dev", "host": "web-1", "deployment": "0" * 16, "revision": 1}
AGE_FILES = (b"first", b"second", b"third")

Place = tuple[Any, ...]


def founded() -> VectorBuilder:
    """Return a story of the first edition in which alice and bob sign."""
    story = VectorBuilder(manifest="")
    story.old(story.old_created())
    story.old(story.old_state("environment.created", "local", LOCAL))
    bob = {"signer": "bob", "key": key(2).public_line}
    story.old(story.old_event("signer.added", "org", **bob))
    return story


def each_kind(story: VectorBuilder) -> Iterator[Draft]:
    """Yield lawful events, each to be recorded before the next one is asked for."""
    event, state = story.old_event, story.old_state
    local, first = LOCAL + "\n[x]\ny = 1\n", "[ports]\ntetra = 1\n"
    yield event("scan.exception_added", "org", file="local", key="metrics.id")
    yield event("manifest.edited", "org", revision=2, text=REQUIRED, changes=[["a", None, "1"]])
    overlay = {"environment": "dev", "revision": 1, "text": "[set]\nz = 1\n", "changes": []}
    yield event("profile.edited", "org", **overlay)
    yield state("environment.edited", "local", local)
    yield story.old_promoted("dev", first, 2)
    at = len(story.log.all)
    back = {"to_revision": 1, "to_position": at, "source_revision": 2}
    yield state("environment.rolled_back", "dev", first, **back)
    yield state("environment.imported", "prod", first, origin="prod.toml.bak", kind="backup")
    yield state("environment.created", "qa", first)
    yield from _secrets(story)
    yield from _deployments(story)
    carol = {"signer": "carol", "key": key(3).public_line}
    yield event("signer.added", "org", **carol)
    yield event("signer.removed", "org", **carol)


def _secrets(story: VectorBuilder) -> Iterator[Draft]:
    digests = [story.keep(body) for body in AGE_FILES]
    readers = {"recipients": ["age1alice"]}

    def event(topic: str, **fields: Any) -> Draft:
        return story.old_event(topic, "secrets:dev", environment="dev", **fields)

    both = {"alice": "age1alice", "bob": "age1bob"}
    yield event("recipient.added", name="bob", recipient="age1bob", recipients={"bob": "age1bob"})
    yield event("recipient.added", name="alice", recipient="age1alice", recipients=both)
    alone = {"alice": "age1alice"}
    yield event("recipient.removed", name="bob", recipient="age1bob", recipients=alone)
    yield event("secret.set", key="A", version=1, digest=digests[0], **readers)
    yield event("secrets.resealed", secrets=[["A", 1, digests[1]]], **readers)
    yield event("secret.set", key="A", version=2, digest=digests[2], **readers)
    back = {"secrets": [["A", 1, digests[1]]], "removed": [], "kept_out": [["A", 2, digests[2]]]}
    yield event("secrets.restored", to_position=3, **back, **readers)
    yield event("secret.compromised", key="A", version=2)
    yield event("secret.removed", key="A", version=1)
    yield event("secret.purged", key="A", version=1, digests=digests[:2])


def _deployments(story: VectorBuilder) -> Iterator[Draft]:
    def event(word: str, **fields: Any) -> Draft:
        return story.old_event(f"deployment.{word}", "deployments:dev@web-1", **HOST, **fields)

    sent = {"secrets": [["A", 1, "ab" * 32]], "files": [["/etc/x", "cd" * 32], ["/y", ""]]}
    for end in ("healthy", "failed", "reverted"):
        yield event("started", of_position=5, runner="tsm", **sent)
        yield event("step_done", step="stage")
        if end == "healthy":
            yield event("healthy")
        else:
            yield event("failed", step="restart", cause="it did not start", switched=1)
        if end == "reverted":
            yield event("reverted", cause="deadline; a.service")


DEEP: list[Any] = []
for _ in range(90):
    DEEP = [DEEP]

HOSTILE: Sequence[Any] = (
    *(None, True, 0, 1, 2, 99, 2**53 - 1, -1, 0.5, 1e21),
    *("", "0", "2", "99", "01", "1\n", "\u0661", "x", "local", "dev", "manifest", "profile dev"),
    *("alice", "bob", "carol", "-oProxyCommand=x", "a,b", "*", 'a namespaces="git"', "a b"),
    *("a\nb", "\x00", "\x1b[31m", "\u202e\u2028\x85", "\ufeff", "e\u0301", "\U0001f600", "%s{x}"),
    *("../../x", "/etc/passwd", ".git/config", "<script>", "=cmd|''!A1", "-" * 5_000),
    *("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2026-11-22", "ab" * 32),
    *("a = [", "name = 1\n", "x = 1\n", key(9).public_line, "ssh-ed25519 AAAA", "corrected"),
    *([], {}, [[]], [1, 1], ["x"], ["age1alice"], DEEP, {"a": DEEP}, {"": ""}, {"x\ny": "z\n# a"}),
    *([["A", 1, "ab" * 32]], [["a", None, "1"], ["a", "1", None]], [["\n", "\x00", None]]),
    *([["/etc/x", "no digest"]], {"rules": "age1x"}, {"class_version": "age1x"}),
)
MORE: Sequence[str] = (
    *("rules", "batch", "class_version", "recorded", "clock", "imported", "caused_by", "change"),
    *("rerecorded_from", "undoes", "void", "text", "digest", "\x00"),
)
"""Members that no event of the first edition has, to be added to it or to its metadata."""


def places(state: Any, above: Place = ()) -> Iterator[Place]:
    """Yield the place of everything in a state, and of members that could be there."""
    names = state.items() if isinstance(state, dict) else enumerate(state)
    for name, value in names:
        yield (*above, name)
        if isinstance(value, dict | list):
            yield from places(value, (*above, name))
    if not above or above == ("metadata",):
        yield from ((*above, name) for name in MORE)


def changed(draft: Draft, place: Place, value: Any) -> Draft:
    """Return an event with another value in one place."""
    state = json.loads(draft.state)
    inside = state
    for name in place[:-1]:
        inside = inside[name]
    inside[place[-1]] = copy.deepcopy(value)
    return draft._replace(state=canonical.encode(state))

"""Telling a history for a vector: what happens, and what every program has to say of it."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.conformance.vectors import Expected, Vector
from tests.gate.histories import LOCAL, MANIFEST, NAMES, TIME, History
from tests.log.events import replaced, rewritten
from tetra_es.crypto.ssh import sshsig
from tetra_es.gate.gate import Gate
from tetra_es.log import canonical, chain
from tetra_es.log.linking import Draft

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tests.conformance.signing import Key
    from tetra_es.crypto.ssh.keys import SigningKey
    from tetra_es.gate.verdicts import Verdict
    from tetra_es.log.record import Record

VALID = Expected("valid", None)
BATCH_VOID = Expected("void", "batch-void")


class VectorBuilder(History):
    """A history of which each event is told with its verdict. The gate is asked at the end."""

    def __init__(self, *, manifest: str = MANIFEST, local: str = LOCAL) -> None:
        self.expected: list[Expected] = []
        self.rest: list[Record] = []
        """Events that are refused or unknown, and those that come after them."""
        super().__init__(manifest=manifest, local=local)

    # What happens

    def lawful(
        self, *drafts: Draft, by: str = "alice", once: bool = False, rules: int = 1
    ) -> list[Verdict]:
        """Record a batch that is valid."""
        found = super().lawful(*drafts, by=by, once=once, rules=rules)
        self.expected += [VALID] * len(drafts)
        return found

    def old(self, *drafts: Draft, by: str = "alice") -> None:
        """Record events of the first edition that are valid, each for itself."""
        for draft in drafts:
            self.admit(self.linked(draft, by=by, rules=0), [VALID])

    def breaks(
        self, reason: str, *drafts: Draft, by: str = "alice", culprit: int = 0, rules: int = 1
    ) -> None:
        """Record a batch that is void because of one of its events, `culprit`."""
        expected = [BATCH_VOID] * len(drafts)
        expected[culprit] = Expected("void", reason)
        before = self.snapshot()
        self.admit(self.linked(*drafts, by=by, rules=rules), expected)
        assert self.snapshot() == before, "a void event changed something"

    def admit(self, records: Sequence[Record], expected: Sequence[Expected]) -> None:
        """Take events in."""
        self.log.all += records
        found = [said(each) for each in self.gate.admit(records)]
        assert found == list(expected), (found, expected)
        self.expected += expected

    def stops(self, reason: str, *records: Record, at: int = 0) -> None:
        """End with events of which one is refused or unknown."""
        verdict = "unknown" if reason.startswith("unknown-") else "refused"
        self.rest = list(records)
        self.expected += [Expected(None, None)] * len(records)
        self.expected[len(self.log.all) + at] = Expected(verdict, reason)

    def destroy(self, *digests: str) -> None:
        """Lose bodies."""
        for digest in digests:
            del self.log.bodies[bytes.fromhex(digest)]

    # What records are made of

    def one(self, draft: Draft, *, by: str = "alice", **metadata: Any) -> Record:
        """Return an event that follows, with other metadata; None takes a member out."""
        state = canonical.decode(draft.state)
        state["metadata"] = {"batch": [1, 1], "rules": 1, **state["metadata"], **metadata}
        for name in [name for name, value in metadata.items() if value is None]:
            del state["metadata"][name]
        return self.linked(draft._replace(state=canonical.encode(state)), by=by, rules=0)[0]

    def signed_by(self, key: Key, actor: str, draft: Draft) -> Record:
        """Return an event that follows, signed with a key of any kind."""
        record = self.one(draft, actor=actor)
        return replaced(record, signature=key.sign(chain.signed_bytes(record.hash)))

    def vector(self, name: str, about: str) -> Vector:
        """Return the vector, of which the gate says what is expected."""
        vector = Vector(
            name, about, [*self.log.all, *self.rest], self.expected, dict(self.log.bodies)
        )
        source = vector.log()
        gate = Gate(source)
        found = outcome(gate.admit(source.records()), vector.records)
        assert found == self.expected, (name, found, self.expected)
        vector.result = result(gate)
        return vector

    def taken_back(self, reason: str, *, at: int) -> None:
        """End with all that was recorded: an event of before is refused because of the last."""
        self.rest, self.log.all = self.log.all[at - 1 :], self.log.all[: at - 1]
        self.expected[at - 1 :] = [Expected(None, None)] * len(self.rest)
        self.expected[at - 1] = Expected("refused", reason)

    @staticmethod
    def signer(name: str) -> SigningKey:
        """Return a signer's key."""
        return NAMES[name]

    @staticmethod
    def with_actor(draft: Draft, actor: str) -> Draft:
        """Return an event that says that somebody else recorded it."""
        state = canonical.decode(draft.state)
        state["metadata"]["actor"] = actor
        return draft._replace(state=canonical.encode(state))

    # Events

    def promoted_to_local(self) -> Draft:
        """Return a promotion of dev with `local` for its environment."""
        state = canonical.decode(self.promoted("dev").state)
        state |= self.state_fields("local", "x = 1\n")
        return Draft("env:local", 0, "environment.promoted", canonical.encode(state))

    def holding(self, what: bytes) -> list[bytes]:
        """Return the digests of the bodies that hold something."""
        return [digest for digest, body in self.log.bodies.items() if what in body]

    def purged(self, *digests: bytes, **more: Any) -> Draft:
        """Return the purge of some bodies."""
        named = self.gate.readers(digests)
        fields: dict[str, Any] = {
            "digests": [digest.hex() for digest in digests],
            "named_by": [{"position": at, "verdict": said} for at, said in sorted(named.items())],
        }
        return self.event("bodies.purged", "org", **fields | more)

    def deployment(self, word: str, **fields: Any) -> Draft:
        """Return an event of a deployment."""
        topic, stream = f"deployment.{word}", "deployments:dev@web-1"
        return self.event(topic, stream, class_version=2, **fields)

    # Events of the first edition

    def old_event(self, topic: str, stream: str, /, **fields: Any) -> Draft:
        """Return an event of the first edition."""
        metadata = {"reason": "", "correlation": "c", "tool": "tetra-es/0.1.0", "format": "1"}
        metadata |= fields.pop("metadata", {})
        state = {"timestamp": TIME, **fields, "metadata": metadata}
        return Draft(stream, 0, topic, canonical.encode(state))

    def old_created(self, text: str = MANIFEST, **more: Any) -> Draft:
        founder = {"name": "acme", "signer": "alice", "key": NAMES["alice"].public_line}
        fields = {**founder, "text": text, "changes": self._old_changes("manifest", text)}
        return self.old_event("organization.created", "org", **fields | more)

    def old_state(self, topic: str, environment: str, text: str, /, **more: Any) -> Draft:
        """Return an event that gives an environment a text."""
        fields = {
            "environment": environment,
            "revision": self.gate.state.environment(environment).revision + 1,
            "text": text,
            "digest": sha256(text.encode()).hexdigest(),
            "changes": self._old_changes(environment, text),
        }
        return self.old_event(topic, f"env:{environment}", **fields | more)

    def old_promoted(self, environment: str, text: str, revision: int, **more: Any) -> Draft:
        fields = {"source_revision": revision, "via": "local", "profile": environment}
        fields |= {"profile_digest": "ab" * 32}
        return self.old_state("environment.promoted", environment, text, **fields | more)

    def _old_changes(self, file: str, text: str) -> list[list[Any]]:
        self.texts[file], before = text, self.texts.get(file)
        return [["", None, None]] if before is None else [["x", None, "1"]]


def said(verdict: Verdict) -> Expected:
    """Return a verdict of the gate as vectors have it."""
    return Expected(str(verdict.kind), str(verdict.reason) if verdict.reason else None)


def outcome(verdicts: Iterable[Verdict], records: Sequence[Record]) -> list[Expected]:
    """Return what the gate says of records. One may be refused after it was admitted."""
    found = [Expected(None, None)] * len(records)
    for number, verdict in enumerate(verdicts):
        place = number if records[number] == verdict.record else records.index(verdict.record)
        if not verdict.admitted:
            found[place:] = [Expected(None, None)] * (len(records) - place)
        found[place] = said(verdict)
    return found


def result(gate: Gate) -> dict[str, Any]:
    """Return what there is after the last event that was admitted, in JSON."""
    state = gate.state
    return {
        "head": {"position": state.head.position, "hash": state.head.hash.hex()},
        "floor": state.floor,
        "signers": {
            name: None if signer.may is None else sorted(signer.may)
            for name, signer in sorted(state.signers.items())
        },
        "texts": {
            **({"manifest": state.manifest.digest.hex()} if state.manifest else {}),
            **{f"profile {name}": at.digest.hex() for name, at in sorted(state.profiles.items())},
            **{
                name: at.digest.hex()
                for name, lineage in sorted(state.environments.items())
                if (at := lineage.newest)
            },
        },
        "secrets": {
            name: dict(sorted(vault.present.items()))
            for name, vault in sorted(state.vaults.items())
            if vault.present
        },
    }


def resigned(record: Record, by: str = "alice", **parts: Any) -> Record:
    """Return a record with other parts, its hash and a signature over that."""
    again = rewritten(record, **parts)
    return replaced(again, signature=sshsig.sign(chain.signed_bytes(again.hash), NAMES[by]))


_Tell: TypeAlias = "Callable[[], VectorBuilder]"

TOLD: dict[str, tuple[str, Callable[[], VectorBuilder]]] = {}
"""Name to what it is about, and the story."""


def vector(
    name: str, about: str
) -> Callable[[Callable[[], VectorBuilder]], Callable[[], VectorBuilder]]:
    """Register a story as a vector. One that ends with a void event goes on with a lawful one."""

    def register(tell: _Tell) -> _Tell:
        assert name not in TOLD, name
        TOLD[name] = (about, tell)
        return tell

    return register


def told(name: str) -> Vector:
    """Return a vector as its story says."""
    about, tell = TOLD[name]
    story = tell()
    if not story.rest and story.expected[-1] != VALID and story.gate.state.floor:
        story.goes_on()
    return story.vector(name, about)

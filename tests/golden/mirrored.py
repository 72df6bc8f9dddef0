"""Histories for the golden commits of format 2; `python -m tests.golden.mirrored` writes them.

Files that are there stay. The events are those of a program, and of signers who break rules, with
keys and times that are always the same, as the gate judged them.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.gate.histories import ALICE, LOCAL, MANIFEST, TIME, History
from tetra_es.gate.verdicts import Kind
from tetra_es.log import canonical
from tetra_es.log.linking import Draft
from tetra_es.log.naming import bodies_named
from tetra_es.log.record import Record
from tetra_es_projections.mirror.check import expected_ids
from tetra_es_projections.tree import TreeProjector

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Self

FOLDER = Path(__file__).parent / "format-2"

SLIP = 'password = "hunter2"'
READERS = ["age1alice"]


class HistoryBuilder(History):
    """A history whose events have reasons."""

    def __init__(self) -> None:
        super().__init__(manifest="")
        self.destroyed: dict[bytes, bytes] = {}
        """Bodies that were purged, by digest."""

    def because(
        self, reason: str, *drafts: Draft, by: str = "alice", once: bool = False, rules: int = 1
    ) -> None:
        """Record a batch that must be valid."""
        batch = [_with(draft, reason=reason) for draft in drafts]
        self.lawful(*batch, by=by, once=once, rules=rules)

    def does(self, draft: Draft, by: str = "alice") -> None:
        """Record an event that must be valid."""
        self.because("", draft, by=by)

    def breaks(self, *drafts: Draft, by: str = "alice", rules: int = 1) -> None:
        """Record a batch that must be void."""
        found = self.record(*drafts, by=by, rules=rules)
        assert {each.kind for each in found} == {Kind.VOID}, found

    def without(self, content: bytes) -> Self:
        """Destroy the bodies that have this in them, as a purge does."""
        for digest in [one for one, body in self.log.bodies.items() if content in body]:
            self.destroyed[digest] = self.log.bodies.pop(digest)
        return self

    def old(self, stream: str, topic: str, **fields: Any) -> None:
        """Record an event of the first edition, which must be valid."""
        metadata = {"reason": "of old", "correlation": "c", "tool": "tetra-es/0", "format": "1"}
        state = {"timestamp": TIME, "metadata": metadata, **fields}
        draft = Draft(stream, 0, topic, canonical.encode(state))
        assert [each.kind for each in self.record(draft, rules=0)] == [Kind.VALID]


def new() -> HistoryBuilder:
    """Return a history under rules 1 from its beginning, with every topic of theirs but one."""
    history = HistoryBuilder()
    history.because("first things first", history.created(MANIFEST))
    history.does(history.local("environment.created", LOCAL))
    _settings(history)
    _people(history)
    _secrets(history)
    _deployments(history)
    _void(history)
    return history


def upgraded() -> HistoryBuilder:
    """Return a history of the first edition that was upgraded."""
    history = HistoryBuilder()
    history.old(
        "org",
        "organization.created",
        name="acme",
        text=MANIFEST,
        changes=[["name", None, '"acme"']],
        signer="alice",
        key=ALICE.public_line,
    )
    changes = [["environment.name", None, '"local"']]
    state = {"revision": 1, "text": LOCAL, "digest": sha256(LOCAL.encode()).hexdigest()}
    fields: dict[str, Any] = {"environment": "local", "changes": changes, **state}
    history.old("env:local", "environment.created", **fields)
    reader = {"name": "alice", "recipient": "age1alice", "recipients": {"alice": "age1alice"}}
    history.old("secrets:dev", "recipient.added", environment="dev", **reader)
    for number in (1, 2):
        secret = {"key": "A", "version": number, "recipients": READERS}
        digest = history.keep(b"age file %d" % number)
        history.old("secrets:dev", "secret.set", environment="dev", digest=digest, **secret)
    history.texts |= {"manifest": MANIFEST, "local": LOCAL}
    early = history.edited("[too]\nearly = 1")
    history.breaks(early)
    history.does(history.event("organization.upgraded", "org", floor=1))
    history.breaks(
        history.event("signer.removed", "org", signer="alice", key=ALICE.public_line), rules=0
    )
    history.does(history.edited("[late]\nenough = 1"))
    history.does(history.promoted("dev"))
    history.does(history.secret_purged("dev", "A", 1, b"age file 1"))
    return history.without(b"age file 1")


def purged() -> HistoryBuilder:
    """Return a history in which a value that was a secret is gone again, and was purged."""
    history = HistoryBuilder()
    history.does(history.created(MANIFEST))
    history.does(history.local("environment.created", LOCAL))
    history.does(history.signer_added("bob", ["deploy:dev"]))
    history.does(history.edited(f"[slip]\n{SLIP}"))
    history.does(history.promoted("dev"))
    history.breaks(history.edited(f"[slip2]\n{SLIP}"), by="bob")
    clean = history.texts["local"].replace("hunter2", "")
    history.because("it was a secret", history.local("environment.edited", clean))
    history.does(history.promoted("dev"))
    wanted = [digest for digest, body in history.log.bodies.items() if b"hunter2" in body]
    named = history.gate.readers(wanted)
    fields: dict[str, Any] = {
        "digests": [digest.hex() for digest in wanted],
        "named_by": [{"position": at, "verdict": said} for at, said in sorted(named.items())],
    }
    history.because("rotated", history.event("bodies.purged", "org", **fields))
    history.does(history.edited("[more]"))
    return history.without(b"hunter2")


def hosts() -> HistoryBuilder:
    """Return a history with what came with rules 2: what was done on hosts, and what they told."""
    history = HistoryBuilder()
    history.does(history.created(MANIFEST))
    history.does(history.local("environment.created", LOCAL))
    history.does(history.promoted("dev"))
    history.does(history.signer_added("bob", ["deploy:dev"]))
    history.breaks(history.operation("stopped"), by="bob")
    started = history.begun("0", code={"commit": "ab" * 20, "dirty": True}, machine="3f" * 16)
    history.because("", started, by="bob", rules=2)
    history.because("", history.ended("0", observed=True), rules=2)
    for word in ("stopped", "started", "restarted", "disabled", "enabled"):
        history.because(word, history.operation(word, ["tetra"]), by="bob", rules=2)
    history.because(
        "moves", history.operation("uninstalled"), history.operation("forgotten"), rules=2
    )
    history.does(history.edited("[more]"))
    return history


def moved() -> HistoryBuilder:
    """Return a history with what came with rules 3: a log that moved, and what was re-recorded."""
    history = HistoryBuilder()
    history.does(history.created(MANIFEST))
    history.does(history.local("environment.created", LOCAL))
    there: dict[str, Any] = {"address": "git@new.acme.example:acme.git"}
    there["before"] = "git@old.acme.example:acme.git"
    history.because("a new host", history.event("log.moved", "org", **there), rules=3)
    origin = {"position": 4, "hash": "ab" * 32, "timestamp": TIME}
    again = _with(history.edited("[more]"), rerecorded_from=origin)
    history.because("", again, rules=3)
    history.breaks(history.event("log.moved", "org", **there))
    history.does(history.promoted("dev"))
    history.does(history.edited("[z]"))
    return history


HISTORIES = {"new": new, "upgraded": upgraded, "purged": purged, "hosts": hosts, "moved": moved}


def _settings(history: HistoryBuilder) -> None:
    history.because("Not one:\n\nEvent: 9\n---\nVerdict: void", history.edited("# a comment"))
    history.does(history.edited("[x]\na = 1\nb = 2"))
    history.does(history.manifest(MANIFEST.replace("acme.example", "acme.example.org")))
    history.does(history.profile("dev", '[set]\n"logging.level" = "info"\n'))
    history.because("all at once", history.promoted("dev"))
    history.because("", history.promoted("staging"), history.promoted("prod"), once=True)
    history.does(history.edited("[z]"))
    history.does(history.promoted("dev"))
    history.because("oops", history.rolled_back("dev", 1))
    fields = history.state_fields("staging", "[x]\na = 1\n")
    fields |= {"origin": "staging.toml.backup.20261101", "kind": "backup"}
    draft = history.event("environment.imported", "env:staging", class_version=2, **fields)
    draft = _with(draft, imported=fields["origin"], recorded=TIME)
    history.does(_at("1969-12-31T23:59:59.000000Z", draft))


def _people(history: HistoryBuilder) -> None:
    history.does(history.signer_added("bob", ["promote:dev", "deploy:dev"]))
    history.does(history.signer_added("carol"))
    again = history.signer_added("bob", ["deploy:dev"])
    history.because("fewer limits", history.signer_removed("bob"), again)
    history.does(history.signer_removed("carol"))
    history.does(history.event("scan.exception_added", "org", file="local", key="x.a"))


def _secrets(history: HistoryBuilder) -> None:
    history.does(history.recipient_added("dev"))
    history.does(history.secret_set("dev", "A", b"age file 1"))
    history.does(history.secret_set("dev", "A", b"age file 2"))
    history.does(history.secret_set("dev", "B", b"age file 3"))
    before = history.log.head.position
    bob: dict[str, Any] = {"environment": "dev", "name": "bob", "recipient": "age1bob"}
    both = {"alice": "age1alice", "bob": "age1bob"}
    history.does(history.event("recipient.added", "secrets:dev", **bob, recipients=both))
    history.does(_re_encrypted(history, 4, ["age1alice", "age1bob"]))
    alice = {"alice": "age1alice"}
    history.does(history.event("recipient.removed", "secrets:dev", **bob, recipients=alice))
    history.does(_re_encrypted(history, 6, READERS))
    history.does(history.secret("secret.removed", "dev", key="B", version=1))
    history.does(history.secret("secret.compromised", "dev", key="A", version=1))
    restored = {"removed": [], "recipients": READERS, "kept_out": [["A", 1, "ab" * 32]]}
    sealed = [["A", 2, history.keep(b"age file 6")], ["B", 1, history.keep(b"age file 7")]]
    restored |= {"to_position": before, "secrets": sealed}
    history.does(history.secret("secrets.restored", "dev", **restored))


def _re_encrypted(history: HistoryBuilder, number: int, readers: list[str]) -> Draft:
    names = (("A", 2, number), ("B", 1, number + 1))
    sealed = [[key, version, history.keep(b"age file %d" % one)] for key, version, one in names]
    return history.secret("secrets.resealed", "dev", secrets=sealed, recipients=readers)


def _deployments(history: HistoryBuilder) -> None:
    history.does(history.promoted("dev"))
    common = {
        "environment": "dev",
        "host": "web-1",
        "deployment": "00c0ffee00c0ffee",
        "revision": history.gate.state.environment("dev").revision,
        "observed": False,
    }
    started: dict[str, Any] = {"of_position": history.log.head.position, "runner": "tsm"}
    started |= {"secrets": [["A", 2, "ab" * 32]], "files": [["/etc/tetra/dev.env", ""]]}
    steps: dict[str, dict[str, Any]] = {
        "started": {**started, "code": None, "machine": None},
        "step_done": {"step": "restart"},
        "failed": {"step": "health", "cause": "tetra answered 503", "switched": 1},
        "reverted": {"cause": "request"},
        "healthy": {},
    }
    for word, more in steps.items():
        fields: dict[str, Any] = {**common, **more}
        topic, stream = f"deployment.{word}", "deployments:dev@web-1"
        history.does(history.event(topic, stream, class_version=2, **fields), by="bob")


def _void(history: HistoryBuilder) -> None:
    """Break rules of every sort: what is void is mirrored all the same."""
    history.breaks(history.edited('[bob]\nwas = "here"'), by="bob")
    history.breaks(history.promoted("dev", text="[all]\nwrong = 1\n"))
    history.breaks(history.edited("[y]\nz = 1"), history.signer_removed("carol"))
    strange = f"no.such\n\u202etopic{'x' * 80}"
    history.breaks(history.event(strange, "nowhere: é", a=[1, {"b": None}]))
    hold: dict[str, Any] = {"environment": "dev", "source_revision": 1, "of_position": 5}
    history.breaks(history.event("hold.set", "env:dev", **hold))
    history.does(_at("9999-12-31T23:59:59.999999Z", history.edited("[w]")))
    sealed = history.secret_set("dev", "A", b"age file 8", recipients=["age1mallory"])
    history.breaks(sealed)
    history.breaks(Draft("org", 0, "signer.added", _with(sealed).state), rules=0)


def _with(draft: Draft, **metadata: Any) -> Draft:
    state = canonical.decode(draft.state)
    state["metadata"] |= metadata
    return draft._replace(state=canonical.encode(state))


def _at(time: str, draft: Draft) -> Draft:
    state = canonical.decode(draft.state) | {"timestamp": time}
    return draft._replace(state=canonical.encode(state))


class Mirrored:
    """Records with their verdicts and bodies: what the mirror needs of a log."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.bodies: dict[bytes, bytes] = {}
        self.destroyed: dict[bytes, bytes] = {}
        """What there was before a purge."""
        self.void: set[int] = set()
        self.commits: list[tuple[int, str]] = []

    @classmethod
    def of(cls, history: HistoryBuilder) -> Self:
        """Return a history with the ids that its commits have."""
        self = cls()
        self.records, self.bodies = history.log.all, history.log.bodies
        self.destroyed = history.destroyed
        self.void = set(history.gate.state.void)
        self.commits = list(expected_ids(self.records, None, self.content()))
        return self

    @classmethod
    def read(cls, history: str) -> Self:
        """Return one of the golden histories, with the ids as they were first made."""
        self = cls()
        for line in (FOLDER / f"{history}.jsonl").read_text("ascii").splitlines():
            row = json.loads(line)
            previous, hash_ = bytes.fromhex(row["previous"]), bytes.fromhex(row["hash"])
            parts = (row["position"], row["stream"], row["version"], row["topic"])
            proof = (previous, hash_, b64decode(row["signature"]))
            self.records.append(Record(*parts, row["state"].encode(), *proof))
            if row["void"]:
                self.void.add(row["position"])
            for name, into in (("bodies", self.bodies), ("destroyed", self.destroyed)):
                into |= {bytes.fromhex(one): b64decode(body) for one, body in row[name].items()}
            self.commits.append((row["position"], row["commit"]))
        return self

    def content(self) -> TreeProjector:
        """Return the tree before the first event."""
        return TreeProjector(dict, self.bodies.get, self.void.__contains__)

    def lines(self) -> str:
        """Return what a golden file holds: a JSON object for each event."""
        return "".join(
            json.dumps(self._row(record, commit)) + "\n"
            for record, (_, commit) in zip(self.records, self.commits, strict=True)
        )

    def _row(self, record: Record, commit: str) -> dict[str, Any]:
        named = bodies_named(record)
        return {
            "position": record.position,
            "stream": record.stream,
            "version": record.version,
            "topic": record.topic,
            "state": record.state.decode(),
            "previous": record.previous.hex(),
            "hash": record.hash.hex(),
            "signature": b64encode(record.signature).decode(),
            "void": record.position in self.void,
            "bodies": _encoded(named, self.bodies),
            "destroyed": _encoded(named, self.destroyed),
            "commit": commit,
        }


def _encoded(digests: Iterable[bytes], bodies: Mapping[bytes, bytes]) -> dict[str, str]:
    return {one.hex(): b64encode(bodies[one]).decode() for one in digests if one in bodies}


def main() -> None:
    """Write what is missing."""
    FOLDER.mkdir(exist_ok=True)
    for name, make in HISTORIES.items():
        if not (path := FOLDER / f"{name}.jsonl").exists():
            path.write_text(Mirrored.of(make()).lines(), "ascii")


if __name__ == "__main__":
    main()

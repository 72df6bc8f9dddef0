"""Histories under rules 1, as a program would record them, and as a signer would forge them."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tetra_es.crypto.ssh.keys import Ed25519Key
from tetra_es.gate.gate import Gate
from tetra_es.gate.verdicts import Kind, Reason, Verdict
from tetra_es.log import canonical
from tetra_es.log.chain import START, Head
from tetra_es.log.linking import Draft, link
from tetra_es.profiles.carried import filled_layers, plain_layers
from tetra_es.profiles.generate import apply_profile
from tetra_es.profiles.load import effective_profile
from tetra_es.schema.manifest import read_manifest
from tetra_es.toml.diff import changes_between
from tetra_es.toml.document import ConfigDocument

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es.log.record import Record

TIME = "2026-11-22T10:05:00.000000Z"

MANIFEST = """\
name = "acme"
domain = "acme.example"
environments = ["local", "dev", "staging", "prod"]
[promotion]
gradual = "advised"
"""
REQUIRED = MANIFEST.replace("advised", "required")

LOCAL = """\
[environment]
name = "local"
type = "local"

[ports]
tetra = 4444

[services.tetra]
command = "node server/server.js"
env_file = "env/local.env"

[resources]
memory_max = 0 # MB
"""


def key(seed: int) -> Ed25519Key:
    """Return a signing key, always the same for a number."""
    return Ed25519Key(Ed25519PrivateKey.from_private_bytes(bytes([seed] * 32)))


ALICE, BOB, CAROL = key(1), key(2), key(3)
NAMES = {"alice": ALICE, "bob": BOB, "carol": CAROL}


class Memory:
    """A log in memory; see `gate.bodies.Source`."""

    def __init__(self) -> None:
        self.all: list[Record] = []
        self.bodies: dict[bytes, bytes] = {}

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        yield from self.all[after:upto]

    def body(self, digest: bytes) -> bytes | None:
        return self.bodies.get(digest)

    @property
    def head(self) -> Head:
        return self.all[-1].head if self.all else START


class History:
    """A history that grows by what people record, lawful or not, and its gate."""

    def __init__(self, *, manifest: str = MANIFEST, local: str = LOCAL) -> None:
        self.log = Memory()
        self.gate = Gate(self.log)
        self.verdicts: list[Verdict] = []
        self.texts: dict[str, str] = {}
        """Stream or file to its newest valid text."""
        self.recipients: dict[str, str] = {}
        if manifest:
            self.lawful(self.created(manifest), self.local("environment.created", local))

    # What is recorded

    def record(
        self, *drafts: Draft, by: str = "alice", once: bool = False, rules: int = 1
    ) -> list[Verdict]:
        """Record a batch, in the log even if it is refused; return what the gate says of it."""
        batch = self.linked(*drafts, by=by, once=once, rules=rules)
        self.log.all += batch
        verdicts = list(self.gate.admit(batch))
        if verdicts and not verdicts[-1].admitted:
            del self.log.all[-len(batch) :]
        self.verdicts += [each for each in verdicts if each.admitted]
        return verdicts

    def linked(
        self, *drafts: Draft, by: str = "alice", once: bool = False, rules: int = 1
    ) -> list[Record]:
        """Return a batch that follows the log, signed by somebody."""
        numbered: list[Draft] = []
        for number, draft in enumerate(drafts, 1):
            state = canonical.decode(draft.state)
            more: dict[str, Any] = {"actor": by}
            if rules:
                more |= {"rules": rules, "batch": [number, len(drafts)]}
            state["metadata"] = {**more, **state["metadata"]}
            count = sum(each.stream == draft.stream for each in numbered)
            version = self.gate.state.versions.get(draft.stream, 0) + 1 + count
            stored = canonical.encode(state)
            numbered.append(draft._replace(state=stored, version=draft.version or version))
        return link(self.log.head, numbered, NAMES[by], once=once)

    def lawful(
        self, *drafts: Draft, by: str = "alice", once: bool = False, rules: int = 1
    ) -> list[Verdict]:
        """Record a batch that must be valid."""
        verdicts = self.record(*drafts, by=by, once=once, rules=rules)
        assert [(each.kind, each.what) for each in verdicts] == [(Kind.VALID, "")] * len(drafts)
        for draft in drafts:
            state = canonical.decode(draft.state)
            if "text" in state:
                text = self.log.bodies[bytes.fromhex(state["text"])].decode()
                self.texts[self._file(draft.topic, state)] = text
        return verdicts

    def void(self, *drafts: Draft, by: str = "alice", rules: int = 1, reason: Reason) -> None:
        """Record a batch that must be void, and then an edit that must be valid."""
        before = self.snapshot()
        verdicts = self.record(*drafts, by=by, rules=rules)
        assert {each.kind for each in verdicts} == {Kind.VOID}, verdicts
        assert len(verdicts) == len(drafts)
        assert reason in {each.reason for each in verdicts}, verdicts
        assert all(each.what for each in verdicts)
        assert self.snapshot() == before
        self.goes_on()

    def goes_on(self) -> None:
        """An honest signer records: it must be valid."""
        text = self.texts["local"] + f"\n[x{len(self.log.all)}]\n"
        self.lawful(self.local("environment.edited", text + "y = 1\n"))

    def snapshot(self) -> object:
        """Return all that rules look at, but for what grows with every event."""
        state = dict(vars(self.gate.state))
        for name in ("head", "versions", "void", "_undo", "_copied"):
            del state[name]
        for lineages in ("environments", "files"):
            state[lineages] = {name: each.packed() for name, each in state[lineages].items()}
        state["vaults"] = {
            name: vault.snapshot() for name, vault in state["vaults"].items() if vault.version
        }
        return {
            name: dict(each) if isinstance(each, dict) else each for name, each in state.items()
        }

    # Events

    def event(self, topic: str, stream: str, /, *, class_version: int = 1, **fields: Any) -> Draft:
        """Return an event of the frozen form."""
        state: dict[str, Any] = {"timestamp": TIME, **fields}
        if class_version > 1:
            state["class_version"] = class_version
        state["metadata"] = {
            "reason": "",
            "correlation": "c",
            "tool": "tetra-es/0",
            "format": "2",
            **fields.get("metadata", {}),
        }
        return Draft(stream, 0, topic, canonical.encode(state))

    def keep(self, body: bytes) -> str:
        """Put a body into the log; return its digest."""
        digest = sha256(body)
        self.log.bodies[digest.digest()] = body
        return digest.hexdigest()

    def text_fields(self, file: str, text: str) -> dict[str, str]:
        """Return the digests of a text, and of what it changes."""
        old = self.texts.get(file)
        before = None if old is None else ConfigDocument(file, old)
        changes = changes_between(before, ConfigDocument(file, text))
        body = canonical.encode_any([list(each) for each in changes])
        return {"text": self.keep(text.encode()), "changes": self.keep(body)}

    def created(self, manifest: str = MANIFEST, **more: Any) -> Draft:
        fields: dict[str, Any] = {
            "name": "acme",
            "signer": "alice",
            "key": ALICE.public_line,
            **self.text_fields("manifest", manifest),
        }
        return self.event("organization.created", "org", class_version=2, **fields | more)

    def manifest(self, text: str, /, **more: Any) -> Draft:
        at = self.gate.state.manifest
        fields: dict[str, Any] = {
            "revision": at.revision + 1 if at else 1,
            "undoes": None,
            "restores": None,
            **self.text_fields("manifest", text),
        }
        return self.event("manifest.edited", "org", class_version=2, **fields | more)

    def profile(self, environment: str, text: str, /, **more: Any) -> Draft:
        at = self.gate.state.file(environment).newest
        fields: dict[str, Any] = {
            "environment": environment,
            "revision": at.revision + 1 if at else 1,
            "undoes": None,
            "restores": None,
            **self.text_fields(f"profile {environment}", text),
        }
        return self.event("profile.edited", "org", class_version=2, **fields | more)

    def local(self, topic: str, text: str, /, **more: Any) -> Draft:
        fields = self.state_fields("local", text)
        if topic == "environment.edited":
            fields["undoes"] = None
        return self.event(topic, "env:local", class_version=2, **fields | more)

    def edited_first(self) -> Draft:
        """Return an edit of what is not there."""
        return self.local("environment.edited", "x = 1\n")

    def edited(self, line: str) -> Draft:
        """Return an edit of local that adds a line at its end."""
        return self.local("environment.edited", f"{self.texts['local']}{line}\n")

    def promoted(self, environment: str, *, text: str | None = None, **more: Any) -> Draft:
        """Return a promotion, of the text that its rules give where none is given."""
        overlay = self.texts.get(f"profile {environment}")
        document = None if overlay is None else ConfigDocument("overlay", overlay)
        profile = effective_profile(environment, document)
        manifest = read_manifest(ConfigDocument("manifest.toml", self.texts["manifest"]))
        places = {
            "org": manifest.name,
            "domain": manifest.domain,
            "environment": environment,
        }
        layers = filled_layers(profile.layers, **places)
        revision = more.get("source_revision", self.gate.state.environment("local").revision)
        if text is None:
            source = ConfigDocument("local", self.text_of("local", revision))
            label = f"local@{revision}"
            text = apply_profile(source, profile, source_label=label, **places).text
        fields: dict[str, Any] = {
            **self.state_fields(environment, text),
            "source_revision": revision,
            "via": "local",
            "profile": profile.name,
            "shipped": effective_profile(profile.name, None).digest,
            "rules": self.keep(canonical.encode_any(plain_layers(layers))),
            "generator": {"tetra_es": "0", "tomlkit": "0.13.3"},
        }
        return self.event(
            "environment.promoted", f"env:{environment}", class_version=2, **fields | more
        )

    def rolled_back(self, environment: str, to: int, /, **more: Any) -> Draft:
        lineage = self.gate.state.environment(environment)
        target = lineage.find(to)
        text = self.text_of(environment, to) if target else "x = 1\n"
        fields: dict[str, Any] = {
            **self.state_fields(environment, text),
            "to_revision": to,
            "to_position": target.position if target else 1,
            "source_revision": target.source if target else None,
            "paths": None,
        }
        return self.event(
            "environment.rolled_back", f"env:{environment}", class_version=2, **fields | more
        )

    def state_fields(self, environment: str, text: str) -> dict[str, Any]:
        return {
            "environment": environment,
            "revision": self.gate.state.environment(environment).revision + 1,
            **self.text_fields(environment, text),
        }

    def signer_added(self, name: str, may: Sequence[str] | None = None, /, **more: Any) -> Draft:
        fields: dict[str, Any] = {
            "signer": name,
            "key": NAMES[name].public_line,
            "may": None if may is None else list(may),
        }
        return self.event("signer.added", "org", class_version=2, **fields | more)

    def signer_removed(self, name: str, **more: Any) -> Draft:
        fields = {"signer": name, "key": NAMES[name].public_line} | more
        return self.event("signer.removed", "org", **fields)

    def recipient_added(self, environment: str, name: str = "alice", /, **more: Any) -> Draft:
        fields: dict[str, Any] = {
            "environment": environment,
            "name": name,
            "recipient": f"age1{name}",
            "recipients": {name: f"age1{name}"},
        }
        return self.event("recipient.added", f"secrets:{environment}", **fields | more)

    def secret_set(self, environment: str, name: str, body: bytes, /, **more: Any) -> Draft:
        fields: dict[str, Any] = {
            "environment": environment,
            "key": name,
            "version": self.gate.state.vault(environment).newest(name) + 1,
            "digest": self.keep(body),
            "recipients": self.gate.state.vault(environment).readers,
            "origin": None,
            "restores": None,
        }
        return self.event("secret.set", f"secrets:{environment}", class_version=2, **fields | more)

    def secret(self, topic: str, environment: str, /, **fields: Any) -> Draft:
        fields = {"environment": environment, **fields}
        return self.event(topic, f"secrets:{environment}", **fields)

    def operation(self, word: str, services: Sequence[str] = (), **more: Any) -> Draft:
        """Return an event of something done by hand on the host web-1 of dev."""
        fields: dict[str, Any] = {"environment": "dev", "host": "web-1"}
        fields["services"] = list(services)
        return self.event(f"host.{word}", "deployments:dev@web-1", **fields, **more)

    def begun(
        self, digit: str, *, code: dict[str, Any] | None = None, machine: str | None = None
    ) -> Draft:
        """Return the beginning of a deployment of dev@1 to the host web-1."""
        fields: dict[str, Any] = {
            **self._deployed(digit, observed=False),
            "of_position": len(self.log.all),
            "runner": "tsm",
            "secrets": [],
            "files": [],
            "code": code,
            "machine": machine,
        }
        return self.event("deployment.started", "deployments:dev@web-1", class_version=2, **fields)

    def ended(self, digit: str, *, observed: bool = False) -> Draft:
        """Return its good end."""
        fields = self._deployed(digit, observed=observed)
        return self.event("deployment.healthy", "deployments:dev@web-1", class_version=2, **fields)

    def _deployed(self, digit: str, *, observed: bool) -> dict[str, Any]:
        common = {"environment": "dev", "host": "web-1", "deployment": digit * 16, "revision": 1}
        return {**common, "observed": observed}

    def secret_purged(
        self, environment: str, name: str, version: int, /, *bodies: bytes, **more: Any
    ) -> Draft:
        digests = [self.keep(body) for body in bodies]
        named = self.gate.readers([bytes.fromhex(digest) for digest in digests])
        fields: dict[str, Any] = {
            "class_version": 2,
            "key": name,
            "version": version,
            "digests": digests,
            "named_by": [{"position": at, "verdict": said} for at, said in named.items()],
        }
        return self.secret("secret.purged", environment, **fields | more)

    def text_of(self, environment: str, revision: int) -> str:
        at = self.gate.state.environment(environment).find(revision)
        assert at is not None
        return self.log.bodies[at.digest].decode()

    @staticmethod
    def _file(topic: str, state: dict[str, Any]) -> str:
        if topic == "profile.edited":
            return f"profile {state['environment']}"
        return str(state.get("environment", "manifest"))

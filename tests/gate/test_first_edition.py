"""What the first edition left is admitted whole, by its own rules, and goes on under rules 1."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from tests.first_edition.archive import ENVIRONMENTS, unpack
from tests.log.events import replaced, rewritten
from tetra_es.crypto.ssh import keys, sshsig
from tetra_es.crypto.ssh.own_key import OwnKey
from tetra_es.events.form.types import PUBLIC_KEY
from tetra_es.gate.gate import Gate
from tetra_es.gate.verdicts import Kind, Reason, Verdict
from tetra_es.log import canonical, chain
from tetra_es.log.linking import Draft, link
from tetra_es.log.sqlite.reader import SqliteLog
from tetra_es.log.upgrade import copy_store
from tetra_es.store.log import EventLog

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.machine import Machine
    from tetra_es.log.record import Record

KEY = PUBLIC_KEY.example
METADATA = {"actor": "alice", "reason": "", "correlation": "c", "tool": "t", "format": "1"}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return unpack(tmp_path_factory.mktemp("first-edition") / "home")


@pytest.fixture(scope="module")
def copied(machine: Machine) -> Path:
    """Its store, in the file that an upgrade makes."""
    path = machine.home / "new.db"
    with EventLog(machine.store) as old:
        copy_store(old, path)
    return path


@pytest.fixture
def log(copied: Path) -> Iterator[SqliteLog]:
    with SqliteLog(copied) as log:
        yield log


@pytest.fixture
def alice(machine: Machine) -> keys.SigningKey:
    return OwnKey(machine.home / ".config/tetra-es/id_ed25519").load()


def admitted(log: SqliteLog) -> tuple[Gate, list[Verdict]]:
    gate = Gate(log)
    return gate, list(gate.admit(log.records()))


def test_all_of_it_is_valid(log: SqliteLog) -> None:
    gate, verdicts = admitted(log)
    assert {each.kind for each in verdicts} == {Kind.VALID}
    assert len(verdicts) == log.head().position
    state = gate.state
    assert gate.firm
    assert (state.floor, state.name, [*state.signers]) == (0, "acme", ["alice"])
    assert set(state.environments) == set(ENVIRONMENTS)
    for name, lineage in state.environments.items():
        newest = lineage.newest
        assert newest is not None
        record = log.record(newest.position)
        assert record is not None
        assert canonical.decode(record.state)["digest"] == newest.digest.hex()
        assert canonical.decode(record.state)["revision"] == lineage.revision
        assert record.stream == f"env:{name}"


def old(stream: str, topic: str, **fields: Any) -> Draft:
    state = {"timestamp": "2026-11-22T10:05:00.000000Z", "metadata": METADATA, **fields}
    return Draft(stream, 0, topic, canonical.encode(state))


def offer(gate: Gate, key: keys.SigningKey, *drafts: Draft) -> list[Verdict]:
    """Have the gate admit events, each linked to the one before."""
    found: list[Verdict] = []
    for draft in drafts:
        version = gate.state.versions.get(draft.stream, 0) + 1
        records = link(gate.state.head, [draft._replace(version=version)], key)
        found += gate.admit(records)
    return found


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        (old("org", "no.such"), Reason.TOPIC),
        (old("org", "organization.upgraded", floor=1), Reason.TOPIC),
        (old("org", "signer.added", signer="x"), Reason.FORM),
        (old("org", "signer.added", signer="x", key="k", class_version=2), Reason.FORM),
        (old("env:dev", "signer.added", signer="x", key="k"), Reason.FORM),
        (old("org", "signer.removed", signer="x", key="k"), Reason.SIGNER_MISSING),
        (
            old("secrets:dev", "secret.removed", environment="dev", key="NO", version=1),
            Reason.SECRETS,
        ),
        (
            old("org", "organization.created", name="x", text="", changes=[], signer="a", key=KEY),
            Reason.FOUNDED_AGAIN,
        ),
    ],
)
def test_what_is_void(log: SqliteLog, alice: keys.SigningKey, draft: Draft, reason: Reason) -> None:
    gate, _ = admitted(log)
    honest = old("org", "scan.exception_added", file="local", key="a")
    found = offer(gate, alice, draft, honest)
    assert [(each.kind, each.reason) for each in found] == [
        (Kind.VOID, reason),
        (Kind.VALID, None),
    ]


def test_a_missing_age_file(log: SqliteLog, alice: keys.SigningKey) -> None:
    gate, _ = admitted(log)
    vault = gate.state.vault("dev")
    draft = old(
        "secrets:dev",
        "secret.set",
        environment="dev",
        key="NEW",
        version=1,
        digest="ab" * 32,
        recipients=vault.readers,
    )
    found = offer(gate, alice, draft)
    assert [(each.kind, each.reason) for each in found] == [(Kind.REFUSED, Reason.BODY)]


@pytest.mark.parametrize("position", [1, 2, 40])
def test_one_event_of_another_history(log: SqliteLog, position: int) -> None:
    """A key that was lawful at an event re-signs another one in its place."""
    records = list(log.records())
    other = rewritten(records[position - 1], state=_with_reason(records[position - 1].state))
    records[position - 1] = other
    found = list(Gate(log).admit(records))
    assert (found[-1].kind, found[-1].reason) == (Kind.REFUSED, Reason.SIGNATURE)
    assert found[-1].record.position == position


def test_it_goes_on_under_rules_1(log: SqliteLog, alice: keys.SigningKey) -> None:
    gate, _ = admitted(log)
    upgraded = modern("org", "organization.upgraded", floor=1)
    stale = old("org", "scan.exception_added", file="local", key="a")
    stream = "env:dev"
    dev = gate.state.environment("dev")
    first, newest = dev.find(1), dev.newest
    assert first
    assert newest
    texts = [_text(log, at.position) for at in (newest, first)]
    changes = _changes(*texts)
    bodies = [texts[1].encode(), changes]
    rolled_back = {
        "environment": "dev",
        "revision": dev.revision + 1,
        "text": first.digest.hex(),
        "changes": sha256(changes).hexdigest(),
        "to_revision": 1,
        "to_position": first.position,
        "source_revision": first.source,
        "paths": None,
    }
    found = offer(gate, alice, upgraded, stale)
    assert [(each.kind, each.reason) for each in found] == [
        (Kind.VALID, None),
        (Kind.VOID, Reason.FLOOR),
    ]
    assert gate.state.floor == 1
    draft = modern(stream, "environment.rolled_back", class_version=2, **rolled_back)
    version = gate.state.versions[stream] + 1
    records = link(gate.state.head, [draft._replace(version=version)], alice)
    judged = gate.judge(records, bodies)
    assert [(each.kind, each.what) for each in judged.verdicts] == [(Kind.VALID, "")]


def test_rules_1_begin_with_the_upgrade(log: SqliteLog, alice: keys.SigningKey) -> None:
    """Else a signer could be limited whose events of the first edition nobody checks."""
    gate, _ = admitted(log)
    limited = {"signer": "carol", "key": alice.public_line[:-1] + "A", "may": []}
    added = modern("org", "signer.added", class_version=2, **limited)
    upgraded = modern("org", "organization.upgraded", floor=1)
    found = offer(gate, alice, added, upgraded, added)
    assert [(each.kind, each.reason) for each in found] == [
        (Kind.VOID, Reason.FLOOR),
        (Kind.VALID, None),
        (Kind.VALID, None),
    ]


def modern(stream: str, topic: str, **fields: Any) -> Draft:
    metadata = {**METADATA, "rules": 1, "batch": [1, 1]}
    state = {"timestamp": "2026-11-22T10:05:00.000000Z", "metadata": metadata, **fields}
    return Draft(stream, 0, topic, canonical.encode(state))


def _text(log: SqliteLog, position: int) -> str:
    record = log.record(position)
    assert record is not None
    return str(canonical.decode(record.state)["text"])


def _changes(before: str, after: str) -> bytes:
    from tests.documents import document
    from tetra_es.toml.diff import changes_between

    found = changes_between(document(before), document(after))
    return canonical.encode_any([list(each) for each in found])


def _with_reason(state: bytes) -> bytes:
    decoded = canonical.decode(state)
    decoded["metadata"]["reason"] = "another"
    return canonical.encode(decoded)


def _resigned(record: Record, key: keys.SigningKey) -> Record:
    return replaced(record, signature=sshsig.sign(chain.signed_bytes(record.hash), key))


def test_a_lawful_key_that_signs_another_event(log: SqliteLog, alice: keys.SigningKey) -> None:
    """The gate sees it by what follows; where nothing follows, the pin does."""
    records: Sequence[Record] = list(log.records())
    other = rewritten(records[4], state=_with_reason(records[4].state))
    forged = [*records[:4], _resigned(other, alice), *records[5:]]
    found = list(Gate(log).admit(forged))
    assert (found[-1].kind, found[-1].reason) == (Kind.REFUSED, Reason.PREVIOUS)
    assert found[-1].record.position == 6

"""What is refused and unknown, batches, and that the way of coming in makes no difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gate.histories import BOB, MANIFEST, REQUIRED, History, key
from tests.log.events import replaced, rewritten
from tetra_es.crypto.ssh import sshsig
from tetra_es.gate.gate import Gate
from tetra_es.gate.verdicts import Kind, Reason, Rejected, Verdict
from tetra_es.log import canonical, chain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tetra_es.log.linking import Draft
    from tetra_es.log.record import Record


@pytest.fixture
def history() -> History:
    history = History()
    history.lawful(history.signer_added("bob", ["edit:local"]))
    return history


def only(verdicts: Sequence[Verdict]) -> tuple[Kind, Reason | None]:
    assert len(verdicts) == 1, verdicts
    return verdicts[0].kind, verdicts[0].reason


def admit(history: History, *records: Record) -> tuple[Kind, Reason | None]:
    """Offer records; nothing may change. Then an honest signer goes on."""
    before, head = history.snapshot(), history.gate.state.head
    found = list(history.gate.admit(records))
    assert history.snapshot() == before
    assert history.gate.state.head == head
    history.goes_on()
    assert found[-1].what
    return only(found)


def changed(history: History, **metadata: Any) -> Record:
    """Return a signed edit whose metadata has other members; None removes one."""
    return history.linked(history.edited("[m]\na = 1"), **metadata)[0]


def signed(record: Record, by: str = "alice", **parts: Any) -> Record:
    from tests.gate.histories import NAMES

    again = rewritten(record, **parts)
    return replaced(again, signature=sshsig.sign(chain.signed_bytes(again.hash), NAMES[by]))


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"position": 9}, Reason.POSITION),
        ({"position": 1}, Reason.POSITION),
        ({"previous": bytes(32)}, Reason.PREVIOUS),
        ({"version": 9}, Reason.STREAM_VERSION),
        ({"version": 1}, Reason.STREAM_VERSION),
        ({"version": 0}, Reason.STREAM_VERSION),
        ({"stream": ""}, Reason.SIZE),
        ({"topic": "x" * 600}, Reason.SIZE),
        ({"state": b"{}"}, Reason.METADATA),
        ({"state": b"[]"}, Reason.CANONICAL),
        ({"state": b"\xff"}, Reason.CANONICAL),
        ({"state": b'{"a":1,"a":1}'}, Reason.CANONICAL),
        ({"state": b'{"a": 1}'}, Reason.CANONICAL),
        ({"state": b'{"a":NaN}'}, Reason.CANONICAL),
        ({"state": b'{"a":"\\ud800"}'}, Reason.CANONICAL),
        ({"state": b'{"a":' * 3000}, Reason.CANONICAL),
        ({"state": b'{"a":1.0}'}, Reason.CANONICAL),
        ({"state": b'{"a":-0}'}, Reason.CANONICAL),
        ({"state": b'{"a":9007199254740993}'}, Reason.CANONICAL),
        ({"state": b'{"b":1,"a":1}'}, Reason.CANONICAL),
        ({"state": b'{"\\u00e9":1}'}, Reason.CANONICAL),
        ({"state": b'{"a":1.5}'}, Reason.METADATA),
        ({"state": '{"\U0001f600":1,"\uffff":2}'.encode()}, Reason.METADATA),
        ({"state": '{"\uffff":2,"\U0001f600":1}'.encode()}, Reason.CANONICAL),
        ({"state": b'{"metadata":{"rules":-1}}'}, Reason.METADATA),
        ({"state": b'{"metadata":{"rules":"1"}}'}, Reason.METADATA),
        ({"state": b'{"metadata":{"rules":4}}'}, Reason.UNKNOWN_RULES),
        ({"state": b'{"metadata":{"actor":"alice"}}'}, Reason.METADATA),
        ({"state": b'{"metadata":{"actor":["alice"]}}'}, Reason.METADATA),
    ],
)
def test_what_was_never_an_event(history: History, parts: dict[str, Any], reason: Reason) -> None:
    record = signed(history.linked(history.edited("[m]\na = 1"))[0], **parts)
    kind = Kind.UNKNOWN if reason is Reason.UNKNOWN_RULES else Kind.REFUSED
    assert admit(history, record) == (kind, reason)


def test_a_changed_state(history: History) -> None:
    record = history.linked(history.edited("[m]\na = 1"))[0]
    state = record.state.replace(b'"reason":""', b'"reason":"x"')
    assert state != record.state
    assert admit(history, replaced(record, state=state)) == (Kind.REFUSED, Reason.HASH)


def test_signatures(history: History) -> None:
    record = history.linked(history.edited("[m]\na = 1"))[0]
    message = chain.signed_bytes(record.hash)
    other = sshsig.sign(message, BOB)
    foreign = sshsig.sign(message, key(9))
    elsewhere = sshsig.sign(message, key(1), namespace="git")
    flipped = record.signature[:-1] + bytes([record.signature[-1] ^ 1])
    for signature, reason in (
        (other, Reason.SIGNER),
        (foreign, Reason.SIGNER),
        (elsewhere, Reason.SIGNATURE),
        (flipped, Reason.SIGNATURE),
        (b"", Reason.SIGNATURE),
        (b"x" * 20_000, Reason.SIZE),
    ):
        forged = replaced(record, signature=signature)
        head = history.gate.state.head
        found = list(history.gate.admit([forged]))
        assert only(found) == (Kind.REFUSED, reason)
        assert history.gate.state.head == head
    assert only(list(history.gate.admit([record]))) == (Kind.VALID, None)


def test_a_key_counts_where_it_was_a_signers(history: History) -> None:
    history.lawful(history.signer_removed("bob"))
    record = history.linked(history.edited("[m]\na = 1"), by="bob")[0]
    assert admit(history, record) == (Kind.REFUSED, Reason.SIGNER)
    history.lawful(history.signer_added("bob", key=key(8).public_line))
    record = history.linked(history.edited("[m]\na = 1"), by="bob")[0]
    assert admit(history, record) == (Kind.REFUSED, Reason.SIGNER)


@pytest.mark.parametrize("name", ["0", "x", "", "02", "²", "3", "9" * 5000])
def test_formats(history: History, name: str) -> None:
    draft = history.event("manifest.edited", "org", metadata={"format": name})
    state = canonical.decode(draft.state)
    state["metadata"]["format"] = name
    record = history.linked(draft._replace(state=canonical.encode(state)))[0]
    unknown = name in ("3", "9" * 5000)
    kind = Kind.UNKNOWN if unknown else Kind.REFUSED
    reason = Reason.UNKNOWN_FORMAT if unknown else Reason.METADATA
    assert admit(history, record) == (kind, reason)


@pytest.mark.parametrize("once", [False, True])
def test_a_torn_batch(history: History, once: bool) -> None:
    drafts = (history.manifest(REQUIRED), history.signer_added("carol"), history.edited("[b]"))
    batch = history.linked(*drafts, once=once)
    assert admit(history, *batch[:2]) == (Kind.REFUSED, Reason.BATCH)
    batch = history.linked(*drafts, once=once)
    assert admit(history, batch[0]) == (Kind.REFUSED, Reason.BATCH)
    batch = history.linked(*drafts, once=once)
    assert [str(each.kind) for each in history.record(history.edited("[c]"))] == ["valid"]


@pytest.mark.parametrize(
    "numbers", [[(1, 2), (1, 2)], [(1, 3), (3, 3)], [(2, 2)], [(1, 2), (2, 3)]]
)
def test_numbers_of_a_batch(history: History, numbers: list[tuple[int, int]]) -> None:
    drafts = []
    for number, pair in enumerate(numbers):
        draft = history.event("signer.added", "org")
        state = canonical.decode(draft.state)
        state["metadata"]["batch"] = list(pair)
        state["number"] = number
        drafts.append(draft._replace(state=canonical.encode(state)))
    batch = history.linked(*drafts)
    assert admit(history, *batch) == (Kind.REFUSED, Reason.BATCH)


def test_a_batch_is_one_signers(history: History) -> None:
    """Else a signer could record in another's name: only the last event is signed."""
    draft = history.signer_added("carol")
    state = canonical.decode(draft.state)
    state["metadata"]["actor"] = "alice"
    drafts = (draft._replace(state=canonical.encode(state)), history.edited("[m]\na = 1"))
    batch = history.linked(*drafts, by="bob", once=True)
    assert not batch[0].signature
    assert admit(history, *batch) == (Kind.REFUSED, Reason.BATCH)


def test_who_is_added_in_a_batch_signs_from_the_next_on(history: History) -> None:
    drafts = (history.signer_added("carol"), history.edited("[m]\na = 1"))
    batch = history.linked(*drafts, by="carol", once=True)
    assert admit(history, *batch) == (Kind.REFUSED, Reason.SIGNER)


def test_a_missing_body(history: History) -> None:
    for name in ("text", "changes"):
        draft = history.edited("[m]\na = 1")
        digest = bytes.fromhex(canonical.decode(draft.state)[name])
        body = history.log.bodies.pop(digest)
        record = history.linked(draft)[0]
        assert only(list(history.gate.admit([record]))) == (Kind.REFUSED, Reason.BODY)
        history.log.bodies[digest] = body
    assert only(list(history.gate.admit([record]))) == (Kind.VALID, None)


def test_the_first_event_founds() -> None:
    history = History(manifest="")
    for draft in (
        history.edited_first(),
        history.created(signer=5),
        history.created(name="other"),
        history.created("x = 1\n"),
        history.created(key=BOB.public_line),
    ):
        found = history.record(draft)
        assert found[-1].kind is Kind.REFUSED
        assert found[-1].reason in (Reason.FOUNDING, Reason.SIGNER)
    history.lawful(history.created())
    assert history.gate.state.organization == history.log.head.hash.hex()


def test_a_batch_that_founds() -> None:
    history = History(manifest="")
    history.lawful(
        history.created(),
        history.local("environment.created", "x = 1\n"),
        history.signer_added("bob"),
        once=True,
    )
    history.lawful(history.manifest(REQUIRED), by="bob")


def test_judging_changes_nothing(history: History) -> None:
    draft = history.edited("[m]\na = 1")
    bodies = dict(history.log.bodies)
    new = [bodies.pop(bytes.fromhex(canonical.decode(draft.state)[k])) for k in ("text", "changes")]
    history.log.bodies = bodies
    batch = history.linked(draft)
    before, head = history.snapshot(), history.gate.state.head
    judged = history.gate.judge(batch, new)
    assert [each.kind for each in judged.verdicts] == [Kind.VALID]
    assert (history.snapshot(), history.gate.state.head) == (before, head)
    with pytest.raises(Rejected):
        history.gate.judge(batch)
    with pytest.raises(Rejected, match="end of its batch"):
        history.gate.judge([])
    history.gate.take(judged)
    assert history.gate.state.head == batch[-1].head


# The way of coming in


def long_history() -> tuple[History, list[list[Record]]]:
    """Return a history with void events, and its batches."""
    history = History(manifest=MANIFEST)
    steps: list[Callable[[], tuple[Draft, ...]]] = [
        lambda: (history.signer_added("bob", ["promote:dev"]),),
        lambda: (history.promoted("dev"),),
        lambda: (history.recipient_added("dev"), history.secret_set("dev", "A", b"a")),
        lambda: (history.manifest(REQUIRED), history.signer_added("carol"), history.edited("#")),
        lambda: (history.promoted("staging"),),
        lambda: (history.edited("[q]\na = 1"), history.event("no.such", "org")),
        lambda: (history.rolled_back("local", 1),),
        lambda: (history.edited("[z]"), history.signer_removed("bob")),
        lambda: (history.signer_removed("alice"), history.signer_removed("carol")),
    ]
    for step in steps:
        drafts = step()
        found = history.record(*drafts, once=len(drafts) > 2)
        if all(each.kind is Kind.VALID for each in found):
            for draft in drafts:
                state = canonical.decode(draft.state)
                if "text" in state:
                    name = History._file(draft.topic, state)
                    body = history.log.bodies[bytes.fromhex(state["text"])]
                    history.texts[name] = body.decode()
    batches: list[list[Record]] = []
    for record in history.log.all:
        if canonical.decode(record.state)["metadata"]["batch"][0] == 1:
            batches.append([])
        batches[-1].append(record)
    return history, batches


LONG, BATCHES = long_history()


def test_the_long_one_has_void_events() -> None:
    reasons = {str(each.reason) for each in LONG.verdicts if each.kind is Kind.VOID}
    assert {"batch-void", "topic", "last-signer"} <= reasons
    assert len(LONG.verdicts) == len(LONG.log.all) > 12


def plain(verdicts: Sequence[Verdict]) -> list[tuple[object, ...]]:
    return [(each.kind, each.record.position, each.reason, each.what) for each in verdicts]


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_any_prefix_in_any_parts_has_the_same_verdicts(data: st.DataObject) -> None:
    upto = data.draw(st.integers(0, len(LONG.log.all)))
    cuts = sorted(data.draw(st.sets(st.integers(0, upto))))
    gate = Gate(LONG.log)
    found: list[Verdict] = []
    for end in [*cuts, upto]:
        part = gate.admit(LONG.log.records(gate.state.head.position, end))
        for verdict in part:
            if verdict.admitted:
                found.append(verdict)
            else:
                assert verdict.reason is Reason.BATCH
    whole = max(
        sum(map(len, BATCHES[:n]))
        for n in range(len(BATCHES) + 1)
        if sum(map(len, BATCHES[:n])) <= upto
    )
    assert plain(found) == plain(LONG.verdicts[:whole])
    assert gate.state.head.position == whole

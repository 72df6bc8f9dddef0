"""Bodies that were purged: the chain still verifies, and every gate comes to the same verdicts."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from tests.gate.histories import REQUIRED, History
from tests.gate.test_gate import plain
from tetra_es.gate.gate import Gate
from tetra_es.gate.verdicts import Kind, Reason, Verdict
from tetra_es.log import canonical

if TYPE_CHECKING:
    from tetra_es.log.linking import Draft

SLIP = '[slip]\npassword = "hunter2"'


@pytest.fixture
def history() -> History:
    """A value that was a secret got into local and dev, is gone again, and one event is void."""
    history = History()
    history.lawful(history.edited(SLIP))
    history.lawful(history.promoted("dev"))
    history.record(history.promoted("dev", source_revision=1, via="staging"))
    clean = history.texts["local"].replace("hunter2", "")
    history.lawful(history.local("environment.edited", clean))
    history.lawful(history.promoted("dev"))
    history.goes_on()
    return history


def digests(history: History) -> list[bytes]:
    """Return the bodies that hold the value."""
    return [digest for digest, body in history.log.bodies.items() if b"hunter2" in body]


def purge(history: History, wanted: list[bytes], **more: Any) -> Draft:
    named = history.gate.readers(wanted)
    fields: dict[str, Any] = {
        "digests": [digest.hex() for digest in wanted],
        "named_by": [{"position": at, "verdict": said} for at, said in sorted(named.items())],
    }
    return history.event("bodies.purged", "org", **fields | more)


def destroy(history: History, wanted: list[bytes]) -> None:
    for digest in wanted:
        del history.log.bodies[digest]


def again(history: History) -> list[Verdict]:
    """Admit everything from the start."""
    gate = Gate(history.log)
    found = list(gate.admit(history.log.records()))
    assert gate.firm
    assert gate.state.head == history.gate.state.head
    return found


def test_what_a_purge_lists(history: History) -> None:
    named = history.gate.readers(digests(history))
    # The edit and the promotion that had it, and the next states, whose changes name it.
    assert named == {3: "valid", 4: "valid", 5: "void", 6: "valid", 7: "valid"}


def test_it_verifies_without_them(history: History) -> None:
    wanted = digests(history)
    history.lawful(purge(history, wanted))
    before = plain(history.verdicts)
    destroy(history, wanted)
    history.goes_on()
    history.lawful(history.promoted("dev"))
    found = again(history)
    assert plain(found)[: len(before)] == before
    assert {each.kind for each in found} == {Kind.VALID, Kind.VOID}


def test_a_void_event_that_named_one_stays_void(history: History) -> None:
    history.record(history.promoted("dev", text=f"{SLIP}\n"))
    assert history.verdicts[-1].reason is Reason.VALUES
    wanted = digests(history)
    position = history.verdicts[-1].record.position
    assert history.gate.readers(wanted)[position] == "void"
    history.lawful(purge(history, wanted))
    destroy(history, wanted)
    found = again(history)
    assert [each.kind for each in found] == [each.kind for each in history.verdicts]
    assert found[position - 1].reason is Reason.PURGED


def test_any_other_missing_body_is_refused(history: History) -> None:
    wanted = digests(history)
    destroy(history, wanted)
    found = list(Gate(history.log).admit(history.log.records()))
    assert (found[-1].kind, found[-1].reason) == (Kind.REFUSED, Reason.BODY)
    assert found[-1].record.position == 3


@pytest.mark.parametrize("change", ["missing", "other", "more", "twice"])
def test_it_says_what_the_gate_said(history: History, change: str) -> None:
    wanted = digests(history)
    named = canonical.decode(purge(history, wanted).state)["named_by"]
    wrong = {
        "missing": named[1:],
        "other": [{"position": 3, "verdict": "void"}, *named[1:]],
        "more": [*named, {"position": 1, "verdict": "valid"}],
        "twice": [*named, named[0]],
    }[change]
    history.void(purge(history, wanted, named_by=wrong), reason=Reason.PURGE)


def test_who_believes_a_void_purge(history: History) -> None:
    """A purge event that is void speaks for nothing: the event that lacks its body is refused."""
    wanted = digests(history)
    named = canonical.decode(purge(history, wanted).state)["named_by"]
    forged = purge(history, wanted, named_by=[*named, {"position": 1, "verdict": "valid"}])
    history.void(forged, reason=Reason.PURGE)
    destroy(history, wanted)
    gate = Gate(history.log)
    firm = []
    for verdict in gate.admit(history.log.records()):
        if gate.firm:
            firm.append(verdict.record.position)
    assert (verdict.kind, verdict.reason) == (Kind.REFUSED, Reason.BODY)
    assert verdict.record.position == 3
    assert firm == [1, 2]


def test_a_purge_that_is_still_to_come(history: History) -> None:
    wanted = digests(history)
    history.lawful(purge(history, wanted))
    destroy(history, wanted)
    gate = Gate(history.log)
    assert all(each.admitted for each in gate.admit(history.log.records(0, 8)))
    assert not gate.firm
    assert all(each.admitted for each in gate.admit(history.log.records(8)))
    assert gate.firm


def test_what_a_present_state_has_is_not_purged(history: History) -> None:
    for at in (history.gate.state.manifest, history.gate.state.environment("dev").newest):
        assert at
        history.void(purge(history, [at.digest]), reason=Reason.PURGE)


def test_a_purged_state_does_not_come_back(history: History) -> None:
    wanted = digests(history)
    text = history.text_of("local", 2)
    rolled_back = history.rolled_back("local", 2)
    history.lawful(purge(history, wanted))
    history.void(history.local("environment.edited", text), reason=Reason.PURGED)
    fields = canonical.decode(rolled_back.state)
    fields["revision"] = history.gate.state.environment("local").revision + 1
    draft = rolled_back._replace(state=canonical.encode(fields))
    history.void(draft, reason=Reason.PURGED)


def test_promoting_from_a_purged_state(history: History) -> None:
    """Staging has it from before, and would promote it on."""
    history = History()
    history.lawful(history.edited(SLIP))
    history.lawful(history.promoted("staging"))
    history.lawful(history.local("environment.edited", "x = 1\n"))
    text = history.gate.state.environment("local").find(2)
    assert text
    history.lawful(purge(history, [text.digest]))
    history.void(
        history.promoted("dev", via="staging", source_revision=2), reason=Reason.SOURCE_REVISION
    )


def test_age_files(history: History) -> None:
    history.lawful(history.recipient_added("dev"))
    history.lawful(history.secret_set("dev", "A", b"a1"))
    history.lawful(history.secret_set("dev", "A", b"a2"))
    history.lawful(history.secret_purged("dev", "A", 1, b"a1"))
    destroy(history, [sha256(b"a1").digest()])
    history.lawful(history.manifest(REQUIRED))
    assert plain(again(history)) == plain(history.verdicts)
    history.void(history.secret_set("dev", "A", b"a1"), reason=Reason.PURGED)


def test_two_purges(history: History) -> None:
    wanted = digests(history)
    history.lawful(purge(history, wanted[:1]))
    destroy(history, wanted[:1])
    history.lawful(purge(history, wanted[1:]))
    destroy(history, wanted[1:])
    found = again(history)
    assert [each.kind for each in found] == [each.kind for each in history.verdicts]


def test_a_void_event_brings_its_bodies_as_well(history: History) -> None:
    """Else copies would differ: one that gets the body later by another event, and the others."""
    history.lawful(history.signer_added("bob", ["deploy:dev"]))
    lacking = history.edited("x = 1")
    body = history.log.bodies.pop(bytes.fromhex(canonical.decode(lacking.state)["text"]))
    for batch in ([lacking], [history.edited_first(), lacking]):
        found = history.record(*batch, by="bob")
        assert (found[-1].kind, found[-1].reason) == (Kind.REFUSED, Reason.BODY)
        assert found[-1].record.topic == "environment.edited"
    history.keep(body)
    history.void(lacking, by="bob", reason=Reason.ROLE)

"""Whatever a signer signs has a verdict, and the next event of an honest one is admitted."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gate.histories import History
from tests.golden.make_forms import FOLDER
from tetra_es.gate.verdicts import Kind, Reason
from tetra_es.log import canonical
from tetra_es.log.linking import Draft

if TYPE_CHECKING:
    from collections.abc import Iterator

GOLDEN = [json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))]


def begun() -> History:
    history = History()
    history.lawful(history.promoted("dev"))
    history.lawful(history.recipient_added("dev"))
    history.lawful(history.secret_set("dev", "DATABASE_URL", b"a1"))
    for event in GOLDEN:
        for body in event["bodies"].values():
            history.keep(body.encode())
    return history


BODIES = sorted(digest.hex() for digest in begun().log.bodies)

ODD: list[Any] = [
    None, True, 0, 1, 2, 3, 2**53 - 1, -1, 1.5, "", "dev", "local", "other", "alice", "A", "org",
    "DATABASE_URL", "ab" * 32, "\x00", "\ud7ff", [], [[]], {}, {"": ""}, ["dev"], [["A", 1, "x"]],
    [["DATABASE_URL", 1, BODIES[0]]], ["age1alice"], {"alice": "age1alice"},
    [{"position": 3, "verdict": "valid"}], *BODIES,
]  # fmt: skip


def paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the place of everything in a state."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in members:
        yield (*above, key)
        if isinstance(item, (dict, list)):
            yield from paths(item, (*above, key))


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_every_signed_state_has_a_verdict(data: st.DataObject) -> None:
    golden = copy.deepcopy(data.draw(st.sampled_from(GOLDEN)))
    state = golden["state"]
    for name in ("rules", "batch", "actor"):
        del state["metadata"][name]
    for _ in range(data.draw(st.integers(0, 3))):
        *way, last = data.draw(st.sampled_from(list(paths(state))))
        inner = state
        for step in way:
            inner = inner[step]
        inner[last] = copy.deepcopy(data.draw(st.sampled_from(ODD)))
        if not isinstance(state.get("metadata"), dict):
            state["metadata"] = {}
    stream = data.draw(st.sampled_from([golden["stream"], "env:dev", "org"]))
    rules = data.draw(st.sampled_from([1, 1, 1, 0]))
    history = begun()
    before = history.snapshot()
    found = history.record(Draft(stream, 0, golden["topic"], canonical.encode(state)), rules=rules)
    assert len(found) == 1
    if found[0].kind is Kind.VALID:
        return
    assert found[0].what
    assert history.snapshot() == before
    history.lawful(history.manifest(f"{history.texts['manifest']}\n"))


@pytest.mark.parametrize("engine", ["checks", "trusts"])
def test_a_changed_body_is_refused(engine: str) -> None:
    """By an engine that tells, and by the gate where one does not."""
    from tetra_es.errors import IntegrityFailure

    history = History()
    draft = history.edited("[m]\nx = 1")
    digest = bytes.fromhex(canonical.decode(draft.state)["text"])
    body = history.log.bodies[digest]
    history.log.bodies[digest] = body.replace(b"x = 1", b"x = 2")
    if engine == "checks":

        def tells(_: bytes) -> bytes:
            raise IntegrityFailure("its content was changed")

        history.log.body = tells  # type: ignore[method-assign,assignment]
    found = list(history.gate.admit(history.linked(draft)))
    assert [(each.kind, each.reason) for each in found] == [(Kind.REFUSED, Reason.BODY)]
    assert "changed" in found[0].what

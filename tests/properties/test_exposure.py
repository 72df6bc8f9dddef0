"""Who could read which secret, and what has to be rotated, is what a plain account says."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import example, given
from hypothesis import strategies as st

from tests.examples import LONG_TAIL, examples
from tests.properties.secret_model import STEPS, Account, SecretWorld, Step, new_secret_world
from tetra_es.events.config import EnvironmentState
from tetra_es.integrity.exposure import Exposure
from tetra_es.integrity.signers import signers_at
from tetra_es.refs import PositionRef, RevisionRef, TimeRef
from tetra_es_projections.queries.exposure import exposure
from tetra_es_projections.queries.findings import findings
from tetra_es_projections.queries.reader import reading
from tetra_es_projections.queries.secrets import recipient_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tetra_es.integrity.exposure import Exposed
    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader


def columns(rows: Iterable[Exposed]) -> set[tuple[Any, ...]]:
    return {tuple(value for name, value in vars(one).items() if name != "since") for one in rows}


def answered(world: SecretWorld, environments: Sequence[str], upto: int | None = None) -> Account:
    """Return what is answered, now or as of a position."""
    exposure = Exposure(world.log, environments, upto)
    signers = signers_at(world.log, world.log.last_position() if upto is None else upto)
    return Account(
        {(*one[:3], one.name) for one in exposure.to_rotate(signers)},
        columns(exposure.versions()),
        {version for version, _ in exposure.compromised()},
    )


class Then(NamedTuple):
    """What the account said at a head."""

    account: Account
    environments: Sequence[str]
    recipients: dict[str, dict[str, str]]
    called: dict[tuple[str, str], str]
    """Environment and recipient to a name that it had by then."""
    time: str
    """From when on all of it counts."""


def heads_of(world: SecretWorld, steps: list[Step]) -> dict[int, Then]:
    """Compare the answer at each head with the account; return what that said."""
    heads = {}
    for step in steps:
        if world.step(step):
            model = world.model
            assert answered(world, model.environments) == model.account(), step
            heads[world.log.last_position()] = Then(
                model.account(),
                model.environments,
                {name: dict(found) for name, found in model.recipients.items()},
                dict(model.called),
                world.events()[-1][1].timestamp,
            )
    return heads


def check(steps: list[Step]) -> None:
    """Compare the answer at each head with the account, and with what is answered later."""
    with new_secret_world() as world:
        for position, then in heads_of(world, steps).items():
            assert answered(world, then.environments, position) == then.account


@examples(2)
@given(st.lists(STEPS, min_size=6, max_size=14))
def test_a_plain_account_agrees(steps: list[Step]) -> None:
    check(steps)


@LONG_TAIL
@examples(4)
@given(st.lists(STEPS, min_size=15, max_size=40))
def test_a_plain_account_agrees_for_long(steps: list[Step]) -> None:
    check(steps)


@LONG_TAIL
@examples(1)
@example([Step("signer", ()), Step("compromised", (2,))])
@example([Step("actor", ()), Step("remove recipient", (1,)), Step("actor", ()), Step("signer", ())])
@given(st.lists(STEPS, min_size=8, max_size=16))
def test_what_is_answered_at_every_ref_is_what_was_at_that_head(steps: list[Step]) -> None:
    with new_secret_world() as world:
        heads = heads_of(world, steps)
        world.catch_up()
        with reading(world.layout, world.admission) as reader:
            assert reader
            for number, (position, then) in enumerate(heads.items()):
                ref = TimeRef(then.time) if number % 2 else PositionRef(position)
                check_ref(reader, ref, then)
            check_revisions(world, reader, heads)


def check_ref(reader: Reader, ref: Ref, then: Then) -> None:
    """Ask all that can be asked of a head."""
    rotate = findings(reader, ["to-rotate"], ref)
    told = {(one.environment, one.subject, one.what) for one in rotate}
    assert len(told) == len(rotate) == len(then.account.to_rotate)
    for environment, key, version, name in then.account.to_rotate:
        said = re.compile(rf"\b{name}\b.* version {version}( again)?$")
        assert any((at, of) == (environment, key) and said.search(what) for at, of, what in told)
    marked = {(one.environment, one.subject) for one in findings(reader, ["compromised"], ref)}
    assert marked == {one[:2] for one in then.account.compromised}
    for environment, names in then.recipients.items():
        rows = {row.name: row.recipient for row in recipient_rows(reader, environment, ref)}
        assert rows == names
        here = {row for row in then.account.exposed if row[0] == environment}
        assert columns(exposure(reader, f"@{environment}", ref)) == here
    for name in {*then.called.values()}:
        keys = {key for (_, key), called in then.called.items() if called == name}
        found = columns(exposure(reader, name, ref))
        assert found >= {row for row in then.account.exposed if row[4] in keys}
    for key in {key for _, key in then.called}:
        assert columns(exposure(reader, key, ref)) == {
            row for row in then.account.exposed if row[4] == key
        }


def check_revisions(world: SecretWorld, reader: Reader, heads: dict[int, Then]) -> None:
    """Ask for revisions of dev: what was set while one was present belongs to it."""
    begun = [
        (position, event.revision)
        for position, event in world.events()
        if isinstance(event, EnvironmentState) and event.environment == "dev"
    ]
    for (_, revision), (after, _) in pairwise(begun):
        last = max((position for position in heads if position < after), default=None)
        if last is None or world.log.last_position() == last:
            continue
        ref, then = RevisionRef("dev", revision), heads[last]
        rows = recipient_rows(reader, "dev", ref)
        assert {row.name: row.recipient for row in rows} == then.recipients["dev"]
        here = {row for row in then.account.exposed if row[0] == "dev"}
        assert columns(exposure(reader, "@dev", ref)) == here

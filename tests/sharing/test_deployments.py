"""Deployments from several machines: one claim for a host, wherever it was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.clocks import dated
from tests.examples import LONG_TAIL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Machine, Result
    from tests.sharing.people import Team

CLAIM = """\
import sys
from tetra_es.errors import TetraEsError
from tetra_es.usecases.deploy.journal import HostJournal
from tetra_es_cli.context.app import App
from tetra_es_cli.context.recording import Recording

def start(host, context):
    host.start(sys.argv[1].rjust(16, "0"), context, revision=1, of_position=3, runner="direct",
               secrets=[], files=[])

try:
    with App().workspace(Recording()) as workspace:
        journal = HostJournal(workspace, "dev", "web-1")
        if "claim" in sys.argv:
            journal.claim(start)
        if "facts" in sys.argv:
            journal.state()
            journal.note("step_done", step="switch")
            journal.note("healthy")
            journal.send()
        workspace.catch_up()
except TetraEsError as error:
    sys.exit(f"{error.exit_code} {error.message}")
"""


def act(machine: Machine, *words: str) -> Result:
    return machine.process(*words, code=CLAIM)


@pytest.fixture
def deploying(team: Team) -> Iterator[Team]:
    """Alice's deployment to a host is under way; Bob does not know of it."""
    team.alice.ok("promote", "dev")
    done = act(team.alice, "1", "claim")
    assert done.code == 0, done.err
    yield team
    team.check_equal()


def test_a_host_that_another_machine_deploys_to_is_not_claimed(deploying: Team) -> None:
    """Bob's replica has no such claim: the shared log has."""
    done = act(deploying.bob, "2", "claim")
    assert "3 a deployment of dev to web-1" in done.err
    assert "has not ended" in done.err


@LONG_TAIL
def test_what_happened_follows_what_others_recorded_meanwhile(deploying: Team) -> None:
    deploying.bob.ok("set", "local", "app.a=1")
    done = act(deploying.alice, "1", "facts")
    assert done.code == 0, done.err
    summaries = [row["summary"] for row in deploying.alice.history("-n", "3")]
    assert any("local@2" in summary for summary in summaries)
    assert act(deploying.bob, "2", "claim").code == 0


@LONG_TAIL
def test_how_it_ended_is_recorded_whatever_date_others_have(deploying: Team) -> None:
    """Nothing that begins is, until somebody without limits says that a clock was wrong."""
    with dated("2099-01-01T00:00:00.000000Z"):
        deploying.bob.ok("set", "local", "app.a=1")
    done = act(deploying.alice, "1", "facts")
    assert (done.code, done.err) == (0, "tetra-es: received #6\n")
    refused = act(deploying.bob, "2", "claim")
    assert "3 the clock here is wrong" in refused.err
    assert "is dated in the future" in refused.err
    deploying.bob.fails(3, "set", "local", "app.a=2")
    (row,) = deploying.bob.ok("hosts", "-o", "json").json
    assert row["newest"]["outcome"] == "serving"
    deploying.bob.ok("--clock-was-wrong", "set", "local", "app.a=2", "-m", "nobody set it")
    assert act(deploying.alice, "2", "claim").code == 0


@LONG_TAIL
def test_what_could_not_be_sent_is_sent_by_the_next_command(deploying: Team) -> None:
    away = deploying.hub.rename(deploying.hub.with_name("away.git"))
    done = act(deploying.alice, "1", "facts")
    assert done.code, "there is no shared log"
    away.rename(deploying.hub)
    said = deploying.alice.ok("set", "local", "app.a=1").err
    assert "recorded what happened to dev on web-1" in said
    deploying.bob.ok("pull")
    assert act(deploying.bob, "2", "claim").code == 0

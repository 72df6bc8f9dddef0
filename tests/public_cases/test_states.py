"""Promotions, rollbacks and times: what tools that do this job were reported to get wrong."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.examples import LONG_TAIL

if TYPE_CHECKING:
    from tests.machine import Machine

pytestmark = LONG_TAIL


def port(machine: Machine, environment: str) -> str:
    return machine.ok("get", environment, "ports.tetra").out.strip()


def test_what_was_rolled_back_from_does_not_go_on(machine: Machine) -> None:
    """It went to the next stage: https://github.com/pinterest/teletraan/issues/511,
    https://github.com/akuity/kargo/issues/3016, https://github.com/akuity/kargo/issues/4287,
    https://github.com/ocuroot/ocuroot/issues/12 and
    https://github.com/forcedotcom/devops-center-roadmap/issues/35.
    """
    machine.ok("set", "manifest", "promotion.gradual=required")
    machine.ok("promote", "dev")
    machine.ok("set", "local", "ports.tetra=4500")
    machine.ok("promote", "dev")
    machine.ok("rollback", "dev")
    assert "dev does not have local@2" in machine.fails(3, "promote", "staging").error()
    machine.ok("promote", "dev")
    machine.ok("promote", "staging")
    assert port(machine, "staging") == "4500"


def test_rolling_back_again_goes_further_back(machine: Machine) -> None:
    """A rollback of a rollback came to the wrong state: https://github.com/helm/helm/issues/5115,
    https://github.com/helm/helm/issues/5228 and https://github.com/helm/helm/issues/3722.
    """
    for number in ("4501", "4502", "4503"):
        machine.ok("set", "local", f"ports.tetra={number}")
        machine.ok("promote", "dev")
    for number in ("4502", "4501"):
        machine.ok("rollback", "dev")
        assert port(machine, "dev") == number
    assert "no earlier state" in machine.fails(3, "rollback", "dev").error()


def test_a_rollback_brings_what_the_profile_made_then(machine: Machine) -> None:
    """It left overrides as they are now: https://github.com/argoproj/argo-cd/issues/110 and
    https://github.com/argoproj/argo-cd/issues/978.
    """
    machine.ok("set", "profile", "dev", "ports.tetra=4501")
    machine.ok("promote", "dev")
    then = machine.toml("dev").read_bytes()
    machine.ok("set", "profile", "dev", "ports.tetra=4502")
    machine.ok("promote", "dev")
    machine.ok("rollback", "dev")
    assert machine.toml("dev").read_bytes() == then


def test_a_rollback_needs_no_git_repository(machine: Machine) -> None:
    """It was not possible while git was away: https://github.com/argoproj/argo-cd/issues/21480."""
    machine.ok("promote", "dev")
    machine.ok("set", "local", "ports.tetra=4500")
    machine.ok("promote", "dev")
    shutil.rmtree(machine.mirror)
    machine.run("rollback", "dev")
    assert port(machine, "dev") == "4444"
    machine.ok("rebuild")
    machine.ok("verify")


def test_the_first_promotion_of_an_environment(machine: Machine) -> None:
    """Nothing could be promoted to an empty stage: https://github.com/akuity/kargo/issues/895."""
    for environment in ("dev", "staging", "prod"):
        machine.ok("promote", environment)
        assert port(machine, environment) == "4444"


def test_a_clock_that_goes_back_changes_no_answer(machine: Machine) -> None:
    """Reads of the past saw other data: https://github.com/dgraph-io/dgraph/issues/59 and
    https://github.com/palantir/atlasdb/issues/3425. tests/log has more.
    """
    machine.ok("promote", "dev")
    rows = machine.history("dev")
    before = machine.ok("show", "dev", "--at", rows[0]["time"]).out
    machine.ok("set", "local", "ports.tetra=4500")
    machine.ok("promote", "dev")
    assert machine.ok("show", "dev", "--at", rows[0]["time"]).out == before
    ahead = datetime.now(UTC) + timedelta(days=1)
    assert machine.ok("show", "dev", "--at", ahead.isoformat()).out != before


def test_times_are_read_in_one_zone(machine: Machine) -> None:
    """The zone of `--since` was guessed: https://github.com/Miserlou/Loop/issues/21 and
    https://github.com/docker/cli/issues/2552.
    """
    moment = datetime.fromisoformat(machine.history("-n", "1")[0]["time"])
    written = {
        f"{moment:%Y-%m-%dT%H:%M:%S}",
        f"{moment:%Y-%m-%dT%H:%M:%S}Z",
        f"{moment + timedelta(hours=2):%Y-%m-%dT%H:%M:%S}+02:00",
    }
    for text in written:
        for zone in ("UTC", "America/New_York"):
            done = machine.ok("history", "--since", text, "-o", "json", env={"TZ": zone})
            assert machine.last_position() in [row["event"] for row in json.loads(done.out)]

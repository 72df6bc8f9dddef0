"""Deployments to one host: one at a time, and what serves is what was kept."""

from __future__ import annotations

from typing import Any

import pytest

from tetra_es.errors import Refused
from tetra_es.events.metadata import Context
from tetra_es.model.host import HostState, deployments_stream

STARTED: dict[str, Any] = {"of_position": 41, "runner": "tsm", "secrets": [], "files": []}


def context(second: int = 0) -> Context:
    return Context("alice", "", "c1", f"2026-11-23T10:05:{second:02}.000000Z")


def target() -> HostState:
    return HostState(deployments_stream("dev", "root@dev-server"))


def deployed(revision: int) -> HostState:
    found = target()
    found.start("a" * 16, context(1), revision=revision, **STARTED)
    found.healthy(context(2))
    return found


def again(found: HostState) -> HostState:
    """Return the aggregate as another process would load it, from events and from a snapshot."""
    folded = HostState(found.id).fold(found.pending)
    assert folded.snapshot() == found.snapshot()
    restored = HostState(found.id)
    restored.restore(found.version, found.snapshot())
    assert vars(restored) == vars(folded)
    return restored


def test_the_stream_names_environment_and_host() -> None:
    assert (target().environment, target().host) == ("dev", "root@dev-server")


def test_a_healthy_deployment_serves() -> None:
    found = again(deployed(7))
    assert found.serving is not None
    assert (found.serving.revision, found.serving.healthy) == (7, context(2).now)
    assert found.open is None


def test_only_one_deployment_at_a_time() -> None:
    found = target()
    found.start("a" * 16, context(), revision=7, **STARTED)
    with pytest.raises(Refused, match="has not ended"):
        found.start("b" * 16, context(), revision=8, **STARTED)


def test_one_that_fails_before_the_switch_ends_there() -> None:
    found = deployed(7)
    found.start("b" * 16, context(3), revision=8, **STARTED)
    found.done("stage", context(4))
    assert found.open is not None
    assert found.open.step == "stage"
    found.failed("arm", "disk full", context(5), switched=False)
    found = again(found)
    assert found.open is None
    assert found.serving is not None
    assert found.serving.revision == 7


@pytest.mark.parametrize("kept", [True, False])
def test_one_that_fails_after_it_is_open_until_the_server_told(kept: bool) -> None:
    found = deployed(7)
    found.start("b" * 16, context(3), revision=8, **STARTED)
    found.failed("confirm", "connection lost", context(4), switched=True)
    assert found.open is not None
    if kept:
        found.healthy(context(5))
    else:
        found.reverted("boot", context(5))
    found = again(found)
    assert found.open is None
    assert found.serving is not None
    assert found.serving.revision == (8 if kept else 7)


def test_nothing_is_recorded_of_a_deployment_that_is_not_under_way() -> None:
    with pytest.raises(Refused, match="no deployment of dev to root@dev-server is under way"):
        deployed(7).reverted("request", context())

"""Deployments interrupted, not recorded, or asked for oddly: the events tell the truth."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.examples import some
from tests.machine import HANG
from tests.server.deploy.site import wait_for_step

if TYPE_CHECKING:
    from tests.server.deploy.site import Site


@pytest.mark.parametrize("step", some(["arm", "switch", "restart", "health", "confirm"], 3))
def test_an_interrupt_that_ssh_does_not_get(served: Site, step: str) -> None:
    """As a CI system's cancel does it: the session lives on, with an answer under way."""
    served.set_port(5555)
    deploying = served.start_deploying()
    wait_for_step(deploying, step)
    os.kill(deploying.pid, signal.SIGINT)
    _, err = deploying.communicate(timeout=HANG)
    if deploying.returncode == 0:  # it was confirmed before
        assert served.about(5555)["port"] == 5555
        assert served.serving()["revision"] == 2
        return
    assert deploying.returncode == 5, err
    assert served.about(4444)["port"] == 4444
    if served.events()[-1] == "failed":
        assert step == "arm"  # it had not begun to change anything
        assert "nothing was changed there" in err
    else:
        assert served.events()[-2:] == ["failed", "reverted"]
        assert "it has its previous state again" in err
    assert served.serving()["revision"] == 1
    served.deploy()
    assert served.about(5555)["port"] == 5555
    assert served.serving()["revision"] == 2


def test_an_interrupt_of_several_at_once(served: Site) -> None:
    served.set_port(5555, "health.deadline=8")
    served.behave("unhealthy")
    hosts = ("--to", served.host.name, "--to", f"root@{served.host.name}")
    deploying = served.start_deploying("--parallel", "2", *hosts)
    wait_for_step(deploying, "health")
    os.kill(deploying.pid, signal.SIGINT)
    _, err = deploying.communicate(timeout=HANG)
    assert "each server puts back what it had" in err
    assert deploying.returncode in {3, 5}, err
    assert served.about(4444)["port"] == 4444
    assert served.events()[-2:] == ["failed", "reverted"]


def test_a_store_that_cannot_be_written_half_way(served: Site) -> None:
    served.set_port(5555)
    deploying = served.start_deploying()
    wait_for_step(deploying, "switch")
    away = served.machine.store.with_name("away.db")
    served.machine.store.rename(away)
    _, err = deploying.communicate(timeout=HANG)
    away.rename(served.machine.store)
    assert deploying.returncode in {1, 5}, err
    if deploying.returncode == 5:
        assert "could not be recorded" in err
        assert served.host.name in err
    served.deploy()
    assert served.about(5555)["port"] == 5555
    assert served.serving()["revision"] == 2
    served.machine.ok("verify")


def test_what_is_there_is_recorded_where_the_records_say_otherwise(served: Site) -> None:
    served.set_port(5555)
    served.behave("unhealthy")
    done = served.machine.run("rollback", "dev", "--to", "dev@1", "--deploy", "-o", "json")
    assert done.code == 0, done.err
    assert [row["type"] for row in json.loads(done.out)] == ["environment.rolled_back"]
    assert served.serving()["revision"] == 3


def test_a_rollback_whose_deployment_fails_says_what_stays(served: Site) -> None:
    served.set_port(5555)
    served.deploy()
    served.behave("exit 0", 4444)
    done = served.machine.run("rollback", "dev", "--deploy")
    assert done.code == 5
    assert "the rollback itself stays recorded" in done.hint()
    assert served.about(5555)["port"] == 5555


def test_uninstalling_needs_no_identity(served: Site) -> None:
    (served.machine.home / ".config/tetra-es/age.key").unlink()
    served.machine.ok("daemon", "uninstall", "dev")
    assert served.active() == "inactive"
    assert "is not deployed to" in served.machine.fails(1, "health", "dev").error()
    assert "is not deployed to" in served.machine.fails(1, "daemon", "start", "dev").error()


def test_logs_with_and_without_a_number(served: Site) -> None:
    assert len(served.machine.ok("daemon", "logs", "1", "dev").out.splitlines()) == 1
    assert "listening on 4444" in served.machine.ok("daemon", "logs", "dev").out
    for words in (("x", "dev"), ("1", "2", "dev"), ("1",), ("-1", "dev")):
        served.machine.fails(2, "daemon", "logs", *words)


def test_every_failure_of_a_batch_is_told(served: Site) -> None:
    served.set_port(5555)
    hosts = [served.host.name, "one.invalid", "two.invalid"]
    to = [word for host in hosts for word in ("--to", host)]
    done = served.machine.run("deploy", "dev", *to, "--parallel", "3", "-o", "json")
    assert done.code == 1
    assert "two.invalid" in done.err
    outcomes = {row["host"]: row["outcome"] for row in json.loads(done.out)}
    assert outcomes == dict(zip(hosts, ["serving", "failed", "failed"], strict=True))

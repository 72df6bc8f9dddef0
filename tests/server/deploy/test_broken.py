"""A deployment that fails leaves the server as it was, serving, without anyone's help."""

from __future__ import annotations

import os
from itertools import product
from typing import TYPE_CHECKING

import pytest

from tests.examples import some
from tests.machine import HANG
from tests.server.deploy.site import Site, kill, ssh_of, wait_for_step
from tests.server.processes import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Result

STEPS = ("preflight", "stage", "arm", "switch", "restart", "health", "confirm")
WORDS = ("unhealthy", "slow 5", "flapping", "hang", "exit 3", "crash 1")
# By default each step once.
CUT_OFF = some(product(["ssh", "tetra-es"], STEPS), 7)
GOES_DOWN = some(product(["reboot", "power"], STEPS[2:]), 5)


def broken(site: Site, *, switched: bool = True, drifted: bool = False) -> Result:
    """Deploy what must fail; the server must be what it was, and the events must say so."""
    before, about = site.files(), site.about(4444)
    done = site.machine.run("deploy", "dev")
    assert done.code == 5, done.err
    done.error()
    assert site.files() == before
    assert site.about(4444)["argv"] == about["argv"]
    assert site.active() == "active"
    ends = ["failed", "reverted"] if switched else ["failed"]
    assert site.events()[-len(ends) :] == ends
    assert site.serving()["revision"] == 1
    assert site.host.run("test", "-e", "/var/lib/tetra-es/acme/dev/pending").returncode == 1
    if not drifted:
        site.machine.ok("drift", "dev")
    site.machine.ok("verify")
    return done


@pytest.mark.parametrize("word", some(WORDS, 3))
def test_a_service_that_is_not_well(served: Site, word: str) -> None:
    served.set_port(5555, "health.deadline=3", "health.timeout=1")
    served.behave(word)
    assert "health" in broken(served).error()


def test_a_service_that_is_late_but_in_time(served: Site) -> None:
    served.set_port(5555)
    served.behave("late 3")
    served.deploy()
    assert served.about()["port"] == 5555


def test_a_port_that_somebody_else_has(served: Site) -> None:
    served.set_port(5555)
    served.host.ok("systemd-run", "--unit=other", "node", "--port", "5555")
    served.about(5555)
    error = broken(served, switched=False).error()
    assert "5555" in error
    assert "other.service" in error
    assert "nothing was changed there" in error


@pytest.mark.parametrize("spare", [0, 64, 1024])
def test_a_full_disk(served: Site, spare: int) -> None:
    """With no byte left, with some for the lock, and with some for the upload."""
    served.set_port(5555)
    served.host.fill_disk()
    filler = served.host.disk / "filler"
    os.truncate(filler, filler.stat().st_size - spare * 1024)
    try:
        done = served.machine.run("deploy", "dev")
        assert done.code == 5, done.err
        assert "space" in done.err
        assert served.about(4444)["port"] == 4444
    finally:
        served.host.free_disk()
    # Without the lock nothing has begun.
    assert served.events()[-1] == ("failed" if spare else "healthy")
    served.deploy()
    assert served.about()["port"] == 5555


def test_a_folder_of_the_wrong_owner(served: Site) -> None:
    served.set_port(5555)
    served.machine.ok("set", "profile", "dev", "deployment.user=daemon", "deployment.group=daemon")
    served.machine.ok("promote", "dev")
    assert "belongs to root:root, not to daemon:daemon" in broken(served, switched=False).error()


def test_a_link_where_the_service_could_have_put_one(served: Site) -> None:
    """Root must not be led out of the service's own folder."""
    served.set_port(5555)
    served.host.ok("mv", "/root/tetra/tsm/services-available", "/root/elsewhere")
    served.host.ok("ln", "-s", "/root/elsewhere", "/root/tetra/tsm/services-available")
    error = broken(served, switched=False, drifted=True).error()
    assert "/root/tetra/tsm/services-available is a link" in error


@pytest.mark.parametrize(("victim", "step"), CUT_OFF)
def test_cut_off_at_every_step(served: Site, victim: str, step: str) -> None:
    served.set_port(5555)
    before = served.files()
    deploying = served.start_deploying()
    wait_for_step(deploying, step)
    kill(ssh_of(deploying) if victim == "ssh" else deploying.pid)
    _, err = deploying.communicate(timeout=HANG)
    settled(served, before, lambda: None)
    if victim == "ssh":
        assert deploying.returncode in {0, 5}, err
        assert served.events()[-1] in {"failed", "reverted", "healthy"}


@pytest.mark.parametrize(("how", "step"), GOES_DOWN)
def test_a_server_that_goes_down_at_every_step(served: Site, how: str, step: str) -> None:
    served.set_port(5555)
    before = served.files()
    deploying = served.start_deploying()
    wait_for_step(deploying, step)
    served.host.kill() if how == "power" else served.host.reboot()
    deploying.communicate(timeout=HANG)
    settled(served, before, lambda: None)


def settled(site: Site, before: dict[str, str], meanwhile: Callable[[], None]) -> None:
    """Check that the old state serves again, or the new one wholly, and what is then recorded."""
    meanwhile()
    for _ in until():
        answers = [
            port
            for port in (4444, 5555)
            if site.host.run("curl", "-fsS", f"http://127.0.0.1:{port}/health").returncode == 0
        ]
        if (
            len(answers) == 1
            and site.host.run("sh", "-c", "ls /etc/systemd/system/tetra-es-revert*").returncode
        ):
            break
    else:
        raise AssertionError(f"it never came to rest; {answers} answer")
    kept = answers == [5555]
    if not kept:
        assert site.files() == before
    # The next one finds out what became of it, records that, and succeeds. Where sshd has not
    # noticed that its client is gone, it is told of the other until the lock has expired.
    for _ in until():
        done = site.machine.run("deploy", "dev")
        if done.code != 3:
            break
    assert done.code == 0, done.err
    assert site.about(5555)["port"] == 5555
    kinds = [
        row["type"].removeprefix("deployment.")
        for row in reversed(site.machine.history("dev", "--type", "deployment"))
    ]
    ends = [kind for kind in kinds if kind in {"started", "healthy", "failed", "reverted"}]
    if kept:
        assert ends == ["started", "healthy"] * 2
    else:
        assert ends[:3] == ["started", "healthy", "started"]
        assert ends[3:-2] in (["failed"], ["failed", "reverted"])
        assert ends[-2:] == ["started", "healthy"]
    assert site.serving()["revision"] == 2
    site.machine.ok("verify")

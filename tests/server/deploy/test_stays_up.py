"""What answers while it is deployed and is gone with the command that started it does not serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.server.deploy.site import Site
from tests.server.processes import until

if TYPE_CHECKING:
    from tests.conftest import Machine, Result
    from tests.server.host import Host

RETURNED = "tsm start returned and nothing is running"
DAEMON = "sh -c 'setsid node server/server.js & sleep 4'"


def gone(site: Site, port: int = 4444) -> bool:
    done = site.host.run("curl", "-s", f"http://127.0.0.1:{port}/health")
    return done.returncode == 7


def files(site: Site) -> set[str]:
    """Return all but the folders: tsm has made some of its own."""
    return {line for line in site.files() if " d " not in line}


def fails(site: Site) -> Result:
    """Deploy, with the window that people have."""
    site.machine.ok("unset", "local", "health.stays_up")
    site.machine.ok("promote", site.environment)
    done = site.machine.run("deploy", site.environment)
    assert done.code == 5, done.err
    assert site.events()[-2:] == ["failed", "reverted"]
    site.machine.ok("verify")
    return done


@pytest.mark.parametrize("more", [False, True])
def test_a_tsm_that_starts_nothing(machine: Machine, host: Host, *, more: bool) -> None:
    site = Site(machine, host)
    site.prepare()
    host.write("/etc/tetra-app/tsm", "nothing\n")
    if more:
        machine.ok("set", "local", "services.worker.command=sh -c 'sleep 600'")
    before = files(site)
    done = fails(site)
    assert f": health: {RETURNED}; it has its previous state again" in done.error()
    assert files(site) == before
    assert gone(site)
    assert machine.ok("status", "-o", "json").json["servers"][0]["revision"] is None

    command, _, rest = done.hint().removeprefix("`tetra-es ").partition("`")
    assert "and `tetra-es deploy " in rest
    machine.ok(*command.split())
    machine.ok("promote", "dev")
    site.deploy()
    pid = site.about()["pid"]
    assert host.read(f"/proc/{pid}/cgroup").strip().endswith(f"/{site.unit}")


def test_a_command_that_returns(machine: Machine, host: Host) -> None:
    site = Site(machine, host, "dev", "direct")
    site.prepare()
    site.deploy()
    machine.ok("set", "local", f"services.tetra.command={DAEMON}", "services.tetra.env_flag=false")
    site.set_port(5555)
    error = fails(site).error()
    assert ": health: tetra: the process exited with 0, and nothing is running; it has its" in error
    assert gone(site, 5555)
    assert site.about(4444)["argv"][1:] == ["server/server.js", "--env", "dev"]
    assert site.active() == "active"


def test_a_service_that_crashes_later(served: Site) -> None:
    served.set_port(5555, "health.deadline=20")
    served.behave("answers 6")  # three make it healthy; a busy machine asks more often
    assert ": health: did not stay healthy for 10 s: tetra: " in fails(served).error()
    assert served.about(4444)["port"] == 4444


def test_a_service_that_stays_is_up_afterwards(served: Site) -> None:
    """Asked of systemd and of the port, some time after the command has ended."""
    served.machine.ok("unset", "local", "health.stays_up")
    served.set_port(5555)
    served.deploy()
    pid = served.about()["pid"]
    for _ in until(3):
        assert served.active() == "active"
    assert served.about()["pid"] == pid


def test_a_unit_that_may_stay_without_its_command(machine: Machine, host: Host) -> None:
    """Somebody has told systemd so: then what runs in it is what counts."""
    site = Site(machine, host, "dev", "direct")
    site.prepare()
    told = "[Service]\nType=oneshot\nRemainAfterExit=yes\nRestart=no\n"
    host.write(f"/etc/systemd/system/{site.unit}.d/returns.conf", told)
    machine.ok("set", "local", f"services.tetra.command={DAEMON}", "services.tetra.env_flag=false")
    machine.ok("promote", "dev")
    site.deploy()
    machine.ok("health", "dev")
    host.ok("kill", "-KILL", str(site.about()["pid"]))
    for _ in until():
        if gone(site):
            break
    assert site.active() == "active"
    error = machine.fails(1, "health", "dev").error()
    assert error.endswith("is not healthy: the unit is active, and nothing runs in it")

"""Secrets reach the service and nothing else; two people do not deploy at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.machine import HANG
from tests.server.deploy.site import CANARY, Site, kill, sha256, wait_for_step

if TYPE_CHECKING:
    from tests.conftest import Machine
    from tests.server.host import Host

PART = "canary-7d1f02"


@pytest.mark.parametrize("runner", ["tsm", "direct"])
def test_a_secret_reaches_the_service_alone(machine: Machine, host: Host, runner: str) -> None:
    site = Site(machine, host, "prod", runner)
    site.prepare()
    site.deploy()
    assert site.about()["environment"]["API_KEY"] == sha256(CANARY)
    assert PART not in host.ok("journalctl", "--no-pager", "-o", "export")
    assert PART not in host.ok("systemctl", "show", "--all", site.unit)
    assert PART not in host.ok("sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    found = host.run(
        "grep", "-rlsF", "--exclude-dir=proc", "--exclude-dir=sys", PART, "/"
    ).stdout.split()
    private = [host.ok("stat", "-c", "%a %u", path).split()[0] for path in found]
    assert site.secret_file in found
    assert set(private) == {"600"}
    readable = host.run("runuser", "-u", "daemon", "--", "cat", *found)
    assert PART not in readable.stdout
    history = machine.ok("history", "prod", "-o", "json").out + machine.git("log", "-p")
    assert PART not in history


def test_a_failed_deployment_leaves_no_secret_behind(served: Site) -> None:
    served.machine.ok("secret", "set", "dev", "OTHER", stdin="second-canary-91ab")
    served.set_port(5555)
    served.behave("exit 0")
    assert served.machine.run("deploy", "dev").code == 5
    everywhere = (
        "grep",
        "-rlsF",
        "--exclude-dir=proc",
        "--exclude-dir=sys",
        "second-canary-91ab",
        "/",
    )
    assert served.host.run(*everywhere).stdout == ""


def test_a_second_deployer_waits_a_while(served: Site) -> None:
    served.set_port(5555)
    served.behave("late 5")
    first = served.start_deploying()
    wait_for_step(first, "health")
    done = served.deploy()
    assert "dev@2 is there already" in done.err
    first.communicate(timeout=HANG)
    assert first.returncode == 0


def test_and_is_then_told_who_the_first_is(served: Site) -> None:
    served.set_port(5555)
    served.behave("unhealthy")
    first = served.start_deploying()
    wait_for_step(first, "health")
    done = served.machine.run("deploy", "dev", env={"USER": "bob"})
    assert done.code == 3
    assert "is locked by alice from" in done.error()
    served.behave("healthy")
    first.communicate(timeout=HANG)
    assert first.returncode == 0
    assert served.about()["port"] == 5555


def test_the_lock_of_a_killed_deployer_is_taken_over(served: Site) -> None:
    served.set_port(5555)
    served.behave("unhealthy")
    first = served.start_deploying()
    wait_for_step(first, "health")
    kill(first.pid)
    first.communicate(timeout=HANG)
    served.behave("healthy")
    served.deploy()
    assert served.about()["port"] == 5555


def test_hosts_one_after_the_other_and_at_once(machine: Machine, host: Host, cached_tree) -> None:  # type: ignore[no-untyped-def]
    from tests.server.host import Host as Another

    with Another(cached_tree, name="tetra-two") as two:
        site, other = Site(machine, host), Site(machine, two)
        site.prepare()
        two.install_tetra("/root/tetra", "/root/src/devops/tetra", "root")
        both = host.folder / "both"
        both.write_text(host.ssh_config.read_text() + two.ssh_config.read_text())
        machine.env["TETRA_ES_SSH"] = f"ssh -F {both}"
        machine.ok("set", "profile", "dev", f'deployment.hosts=["{host.name}", "{two.name}"]')
        machine.ok("promote", "dev")
        machine.ok("deploy", "dev")
        assert other.about()["port"] == site.about()["port"] == 4444
        site.set_port(5555)
        site.behave("exit 0")
        done = machine.run("deploy", "dev")
        assert done.code == 5
        assert f"{two.name}: not tried" in done.err
        assert site.about(4444)["port"] == other.about(4444)["port"] == 4444
        site.behave("healthy")
        machine.ok("deploy", "dev", "--parallel", "2")
        assert site.about(5555)["port"] == other.about(5555)["port"] == 5555
        machine.ok("verify")

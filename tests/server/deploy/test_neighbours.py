"""Two environments of one organization on one host, and another organization beside them."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.server.deploy.site import CANARY, PLACES, Site, sha256

if TYPE_CHECKING:
    from tests.conftest import Machine
    from tests.server.host import Host


def follow(machine: Machine, hint: str) -> None:
    """Do what a hint says."""
    for command in re.findall("`tetra-es ([^`]*)`", hint):
        machine.ok(*shlex.split(command))


def reads(host: Host, user: str, path: str) -> bool:
    return host.run("runuser", "-u", user, "--", "cat", "--", path).returncode == 0


@pytest.mark.parametrize("runner", ["tsm", "direct"])
def test_staging_beside_production(machine: Machine, host: Host, runner: str) -> None:
    prod, staging = (Site(machine, host, name, runner) for name in ("prod", "staging"))
    prod.prepare()
    prod.deploy()
    before = prod.about()
    for key in ("deployment.runner=" + runner, f'deployment.hosts=["{host.name}"]'):
        machine.ok("set", "profile", "staging", key)
    machine.ok("recipient", "add", "staging", "alice", machine.ok("identity", "show").out.strip())
    machine.ok("secret", "set", "staging", "API_KEY", stdin="staging-canary")
    machine.ok("promote", "staging")
    files = prod.files()
    refused = machine.run("deploy", "staging")
    assert refused.code == 5, refused.err
    said = "acme/prod is deployed there, too, and has the user tetra, port 4444, "
    assert said in refused.error()
    assert prod.files() == files

    # What the hint says is all that it takes on this side; the code is to be there.
    follow(machine, refused.hint())
    user = "tetra-staging"
    source, tetra_dir = "/opt/tetra-staging", "/var/lib/tetra-staging"
    host.add_user(user, tetra_dir)
    host.install_tetra(tetra_dir, source, user)
    staging.deploy()
    staging.port = 4445
    mine, theirs = staging.about(), prod.about()
    assert theirs["pid"] == before["pid"]
    assert mine["uid"] == int(host.ok("id", "-u", user))
    assert mine["uid"] != theirs["uid"]
    assert mine["cwd"] == source
    assert mine["environment"]["API_KEY"] == sha256("staging-canary")
    assert theirs["environment"]["API_KEY"] == sha256(CANARY)

    # Each user reads its own secrets, under direct in its process alone, and no others.
    its_own = runner == "tsm"
    own, others = f"{source}/env/staging.env", f"{PLACES['prod'][2]}/env/prod.env"
    assert [reads(host, user, path) for path in (own, others)] == [its_own, False]
    assert [reads(host, "tetra", path) for path in (own, others)] == [False, its_own]
    assert not reads(host, user, f"/proc/{theirs['pid']}/environ")
    assert not reads(host, user, "/var/lib/tetra-es/acme/prod/current")

    host.reboot()
    assert (prod.about()["port"], staging.about()["port"]) == (4444, 4445)
    for name in ("prod", "staging"):
        machine.ok("health", name)
        machine.ok("drift", name)
    machine.ok("daemon", "uninstall", "staging")
    assert (staging.active(), prod.active()) == ("inactive", "active")
    assert "is there already" in prod.deploy().err


def test_another_organization(served: Site) -> None:
    host, before = served.host, served.files()
    shop = replace(served.machine, org="shop")
    shop.ok("init", "shop", "--domain", "shop.example")
    shop.ok("promote", "dev")
    to = ("--to", host.name)
    refused = shop.run("deploy", "dev", *to)
    assert refused.code == 5, refused.err
    assert "acme/dev is deployed there, too, and has port 4444, " in refused.error()
    for path in ("/etc/systemd/system/tetra-dev.service", "/root/tetra/tsm/services-available"):
        assert path in refused.error()
    assert served.files() == before

    follow(shop, refused.hint())
    host.install_tetra("/root/tetra-dev-shop", "/root/src/devops/tetra")
    shop.ok("deploy", "dev-shop", *to)
    assert served.about(4445)["port"] == 4445
    assert served.active("tetra-dev-shop.service") == "active"
    served.machine.ok("health", "dev")
    served.machine.ok("drift", "dev")
    # A port is somebody's also while nothing listens there.
    served.machine.ok("daemon", "stop", "dev")
    shop.ok("set", "profile", "dev-shop", "ports.tetra=4444")
    shop.ok("promote", "dev-shop")
    refused = shop.run("deploy", "dev-shop", *to)
    assert "acme/dev is deployed there, too, and has port 4444" in refused.error()
